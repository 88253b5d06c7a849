//! The store in a real browser: the port's own suite, then what only this implementation can break.

#![allow(clippy::unwrap_used)]

mod support;

use futures::future::join_all;
use holdfast_browser::{seal::Keys, store::IndexedDbStore};
use holdfast_core::store::{Changes, CommitError, Since, Store, StoreError, conformance};
use support::{dump, fresh_keys, fresh_name, fresh_store, put, script, work_order};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

struct Sealed(Keys);

impl conformance::Factory for Sealed {
    type Store = IndexedDbStore;

    async fn fresh(&self) -> IndexedDbStore {
        IndexedDbStore::new(&fresh_name(), self.0.clone())
    }

    async fn reopen(&self, store: &IndexedDbStore) -> IndexedDbStore {
        IndexedDbStore::new(store.database().name(), self.0.clone())
    }
}

#[wasm_bindgen_test]
async fn it_conforms() {
    conformance::run(&Sealed(fresh_keys().await)).await;
}

#[wasm_bindgen_test]
async fn of_many_tabs_over_one_revision_one_wins() {
    let (store, keys) = fresh_store().await;
    store.commit(0, &put([work_order("1", "begin")])).await.unwrap();
    let tabs: Vec<_> = (0..8)
        .map(|_| IndexedDbStore::new(store.database().name(), keys.clone()))
        .collect();
    let changes: Vec<_> = (0..8)
        .map(|n| put([work_order(&format!("tab-{n}"), "mine")]))
        .collect();
    let results = join_all(
        tabs.iter()
            .zip(&changes)
            .map(|(tab, changes)| tab.commit(1, changes)),
    )
    .await;
    assert_eq!(
        results.iter().filter(|result| **result == Ok(2)).count(),
        1,
        "{results:?}"
    );
    assert_eq!(
        results
            .iter()
            .filter(|result| **result == Err(CommitError::Stale))
            .count(),
        7,
        "{results:?}"
    );
    assert_eq!(store.load().await.unwrap().rows.len(), 2);
}

#[wasm_bindgen_test]
async fn a_commit_dropped_before_its_transaction_leaves_nothing() {
    let (store, keys) = fresh_store().await;
    store.commit(0, &put([work_order("1", "begin")])).await.unwrap();
    let changes = put((0..50).map(|n| work_order(&n.to_string(), "never")));
    {
        let mut commit = Box::pin(store.commit(1, &changes));
        let polled = futures::poll!(commit.as_mut());
        assert!(polled.is_pending(), "sealing is under way");
    }
    let other = IndexedDbStore::new(store.database().name(), keys);
    assert_eq!(other.load().await.unwrap().rows, [work_order("1", "begin")]);
    assert_eq!(other.commit(1, &put([work_order("2", "next")])).await, Ok(2));
}

#[wasm_bindgen_test]
async fn a_commit_dropped_at_any_point_is_whole_or_absent() {
    let keys = fresh_keys().await;
    let mut outcomes = std::collections::BTreeSet::new();
    for polls in 1..60 {
        let store = IndexedDbStore::new(&fresh_name(), keys.clone());
        store.commit(0, &put([work_order("0", "begin")])).await.unwrap();
        let changes = put((1..5).map(|n| work_order(&n.to_string(), "all or none")));
        {
            let mut commit = Box::pin(store.commit(1, &changes));
            for _ in 0..polls {
                if futures::poll!(commit.as_mut()).is_ready() {
                    break;
                }
                // Lets the browser take one step.
                script("await null", &[]).await;
            }
        }
        script("await new Promise((done) => setTimeout(done, 5))", &[]).await;
        let snapshot = IndexedDbStore::new(store.database().name(), keys.clone())
            .load()
            .await
            .unwrap();
        let state = (snapshot.revision, snapshot.rows.len());
        assert!(
            state == (1, 1) || state == (2, 5),
            "dropped after {polls} steps: {state:?}"
        );
        outcomes.insert(state.0);
    }
    assert!(outcomes.contains(&1), "some drops came before the commit");
}

#[wasm_bindgen_test]
async fn nothing_readable_is_at_rest() {
    let (store, _) = fresh_store().await;
    let secret_words = ["Conveyor belt seized", "WO-004711", "work-order", "title"];
    let row = work_order("WO-004711", "Conveyor belt seized");
    store.commit(0, &put([row.clone()])).await.unwrap();
    let mut gone = Changes::default();
    gone.delete(row.key());
    gone.put(work_order("WO-004712", "Conveyor belt seized again"));
    store.commit(1, &gone).await.unwrap();
    let all = dump(store.database().name()).await;
    assert!(
        all.contains("rows: ") && all.contains("deletions: ") && all.contains("revision=2"),
        "the dump is of the store"
    );
    for words in secret_words {
        assert!(!all.contains(words), "\"{words}\" is readable");
    }
}

#[wasm_bindgen_test]
async fn commits_are_strict() {
    let (store, _) = fresh_store().await;
    script(
        r#"
        globalThis.seen = [];
        const original = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (...parameters) {
            const transaction = original.apply(this, parameters);
            if (this.name === a) seen.push(`${transaction.mode} ${transaction.durability}`);
            return transaction;
        };
        globalThis.restore = () => { IDBDatabase.prototype.transaction = original; };
        "#,
        &[store.database().name().into()],
    )
    .await;
    store.commit(0, &put([work_order("1", "x")])).await.unwrap();
    let seen = script("restore(); return seen.join()", &[])
        .await
        .as_string()
        .unwrap();
    assert_eq!(seen, "readwrite strict");
}

