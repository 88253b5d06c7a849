//! From the layout before pages: one sealed value for each row.

#![allow(clippy::unwrap_used)]

mod support;

use futures::future::{Either, select};
use holdfast_browser::store::IndexedDbStore;
use holdfast_core::{
    replica::Replica,
    store::{Row, Since, Store, SyncRow},
};
use support::{
    earlier::{left, left_behind},
    fresh_keys, held, put, script, work_order,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = (0..300)
        .map(|n| work_order(&format!("{n:03}"), &format!("title {n}")))
        .collect();
    rows.push(Row::Sync(SyncRow {
        whole_failures: 7,
        ..SyncRow::default()
    }));
    rows
}

#[wasm_bindgen_test]
async fn rows_are_brought_over_as_they_were_and_revisions_go_on() {
    let keys = fresh_keys().await;
    let database = left_behind(&keys, &rows()).await;
    let store = IndexedDbStore::new(&database, keys.clone());
    let snapshot = store.load().await.unwrap();
    assert_eq!((snapshot.revision, snapshot.quarantined.len()), (42, 0));
    let replica = Replica::new(snapshot);
    assert_eq!(replica.sync().whole_failures, 7);
    assert_eq!(held(&store).await.0, rows()[..300]);
    assert_eq!(left(&database).await, "0 0");
    assert_eq!(store.commit(42, &put([work_order("new", "x")])).await, Ok(43));
    let again = IndexedDbStore::new(&database, keys);
    assert_eq!(held(&again).await.0.len(), 301);
    assert_eq!(
        again.since(41).await,
        Ok(Since::Reload),
        "who was there before loads anew"
    );
}

#[wasm_bindgen_test]
async fn two_tabs_bring_them_over_once() {
    let keys = fresh_keys().await;
    let database = left_behind(&keys, &rows()).await;
    let [one, other] = [0, 1].map(|_| IndexedDbStore::new(&database, keys.clone()));
    let (a, b) = futures::join!(one.load(), other.load());
    assert_eq!((a.unwrap().revision, b.unwrap().revision), (42, 42));
    assert_eq!(held(&one).await, held(&other).await);
    assert_eq!(held(&one).await.0, rows()[..300]);
}

#[wasm_bindgen_test]
async fn dying_at_any_point_leaves_the_rows_or_the_pages() {
    let keys = fresh_keys().await;
    let mut outcomes = std::collections::BTreeSet::new();
    for milliseconds in (0..500).step_by(6) {
        let database = left_behind(&keys, &rows()).await;
        let store = IndexedDbStore::new(&database, keys.clone());
        let wait = format!("await new Promise((done) => setTimeout(done, {milliseconds}))");
        let done = {
            let (load, death) = (Box::pin(store.load()), Box::pin(script(&wait, &[])));
            matches!(select(load, death).await, Either::Left(_))
        };
        store.database().close();
        outcomes.insert(left(&database).await);
        let after = IndexedDbStore::new(&database, keys.clone());
        assert_eq!(
            held(&after).await.0,
            rows()[..300],
            "dropped after {milliseconds} ms"
        );
        if done {
            break;
        }
    }
    assert_eq!(
        outcomes.into_iter().collect::<Vec<_>>(),
        ["0 0", "301 1"],
        "before and after, never between"
    );
}

#[wasm_bindgen_test]
async fn a_row_that_does_not_open_stays_where_it_is() {
    let keys = fresh_keys().await;
    let database = left_behind(&keys, &rows()).await;
    let body = r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const store = db.transaction("rows", "readwrite").objectStore("rows");
        const [row] = await open(store.getAll());
        row.sealed[20] ^= 1;
        await open(store.put(row));
        db.close();
    "#;
    script(body, &[database.as_str().into()]).await;
    let store = IndexedDbStore::new(&database, keys);
    store.drop_left_behind().await.unwrap();
    assert_eq!(
        (left(&database).await.as_str(), store.left_behind().await),
        ("301 1", Ok(0)),
        "what is still to be brought over is not left behind, and stays"
    );
    assert_eq!(store.load().await.unwrap().revision, 42);
    assert_eq!(left(&database).await, "1 0");
    assert_eq!(store.left_behind().await, Ok(1), "it is told");
    let remains = store.remains(&[]).await.unwrap();
    assert!(
        remains.len() == 1 && !remains[0].sealed.is_empty(),
        "and can be saved"
    );
    store.drop_left_behind().await.unwrap();
    assert_eq!(
        (left(&database).await.as_str(), store.left_behind().await),
        ("0 0", Ok(0))
    );
    assert_eq!(held(&store).await.0.len(), 299);
}
