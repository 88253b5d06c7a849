//! The store in a real browser: the port's own suite, then what only this implementation can break.

#![allow(clippy::unwrap_used)]

mod support;

use futures::future::join_all;
use holdfast_browser::{seal::Keys, store::IndexedDbStore};
use holdfast_core::{
    replica::{self, Replica},
    store::{Base, Changes, CommitError, Fold, Quarantined, Since, Store, StoreError, conformance},
};
use support::{
    change_value, dump, fresh_keys, fresh_name, fresh_store, held, page, put, script, transactions,
    work_order,
};
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
    assert_eq!(held(&store).await.0.len(), 2);
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
    assert_eq!(held(&other).await.0, [work_order("1", "begin")]);
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
        let reopened = IndexedDbStore::new(store.database().name(), keys.clone());
        let state = (
            reopened.load().await.unwrap().revision,
            held(&reopened).await.0.len(),
        );
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
    let many: Vec<_> = (0..150)
        .map(|n| work_order(&format!("WO-{n:06}"), "Conveyor belt seized"))
        .collect();
    store.commit(2, &page(1, &many)).await.unwrap();
    let replica = Replica::load(&store).await.unwrap();
    store.fold(3, &replica::fold(&replica, 0).unwrap()).await.unwrap();
    store.commit(4, &put([row])).await.unwrap();
    let all = dump(store.database().name()).await;
    for part in ["journal: 4 5 ", "base: 16384 ", "heads: ", "texts: ", "bodies: "] {
        assert!(all.contains(part), "the dump is of the store: {part}");
    }
    for words in secret_words {
        assert!(!all.contains(words), "\"{words}\" is readable");
    }
}

#[wasm_bindgen_test]
async fn commits_are_strict() {
    let (store, _) = fresh_store().await;
    transactions::watch(&[store.database().name()]).await;
    store.commit(0, &put([work_order("1", "x")])).await.unwrap();
    assert_eq!(transactions::seen().await, ["0 readwrite strict"]);
}

/// Many records, folded; a commit after the fold. The pages, in the order of their ids.
async fn folded() -> (IndexedDbStore, Keys, Vec<u64>) {
    let (store, keys) = fresh_store().await;
    let many: Vec<_> = (0..450)
        .map(|n| work_order(&format!("{n:03}"), &format!("title {n}")))
        .collect();
    store.commit(0, &put(many)).await.unwrap();
    let fold = replica::fold(&Replica::load(&store).await.unwrap(), 0).unwrap();
    store.fold(1, &fold).await.unwrap();
    store.commit(2, &put([work_order("900", "later")])).await.unwrap();
    assert_eq!(fold.new.len(), 3, "two pages of 200 and one of 50");
    (store, keys, fold.new)
}

async fn quarantined(store: &IndexedDbStore) -> Vec<Quarantined> {
    Replica::load(store).await.unwrap().quarantined().collect()
}

#[wasm_bindgen_test]
async fn a_page_that_does_not_open_is_set_aside_and_the_rest_opens() {
    for section in ["heads", "texts", "bodies"] {
        for damage in ["value[20] ^= 1", "value = undefined", "value = 'text'"] {
            let (store, keys, pages) = folded().await;
            change_value(store.database().name(), section, pages[1] as f64, damage).await;
            assert_eq!(
                quarantined(&store).await,
                [Quarantined::Page(pages[1])],
                "{section}: {damage}"
            );
            assert_eq!(held(&store).await.0.len(), 251, "{section}: {damage}");
            let other = IndexedDbStore::new(store.database().name(), keys);
            assert_eq!(
                other.commit(3, &put([work_order("901", "still")])).await,
                Ok(4),
                "the store still takes commits"
            );
        }
    }
}

#[wasm_bindgen_test]
async fn a_page_or_a_commit_in_anothers_place_does_not_open() {
    let (store, _, pages) = folded().await;
    let swap = format!("value = values[{}]", pages[2]);
    change_value(store.database().name(), "bodies", pages[0] as f64, &swap).await;
    assert_eq!(quarantined(&store).await, [Quarantined::Page(pages[0])]);
    change_value(store.database().name(), "journal", 3.0, "value = values[2]").await;
    assert_eq!(
        quarantined(&store).await,
        [Quarantined::Commit(3), Quarantined::Page(pages[0])]
    );
    assert_eq!(store.load().await.unwrap().revision, 3, "and is not forgotten");
}