#[wasm_bindgen_test]
async fn a_damaged_row_is_set_aside_and_the_rest_opens() {
    let (store, keys) = fresh_store().await;
    store
        .commit(0, &put([work_order("1", "one"), work_order("2", "two")]))
        .await
        .unwrap();
    damage(store.database().name(), "row.sealed[20] ^= 1").await;
    let snapshot = store.load().await.unwrap();
    assert_eq!((snapshot.rows.len(), snapshot.quarantined.len()), (1, 1));
    let name = &snapshot.quarantined[0];
    assert!(
        name.len() == 64 && name.chars().all(|c| c.is_ascii_hexdigit()),
        "named without content: {name}"
    );
    let other = IndexedDbStore::new(store.database().name(), keys);
    assert_eq!(
        other.commit(1, &put([work_order("3", "three")])).await,
        Ok(2),
        "the store still takes commits"
    );
}

#[wasm_bindgen_test]
async fn a_row_in_anothers_place_does_not_open() {
    let (store, _) = fresh_store().await;
    store
        .commit(0, &put([work_order("1", "one"), work_order("2", "two")]))
        .await
        .unwrap();
    damage(
        store.database().name(),
        "row.sealed = (await all(rows))[1].sealed",
    )
    .await;
    let snapshot = store.load().await.unwrap();
    assert_eq!((snapshot.rows.len(), snapshot.quarantined.len()), (1, 1));
}

/// Changes the first row as a script says.
async fn damage(database: &str, change: &str) {
    let body = format!(
        r#"
        const open = (r) => new Promise((ok, no) => {{ r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); }});
        const db = await open(indexedDB.open(a));
        const rows = db.transaction("rows", "readwrite").objectStore("rows");
        const all = (store) => open(store.getAll());
        const row = (await all(rows))[0];
        {change};
        await open(rows.put(row));
        db.close();
        "#
    );
    script(&body, &[database.into()]).await;
}

#[wasm_bindgen_test]
async fn another_key_opens_nothing() {
    let (store, _) = fresh_store().await;
    store.commit(0, &put([work_order("1", "one")])).await.unwrap();
    let stranger = IndexedDbStore::new(store.database().name(), fresh_keys().await);
    let snapshot = stranger.load().await.unwrap();
    assert_eq!((snapshot.rows.len(), snapshot.quarantined.len()), (0, 1));
}

#[wasm_bindgen_test]
async fn a_closed_connection_is_opened_again() {
    let (store, _) = fresh_store().await;
    store.commit(0, &put([work_order("1", "one")])).await.unwrap();
    // As when the platform drops connections: the next transaction is refused once.
    script(
        r#"
        const original = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (...parameters) {
            if (this.name !== a) return original.apply(this, parameters);
            IDBDatabase.prototype.transaction = original;
            this.close();
            return original.apply(this, parameters);
        };
        "#,
        &[store.database().name().into()],
    )
    .await;
    assert_eq!(store.commit(1, &put([work_order("2", "two")])).await, Ok(2));
    assert_eq!(store.load().await.unwrap().rows.len(), 2);
    store.database().close();
    assert_eq!(
        store.since(1).await,
        Ok(Since::Changes {
            revision: 2,
            changes: put([work_order("2", "two")])
        })
    );
}

#[wasm_bindgen_test]
async fn a_full_device_says_so_and_keeps_what_it_had() {
    let (store, _) = fresh_store().await;
    store.commit(0, &put([work_order("1", "one")])).await.unwrap();
    script(
        r#"
        globalThis.put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function () { throw new DOMException("no room", "QuotaExceededError"); };
        "#,
        &[],
    )
    .await;
    let refused = store.commit(1, &put([work_order("2", "two")])).await;
    script("IDBObjectStore.prototype.put = globalThis.put", &[]).await;
    assert_eq!(refused, Err(CommitError::Store(StoreError::Full)));
    assert_eq!(store.load().await.unwrap().rows, [work_order("1", "one")]);
    assert_eq!(
        store.commit(1, &put([work_order("2", "two")])).await,
        Ok(2),
        "once there is room, it goes on"
    );
}

#[wasm_bindgen_test]
async fn a_locked_store_answers_nothing() {
    let (store, keys) = fresh_store().await;
    store.commit(0, &put([work_order("1", "one")])).await.unwrap();
    store.lock();
    assert_eq!(store.load().await, Err(StoreError::Locked));
    assert_eq!(
        store.commit(1, &Changes::default()).await,
        Err(CommitError::Store(StoreError::Locked))
    );
    store.unlock(keys);
    assert_eq!(store.load().await.unwrap().rows.len(), 1);
}

#[wasm_bindgen_test]
async fn whoever_is_far_behind_reloads() {
    let (store, _) = fresh_store().await;
    for revision in 0..1_003 {
        let mut changes = Changes::default();
        changes.delete(work_order(&revision.to_string(), "").key());
        store.commit(revision, &changes).await.unwrap();
    }
    assert_eq!(store.since(2).await, Ok(Since::Reload));
    let Ok(Since::Changes { changes, .. }) = store.since(3).await else {
        panic!("1,000 revisions are remembered")
    };
    assert_eq!(changes.delete.len(), 1_000);
}

#[wasm_bindgen_test]
async fn a_deleted_database_is_not_made_anew() {
    let (store, keys) = fresh_store().await;
    store.commit(0, &put([work_order("1", "one")])).await.unwrap();
    let other = IndexedDbStore::new(store.database().name(), keys);
    other.load().await.unwrap();
    store.database().delete().await.unwrap();
    for forgotten in [&store, &other] {
        assert!(matches!(forgotten.load().await, Err(StoreError::Closed(_))));
    }
    let names = script(
        "return (await indexedDB.databases()).map((d) => d.name).join()",
        &[],
    )
    .await;
    assert!(!names.as_string().unwrap().contains(store.database().name()));
}
