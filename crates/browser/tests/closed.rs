//! The browser closes IndexedDB in the wrong moment, and tells nobody how what was under way has ended. Nobody waits for
//! ever; what became of a commit is asked of the journal.

#![allow(clippy::unwrap_used)]

mod support;

use holdfast_browser::{
    cached_reads::{CachedRead, CachedReads},
    database::DatabaseError,
    store::IndexedDbStore,
    vault::{Vault, VaultError},
};
use holdfast_core::{
    Timestamp,
    replica::{self, Replica},
    store::{Since, Store},
};
use support::{
    at, fresh_keys, fresh_name, held, put,
    transactions::{Closing, Fate},
    work_order,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const FATES: [Fate; 2] = [Fate::Committed, Fate::Aborted];

/// A store with one commit, and its connections.
async fn begun() -> (IndexedDbStore, Closing) {
    let name = fresh_name();
    let closing = Closing::of(&name).await;
    let store = IndexedDbStore::new(&name, fresh_keys().await);
    store.commit(0, &put([work_order("1", "first")])).await.unwrap();
    (store, closing)
}

#[wasm_bindgen_test]
async fn a_commit_that_nobody_speaks_of_is_in_the_journal_once() {
    for fate in FATES {
        let (store, closing) = begun().await;
        closing.in_next("readwrite", fate).await;
        let committed = store.commit(1, &put([work_order("2", "second")])).await;
        assert!(
            closing.came().await,
            "{fate:?}: the connections were closed under it"
        );
        assert_eq!(committed, Ok(2), "{fate:?}");
        let Since::Commits { revision, commits } = store.since(0).await.unwrap() else {
            panic!("{fate:?}: the journal is whole");
        };
        assert_eq!((revision, commits.len()), (2, 2), "{fate:?}");
        assert_eq!(held(&store).await.0.len(), 2, "{fate:?}");
    }
}

#[wasm_bindgen_test]
async fn a_fold_that_nobody_speaks_of_is_done_once() {
    for fate in FATES {
        let (store, closing) = begun().await;
        let replica = Replica::load(&store).await.unwrap();
        let fold = replica::fold(&replica, 0).unwrap();
        closing.in_next("readwrite", fate).await;
        let folded = store.fold(1, &fold).await;
        assert!(
            closing.came().await,
            "{fate:?}: the connections were closed under it"
        );
        assert_eq!(folded, Ok(2), "{fate:?}");
        assert_eq!(
            held(&store).await,
            (vec![work_order("1", "first")], 0),
            "{fate:?}"
        );
        assert_eq!(
            store.commit(2, &put([work_order("2", "next")])).await,
            Ok(3),
            "{fate:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_read_that_gets_no_answer_is_made_again() {
    let (store, closing) = begun().await;
    closing.in_next("readonly", Fate::Aborted).await;
    let loaded = store.load().await.unwrap();
    assert!(closing.came().await, "the connections were closed under it");
    assert_eq!(loaded.revision, 1);
}

#[wasm_bindgen_test]
async fn an_answer_is_kept_or_not_but_nobody_waits_for_it() {
    for fate in FATES {
        let (store, closing) = begun().await;
        let reads = CachedReads::new(&store);
        let read = CachedRead {
            path: "/api/v1/work-orders".into(),
            body: "[]".into(),
            content_type: "application/json".into(),
            etag: None,
            updated_at: at(0),
            expires_at: at(60),
        };
        closing.in_next("readwrite", fate).await;
        let kept = reads.put(&read).await;
        assert!(
            closing.came().await,
            "{fate:?}: the connections were closed under it"
        );
        assert!(kept.is_err(), "{fate:?}: nobody knows");
        let found = reads.get(&read.path, at(1)).await.unwrap();
        assert_eq!(found.is_some(), fate == Fate::Committed, "{fate:?}");
        reads.put(&read).await.unwrap();
        assert_eq!(
            reads.get(&read.path, at(1)).await.unwrap(),
            Some(read),
            "{fate:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_change_of_passcode_that_nobody_speaks_of_ends_with_an_error_and_leaves_one_passcode() {
    for fate in FATES {
        let name = fresh_name();
        let closing = Closing::of(&name).await;
        let vault = Vault::named(&name);
        vault.create("u1", "d1", "246810", at(0)).await.unwrap();
        closing.in_next("readwrite", fate).await;
        // The first thing it writes is that it is tried.
        let changed = vault.change_passcode("u1", "246810", "135791", at(1)).await;
        assert!(
            closing.came().await,
            "{fate:?}: the connections were closed under it"
        );
        assert!(
            matches!(changed, Err(VaultError::Database(DatabaseError::Closed(_)))),
            "{fate:?}: {changed:?}"
        );
        let later: Timestamp = at(3_600);
        vault.unlock("u1", "246810", later).await.unwrap();
        vault
            .change_passcode("u1", "246810", "135791", later)
            .await
            .unwrap();
        vault.unlock("u1", "135791", later).await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn a_lock_that_nobody_speaks_of_is_made_again_and_no_key_stays() {
    for fate in FATES {
        let name = fresh_name();
        let closing = Closing::of(&name).await;
        let vault = Vault::named(&name);
        let unlocked = vault.create("u1", "d1", "246810", at(0)).await.unwrap();
        vault.keep_key(&unlocked, true, at(0)).await.unwrap();
        assert!(vault.kept("u1", at(1)).await.unwrap().is_some());
        closing.in_next("readwrite", fate).await;
        let locked = vault.lock("u1").await;
        assert!(
            closing.came().await,
            "{fate:?}: the connections were closed under it"
        );
        assert_eq!(locked, Ok(()), "{fate:?}");
        assert!(vault.kept("u1", at(1)).await.unwrap().is_none(), "{fate:?}");
        assert!(!vault.is_current(&unlocked).await.unwrap(), "{fate:?}");
    }
}
