//! What every [`Store`] must do, as one suite. Call [`run`] from a test of the implementation.
#![allow(clippy::expect_used)] // a suite of tests that other crates run

use serde_json::json;

use super::{Changes, CommitError, Row, RowKey, Since, Store, SyncRow};
use crate::record::{Mirror, RecordKey};

/// Makes stores for the suite.
pub trait Factory {
    type Store: Store;

    /// An empty store, different at each call.
    async fn fresh(&self) -> Self::Store;

    /// Another connection to the same data, as another tab or a restarted worker would open it.
    async fn reopen(&self, store: &Self::Store) -> Self::Store;
}

/// Runs every case.
///
/// # Panics
/// If the implementation breaks a rule; the message says which.
pub async fn run<F: Factory>(factory: &F) {
    an_empty_store_is_at_revision_zero(factory).await;
    a_commit_is_there_after_reopening(factory).await;
    a_stale_commit_changes_nothing(factory).await;
    since_tells_puts_and_deletions(factory).await;
    since_tells_only_the_last_state_of_a_key(factory).await;
    an_unknown_future_revision_means_reload(factory).await;
    racing_commits_have_one_winner(factory).await;
    a_large_commit_is_one_revision(factory).await;
    values_come_back_as_they_were(factory).await;
}

fn mirror(id: &str, title: &str, version: u64) -> Row {
    let fields = json!({ "title": title }).as_object().cloned().unwrap_or_default();
    let epoch = crate::Timestamp::UNIX_EPOCH;
    let key = RecordKey::new("work-order", id);
    Row::Mirror(Mirror {
        key,
        fields,
        version,
        updated_at: epoch,
        reached_at: epoch,
        scan: 0,
        local_id: None,
    })
}

fn put(rows: impl IntoIterator<Item = Row>) -> Changes {
    Changes {
        put: rows.into_iter().collect(),
        delete: Vec::new(),
    }
}

async fn rows<S: Store>(store: &S) -> Vec<Row> {
    let mut rows = store.load().await.expect("load").rows;
    rows.sort_by_key(Row::key);
    rows
}

async fn an_empty_store_is_at_revision_zero<F: Factory>(factory: &F) {
    let snapshot = factory.fresh().await.load().await.expect("load");
    assert_eq!(
        (snapshot.revision, snapshot.rows.len()),
        (0, 0),
        "an empty store is at revision 0 and holds nothing"
    );
}

async fn a_commit_is_there_after_reopening<F: Factory>(factory: &F) {
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

async fn a_stale_commit_changes_nothing<F: Factory>(factory: &F) {
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

async fn since_tells_puts_and_deletions<F: Factory>(factory: &F) {
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
    assert_eq!(
        since,
        Ok(Since::Changes { revision: 2, changes }),
        "what another connection did since is told"
    );
    let nothing = Since::Changes {
        revision: 2,
        changes: Changes::default(),
    };
    assert_eq!(
        other.since(2).await,
        Ok(nothing),
        "nothing happened since the last revision"
    );
}

async fn since_tells_only_the_last_state_of_a_key<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    store
        .commit(0, &put([mirror("1", "first", 1)]))
        .await
        .expect("commit");
    store
        .commit(1, &put([mirror("1", "second", 2)]))
        .await
        .expect("commit");
    let mut gone = Changes::default();
    gone.delete(mirror("1", "", 0).key());
    store.commit(2, &gone).await.expect("commit");
    store
        .commit(3, &put([mirror("1", "back", 3)]))
        .await
        .expect("commit");
    let expected = Since::Changes {
        revision: 4,
        changes: put([mirror("1", "back", 3)]),
    };
    assert_eq!(
        store.since(0).await,
        Ok(expected),
        "a key that was deleted and put again is told as put"
    );
}

async fn an_unknown_future_revision_means_reload<F: Factory>(factory: &F) {
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

async fn racing_commits_have_one_winner<F: Factory>(factory: &F) {
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

async fn a_large_commit_is_one_revision<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let many: Vec<Row> = (0..super::MAX_ROWS_PER_COMMIT)
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

async fn values_come_back_as_they_were<F: Factory>(factory: &F) {
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

#[cfg(test)]
mod memory {
    use super::{Factory, run};
    use crate::store::MemoryStore;

    struct Memory;

    impl Factory for Memory {
        type Store = MemoryStore;

        async fn fresh(&self) -> MemoryStore {
            MemoryStore::default()
        }

        async fn reopen(&self, store: &MemoryStore) -> MemoryStore {
            store.clone()
        }
    }

    #[test]
    fn the_memory_store_conforms() {
        futures::executor::block_on(run(&Memory));
    }
}