#[wasm_bindgen_test]
async fn a_page_of_an_earlier_time_is_noticed() {
    let (store, _, pages) = folded().await;
    let keep = "globalThis.kept = value";
    change_value(store.database().name(), "heads", pages[2] as f64, keep).await;
    // Small, so that the next fold puts it together with what came later: under a new id.
    let fold = replica::fold(&Replica::load(&store).await.unwrap(), 0).unwrap();
    assert_eq!(fold.gone, [pages[2]]);
    store.fold(3, &fold).await.unwrap();
    let back = "value = globalThis.kept";
    change_value(store.database().name(), "heads", fold.new[0] as f64, back).await;
    assert_eq!(quarantined(&store).await, [Quarantined::Page(fold.new[0])]);
}

#[wasm_bindgen_test]
async fn a_commit_that_is_missing_is_told() {
    let (store, _) = fresh_store().await;
    for revision in 0..3 {
        let row = work_order(&revision.to_string(), "x");
        store.commit(revision, &put([row])).await.unwrap();
    }
    change_value(store.database().name(), "journal", 2.0, "value = undefined").await;
    assert_eq!(store.load().await.unwrap().quarantined, [Quarantined::Commit(2)]);
}

#[wasm_bindgen_test]
async fn a_base_that_does_not_open_is_told_and_commits_after_it_are_there() {
    let (store, _, _) = folded().await;
    change_value(store.database().name(), "base", 2.0 * 4_096.0, "value[40] ^= 1").await;
    let snapshot = store.load().await.unwrap();
    assert!(
        snapshot.quarantined.contains(&Quarantined::Base),
        "{:?}",
        snapshot.quarantined
    );
    assert_eq!(snapshot.revision, 3);
}

#[wasm_bindgen_test]
async fn a_long_base_is_kept_in_pieces() {
    let (store, _) = fresh_store().await;
    let dice = support::dice::Dice::new(7);
    // Text that does not get shorter.
    let text = |_| {
        (0..4_000)
            .map(|_| char::from(33 + (dice.below(90) as u8)))
            .collect::<String>()
    };
    let fold = Fold {
        base: Base {
            revision: 1,
            rows: (0..100)
                .map(text)
                .map(|text| work_order(&text[..20], &text))
                .collect(),
            ..Base::default()
        },
        ..Fold::default()
    };
    assert_eq!(store.fold(0, &fold).await, Ok(1));
    let snapshot = store.load().await.unwrap();
    assert_eq!((snapshot.base, snapshot.quarantined.len()), (fold.base, 0));
    let longest = script(
        r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const pieces = await open(db.transaction("base").objectStore("base").getAll());
        db.close();
        return pieces.length > 4 ? Math.max(...pieces.map((piece) => piece.length)) : NaN;
        "#,
        &[store.database().name().into()],
    )
    .await;
    assert!(longest.as_f64().unwrap() < 65_536.0, "{longest:?}");
}

#[wasm_bindgen_test]
async fn another_key_opens_nothing() {
    let (store, _) = fresh_store().await;
    store.commit(0, &put([work_order("1", "one")])).await.unwrap();
    let stranger = IndexedDbStore::new(store.database().name(), fresh_keys().await);
    assert_eq!(held(&stranger).await, (Vec::new(), 1));
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
    assert_eq!(held(&store).await.0.len(), 2);
    store.database().close();
    let commits = vec![put([work_order("2", "two")])];
    assert_eq!(store.since(1).await, Ok(Since::Commits { revision: 2, commits }));
}

#[wasm_bindgen_test]
async fn a_full_device_says_so_and_keeps_what_it_had() {
    let (store, _) = fresh_store().await;
    store.commit(0, &put([work_order("1", "one")])).await.unwrap();
    script(
        r#"
        globalThis.add = IDBObjectStore.prototype.add;
        IDBObjectStore.prototype.add = function () { throw new DOMException("no room", "QuotaExceededError"); };
        "#,
        &[],
    )
    .await;
    let refused = store.commit(1, &put([work_order("2", "two")])).await;
    script("IDBObjectStore.prototype.add = globalThis.add", &[]).await;
    assert_eq!(refused, Err(CommitError::Store(StoreError::Full)));
    assert_eq!(held(&store).await.0, [work_order("1", "one")]);
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
    assert_eq!(held(&store).await.0.len(), 1);
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
