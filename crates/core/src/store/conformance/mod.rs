//! What every [`Store`] must do, as one suite. Call [`run`] from a test of the implementation.
//!
//! - `commits`: commits and what is told of them.
//! - `pages`: pages and folds.
#![allow(clippy::expect_used)] // a suite of tests that other crates run

mod commits;
mod pages;

use std::rc::Rc;

use serde_json::json;

use super::{Changes, Row, RowKey, Snapshot, Store, SyncRow};
use crate::{
    pack::Packs,
    page::{Page, PageBuilder, PageId},
    record::{Mirror, RecordKey},
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
    commits::an_empty_store_is_at_revision_zero(factory).await;
    commits::a_commit_is_there_after_reopening(factory).await;
    commits::a_stale_commit_changes_nothing(factory).await;
    commits::since_tells_puts_and_deletions(factory).await;
    commits::since_tells_commits_in_order(factory).await;
    pages::pages_come_back_with_what_came_after_them(factory).await;
    pages::a_fold_takes_the_place_of_what_led_to_it(factory).await;
    pages::a_load_has_heads_and_is_completed(factory).await;
    commits::an_unknown_future_revision_means_reload(factory).await;
    commits::racing_commits_have_one_winner(factory).await;
    commits::a_large_commit_is_one_revision(factory).await;
    commits::values_come_back_as_they_were(factory).await;
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
    let packs = Packs::default();
    let mut builder = PageBuilder::new(&packs, "work-order");
    for row in mirrors {
        if let Row::Mirror(mirror) = row {
            builder.push(mirror).expect("it fits");
        }
    }
    Rc::new(builder.finish(id))
}

fn sync(failures: u32) -> Row {
    Row::Sync(SyncRow {
        whole_failures: failures,
        ..SyncRow::default()
    })
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
