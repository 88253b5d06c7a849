//! What every [`Store`] must do, as one suite. Call [`run`] from a test of the implementation.
#![allow(clippy::expect_used)] // a suite of tests that other crates run

use std::rc::Rc;

use serde_json::json;

use super::{Base, Changes, CommitError, Fold, KeptPage, Row, RowKey, Since, Snapshot, Store, SyncRow};
use crate::{
    page::{Page, PageBuilder, PageId, Section},
    record::{Mirror, RecordKey},
    replica::Replica,
};

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
    since_tells_commits_in_order(factory).await;
    pages_come_back_with_what_came_after_them(factory).await;
    a_fold_takes_the_place_of_what_led_to_it(factory).await;
    a_load_has_heads_and_is_completed(factory).await;
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
        ..Changes::default()
    }
}

/// All rows as they stand, whatever the store keeps them in.
async fn rows<S: Store>(store: &S) -> Vec<Row> {
    let snapshot = load(store).await;
    assert_eq!(snapshot.quarantined, [], "everything opens");
    let mut rows = std::collections::BTreeMap::new();
    for row in snapshot.base.rows {
        rows.insert(row.key(), row);
    }
    for kept in &snapshot.base.pages {
        insert_page(&mut rows, &kept.page, &kept.dead);
    }
    for commit in snapshot.commits {
        apply(&mut rows, commit);
    }
    rows.into_values().collect()
}

/// Everything, the pages whole.
async fn load<S: Store>(store: &S) -> Snapshot {
    let snapshot = store.load().await.expect("load");
    let based = snapshot.base.pages.iter().map(|kept| &kept.page);
    let committed = snapshot.commits.iter().flat_map(|changes| &changes.pages);
    let pages: Vec<Rc<Page>> = based.chain(committed).cloned().collect();
    assert_eq!(
        store.complete(&pages).await,
        Ok(Vec::new()),
        "pages are completed"
    );
    snapshot
}

type Rows = std::collections::BTreeMap<RowKey, Row>;

fn apply(rows: &mut Rows, commit: Changes) {
    for key in &commit.delete {
        rows.remove(key);
    }
    for row in commit.put {
        rows.insert(row.key(), row);
    }
    for page in &commit.pages {
        insert_page(rows, page, &[]);
    }
}

fn insert_page(rows: &mut Rows, page: &Page, dead: &[u16]) {
    for row in (0..page.rows()).filter(|row| dead.iter().all(|dead| usize::from(*dead) != *row)) {
        let row = Row::Mirror(page.mirror(row));
        rows.insert(row.key(), row);
    }
}

/// A page of mirrors, as a commit of many makes it.
fn page(id: PageId, mirrors: &[Row]) -> Rc<Page> {
    let replica = Replica::default();
    let mut builder = PageBuilder::new(&replica, "work-order");
    for row in mirrors {
        if let Row::Mirror(mirror) = row {
            builder.push(mirror).expect("it fits");
        }
    }
    Rc::new(builder.finish(id))
}

async fn an_empty_store_is_at_revision_zero<F: Factory>(factory: &F) {
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

async fn since_tells_commits_in_order<F: Factory>(factory: &F) {
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

async fn pages_come_back_with_what_came_after_them<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let (one, two, three) = (
        mirror("1", "one", 1),
        mirror("2", "two", 1),
        mirror("3", "three", 1),
    );
    let commit = Changes {
        pages: vec![page(1, &[one.clone(), two, three.clone()])],
        ..Changes::default()
    };
    store.commit(0, &commit).await.expect("commit");
    let other = factory.reopen(&store).await;
    let commits = vec![commit];
    assert_eq!(
        other.since(0).await,
        Ok(Since::Commits { revision: 1, commits }),
        "a page is told as it was put"
    );
    let newer = mirror("2", "newer", 2);
    other.commit(1, &put([newer.clone()])).await.expect("commit");
    assert_eq!(
        rows(&factory.reopen(&store).await).await,
        [one, newer, three],
        "a later row takes the place of a page's"
    );
}

async fn a_fold_takes_the_place_of_what_led_to_it<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let (one, two) = (mirror("1", "one", 1), mirror("2", "two", 1));
    let first = page(1, &[mirror("0", "gone", 1), one.clone()]);
    let commit = Changes {
        pages: vec![first.clone()],
        ..put([two.clone(), sync(1)])
    };
    store.commit(0, &commit).await.expect("commit");
    let spent = Changes {
        pages: vec![page(2, std::slice::from_ref(&two))],
        ..Changes::default()
    };
    store.commit(1, &spent).await.expect("commit");
    let behind = factory.reopen(&store).await;
    let fold = Fold {
        base: Base {
            revision: 3,
            rows: vec![sync(2)],
            pages: vec![
                KeptPage {
                    page: first,
                    dead: vec![0],
                },
                KeptPage {
                    page: page(3, std::slice::from_ref(&two)),
                    dead: Vec::new(),
                },
            ],
            last_page: 3,
        },
        new: vec![3],
        gone: vec![2],
    };
    assert_eq!(
        store.fold(1, &fold).await,
        Err(CommitError::Stale),
        "a fold of an old state is refused"
    );
    assert_eq!(
        store.fold(2, &fold).await,
        Ok(3),
        "a fold is a revision of its own"
    );
    assert_eq!(
        rows(&factory.reopen(&store).await).await,
        [one.clone(), two.clone(), sync(2)],
        "what the fold says is there, without the dead rows"
    );
    let snapshot = load(&store).await;
    assert_eq!(
        (snapshot.revision, snapshot.base, snapshot.commits.len()),
        (3, fold.base, 0),
        "nothing is left of the commits"
    );
    assert_eq!(
        behind.since(2).await,
        Ok(Since::Reload),
        "who was behind the fold loads anew"
    );
    for expected in [1, 2] {
        assert_eq!(
            behind.commit(expected, &put([mirror("9", "late", 1)])).await,
            Err(CommitError::Stale),
            "a plan from before the fold is refused"
        );
    }
    store
        .commit(3, &put([mirror("4", "four", 1)]))
        .await
        .expect("commit");
    assert_eq!(
        rows(&behind).await,
        [one, two, mirror("4", "four", 1), sync(2)],
        "commits go on after the fold"
    );
}

async fn a_load_has_heads_and_is_completed<F: Factory>(factory: &F) {
    let store = factory.fresh().await;
    let one = mirror("1", "one", 1);
    let commit = Changes {
        pages: vec![page(1, std::slice::from_ref(&one))],
        ..Changes::default()
    };
    store.commit(0, &commit).await.expect("commit");
    let snapshot = factory.reopen(&store).await.load().await.expect("load");
    let pages = &snapshot.commits[0].pages;
    let (key, read) = (pages[0].key(0), pages[0].value(0, "title"));
    assert_eq!(
        (key, read, pages[0].is_whole()),
        (RecordKey::new("work-order", "1"), None, false),
        "a load reads the heads of pages alone"
    );
    assert_eq!(
        store.complete(pages).await,
        Ok(Vec::new()),
        "the other sections are read when they are asked for"
    );
    assert_eq!(pages, &commit.pages, "and the page is as it was put");
    let unknown = Rc::new(Page::of_head(7, "work-order", head(&pages[0])));
    assert_eq!(
        store.complete(&[unknown]).await,
        Ok(vec![7]),
        "a page that is not there is told"
    );
}

fn head(page: &Page) -> crate::page::Part {
    page.part(Section::Head).cloned().expect("a page has its head")
}

fn sync(failures: u32) -> Row {
    Row::Sync(SyncRow {
        whole_failures: failures,
        ..SyncRow::default()
    })
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
