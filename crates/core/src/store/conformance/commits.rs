//! Commits, and what another context is told of them.

use super::{Factory, mirror, put, rows};
use crate::{
    record::RecordKey,
    store::{Changes, CommitError, MAX_ROWS_PER_COMMIT, Row, RowKey, Since, Store, SyncRow},
};

pub(super) async fn an_empty_store_is_at_revision_zero<F: Factory>(factory: &F) {
    let snapshot = factory.fresh().await.load().await.expect("load");
    assert_eq!(
        (
            snapshot.revision,
            snapshot.base.rows.len(),
            snapshot.commits.len()
        ),
        (0, 0, 0),
        "an empty store is at revision 0 and holds nothing"
    );
}

pub(super) async fn a_commit_is_there_after_reopening<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let revision = store
        .commit(0, &put([mirror("1", "one", 1), mirror("2", "two", 1)]))
        .await;
    assert_eq!(revision, Ok(1), "the first commit makes revision 1");
    let other = factory.reopen(&store).await;
    assert_eq!(
        rows(&other).await,
        [mirror("1", "one", 1), mirror("2", "two", 1)],
        "both rows are there after reopening"
    );
    let mut changes = Changes::default();
    changes.delete(mirror("1", "", 0).key());
    assert_eq!(
        other.commit(1, &changes).await,
        Ok(2),
        "the reopened store goes on at the revision it found"
    );
    assert_eq!(
        rows(&store).await,
        [mirror("2", "two", 1)],
        "a deleted row is gone for every connection"
    );
}

pub(super) async fn a_stale_commit_changes_nothing<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    store
        .commit(0, &put([mirror("1", "one", 1)]))
        .await
        .expect("commit");
    let stale = store
        .commit(0, &put([mirror("1", "other", 2), mirror("2", "two", 1)]))
        .await;
    assert_eq!(
        stale,
        Err(CommitError::Stale),
        "a plan over an old revision is refused"
    );
    let ahead = store.commit(7, &put([mirror("3", "three", 1)])).await;
    assert_eq!(
        ahead,
        Err(CommitError::Stale),
        "a plan over a revision that never was is refused"
    );
    assert_eq!(
        rows(&store).await,
        [mirror("1", "one", 1)],
        "a refused commit leaves nothing behind"
    );
    assert_eq!(
        store.load().await.expect("load").revision,
        1,
        "a refused commit makes no revision"
    );
}

pub(super) async fn since_tells_puts_and_deletions<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    store
        .commit(0, &put([mirror("1", "one", 1), mirror("2", "two", 1)]))
        .await
        .expect("commit");
    let other = factory.reopen(&store).await;
    let mut changes = put([mirror("3", "three", 1)]);
    changes.delete(RowKey::Mirror(RecordKey::new("work-order", "1")));
    store.commit(1, &changes).await.expect("commit");
    let since = other.since(1).await;
    let commits = vec![changes];
    assert_eq!(
        since,
        Ok(Since::Commits { revision: 2, commits }),
        "what another connection did since is told"
    );
    let nothing = Since::Commits {
        revision: 2,
        commits: Vec::new(),
    };
    assert_eq!(
        other.since(2).await,
        Ok(nothing),
        "nothing happened since the last revision"
    );
}

pub(super) async fn since_tells_commits_in_order<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let mut gone = Changes::default();
    gone.delete(mirror("1", "", 0).key());
    let commits = [
        put([mirror("1", "first", 1)]),
        put([mirror("1", "second", 2)]),
        gone,
        put([mirror("1", "back", 3)]),
    ];
    for (revision, changes) in commits.iter().enumerate() {
        store.commit(revision as u64, changes).await.expect("commit");
    }
    let expected = Since::Commits {
        revision: 4,
        commits: commits.to_vec(),
    };
    assert_eq!(
        store.since(0).await,
        Ok(expected),
        "commits are told as they were made"
    );
}

pub(super) async fn an_unknown_future_revision_means_reload<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    store
        .commit(0, &put([mirror("1", "one", 1)]))
        .await
        .expect("commit");
    assert_eq!(
        store.since(9).await,
        Ok(Since::Reload),
        "a revision from before a wipe means reloading"
    );
}

pub(super) async fn racing_commits_have_one_winner<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let other = factory.reopen(&store).await;
    let (left, right) = (put([mirror("1", "left", 1)]), put([mirror("1", "right", 1)]));
    let (a, b) = futures::join!(store.commit(0, &left), other.commit(0, &right));
    let winners = [&a, &b].into_iter().filter(|result| result.is_ok()).count();
    assert_eq!(
        winners, 1,
        "of two commits over one revision exactly one is taken: {a:?} {b:?}"
    );
    let title = if a.is_ok() { "left" } else { "right" };
    assert_eq!(
        rows(&store).await,
        [mirror("1", title, 1)],
        "the loser left nothing behind"
    );
}

pub(super) async fn a_large_commit_is_one_revision<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let many: Vec<Row> = (0..MAX_ROWS_PER_COMMIT)
        .map(|n| mirror(&format!("{n:05}"), "x", 1))
        .collect();
    assert_eq!(
        store.commit(0, &put(many.clone())).await,
        Ok(1),
        "a commit of many rows is one revision"
    );
    assert_eq!(
        rows(&factory.reopen(&store).await).await,
        many,
        "all of them are there"
    );
}

pub(super) async fn values_come_back_as_they_were<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let text = "Ü 漢字 \u{1F6A7} \"quoted\" \u{0} \n end";
    let sync = Row::Sync(SyncRow {
        whole_failures: 3,
        clock_offset_ms: -7,
        ..SyncRow::default()
    });
    let mut expected = vec![mirror("1/with slash", text, u64::from(u32::MAX) + 1), sync];
    store.commit(0, &put(expected.clone())).await.expect("commit");
    expected.sort_by_key(Row::key);
    assert_eq!(
        rows(&factory.reopen(&store).await).await,
        expected,
        "text, large numbers and options survive"
    );
}
