//! Two versions of the app over one database: the earlier one is open, and writes, while the later one takes over. What
//! the earlier one was told is stored, is there afterwards; it writes nothing more once the layout has changed; and where
//! one of them has to wait, or to stop, it says what to do.

#![allow(clippy::unwrap_used)]

mod support;

use holdfast_browser::{
    database::{Database, DatabaseError, Schema, strict::StrictTransaction},
    seal::{Purpose, secret},
    store::{IndexedDbStore, schema::SCHEMA},
};
use holdfast_core::{
    replica::Replica,
    store::{CommitError, Row, Store, StoreError},
};
use js_sys::{Array, Object, Reflect};
use support::{
    earlier::{self, left_behind},
    fresh_keys, fresh_store, put, queued, script, work_order,
    worker::Worker,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const PASSCODE: &str = "a passcode";

/// The layout before pages, as an app of that time opens it.
const EARLIER: Schema = Schema {
    version: 1,
    returns: false,
    stores: Vec::new,
};

/// A tab of the first version of the app: queues one write after the other and says the number of each that is stored,
/// until it is told no more.
#[wasm_bindgen]
pub async fn old_tab(database: String, salt: Vec<u8>, secret: Vec<u8>, _: JsValue) -> Result<(), JsValue> {
    let wrapped = support::wrapped(salt, secret);
    let keys = secret::unlock(&wrapped, PASSCODE).await.unwrap();
    let database = Database::new(&database, EARLIER);
    for number in 1..10_000 {
        let row = queued(&number.to_string(), number);
        let name = keys.name(&row.key().text()).await.unwrap();
        let plain = serde_json::to_vec(&row).unwrap();
        let sealed = keys.seal(Purpose::Row, &name, &plain).await.unwrap();
        let object = |fields: &[(&str, JsValue)]| {
            let object = Object::new();
            for (field, value) in fields {
                Reflect::set(&object, &JsValue::from_str(field), value).unwrap();
            }
            object
        };
        let revision = JsValue::from_f64(earlier::REVISION + number as f64);
        let key = js_sys::Uint8Array::from(name.as_slice()).into();
        let stored = object(&[
            ("key", key),
            ("revision", revision.clone()),
            ("sealed", sealed.into()),
        ]);
        let head = object(&[("revision", revision), ("commit", "a mark".into())]);
        let said = |error: &dyn std::fmt::Display| JsValue::from_str(&format!("refused: {error}"));
        let put = async |transaction: &StrictTransaction| -> Result<(), DatabaseError> {
            transaction.put("rows", &stored)?;
            transaction.put_at("meta", &"head".into(), &head)
        };
        match database.write(&["rows", "meta"], put).await {
            Ok(()) => say(&JsValue::from_str(&number.to_string()))?,
            Err(error) => return say(&said(&error)),
        }
    }
    Ok(())
}

fn say(words: &JsValue) -> Result<(), JsValue> {
    let say = js_sys::Function::new_with_args("a", "postMessage(a)");
    say.call1(&JsValue::NULL, words).map(drop)
}

#[wasm_bindgen_test]
async fn what_an_earlier_tab_stored_is_brought_over_and_it_stores_no_more() {
    let (wrapped, keys) = secret::create(PASSCODE).await.unwrap();
    let rows: Vec<Row> = (0..300)
        .map(|n| work_order(&format!("{n:03}"), "title"))
        .collect();
    let database = left_behind(&keys, &rows).await;
    let old = Worker::start(
        "old_tab",
        &database,
        [&wrapped.salt, &wrapped.secret],
        &JsValue::NULL,
    );
    let mut stored = Vec::new();
    while stored.len() < 5 {
        stored.push(old.says().await);
    }
    let store = IndexedDbStore::new(&database, keys);
    let replica = Replica::load(&store).await.unwrap();
    let refused = loop {
        let said = old.says().await;
        if said.parse::<u64>().is_err() {
            break said;
        }
        stored.push(said);
    };
    old.terminate();
    assert!(refused.starts_with("refused: "), "{refused}");
    assert!(refused.contains("newer version of the app"), "{refused}");
    let brought: Vec<String> = replica.writes().map(|write| write.id.clone()).collect();
    assert_eq!(brought, stored, "no more and no less than was told");
    assert_eq!(replica.mirrors().count(), 300);
    assert_eq!(earlier::left(&database).await, "0 0");
}

/// Opens a database as a tab that never lets go.
async fn hold(database: &str, version: f64) -> JsValue {
    let body = r#"
        const request = indexedDB.open(a, b);
        const db = await new Promise((ok, no) => { request.onsuccess = () => ok(request.result); request.onerror = () => no(request.error); });
        return () => db.close();
    "#;
    script(body, &[database.into(), version.into()]).await
}

#[wasm_bindgen_test]
async fn an_earlier_tab_that_does_not_let_go_is_told_of_and_holds_nothing_up_for_good() {
    let keys = fresh_keys().await;
    let database = left_behind(&keys, &[work_order("1", "one"), queued("first", 1)]).await;
    let let_go = hold(&database, 1.0).await;
    let store = IndexedDbStore::new(&database, keys.clone());
    let Err(StoreError::Closed(said)) = store.load().await else {
        panic!("the upgrade cannot have happened");
    };
    assert!(said.contains("close all other tabs"), "{said}");
    js_sys::Function::from(let_go).call0(&JsValue::NULL).unwrap();
    let replica = Replica::load(&store).await.unwrap();
    assert_eq!((replica.mirrors().count(), replica.writes().count()), (1, 1));
    let other = IndexedDbStore::new(&database, keys);
    assert_eq!(other.load().await.unwrap().revision, replica.revision());
}

/// What a later version of the app does to the layout.
async fn upgrade_further(database: &str) {
    let body = r#"
        const request = indexedDB.open(a, b);
        request.onupgradeneeded = () => request.result.createObjectStore("later");
        await new Promise((ok, no) => { request.onsuccess = ok; request.onerror = () => no(request.error); });
        request.result.close();
    "#;
    let later = SCHEMA.version + 1;
    script(body, &[database.into(), later.into()]).await;
}

/// The numbers of the journal's entries, whatever the version of the database.
async fn journal(database: &str) -> Vec<f64> {
    let body = r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const keys = await open(db.transaction("journal").objectStore("journal").getAllKeys());
        db.close();
        return keys;
    "#;
    let keys = Array::from(&script(body, &[database.into()]).await);
    keys.iter().map(|key| key.as_f64().unwrap()).collect()
}

#[wasm_bindgen_test]
async fn under_a_later_layout_nothing_is_written_nothing_is_lost_and_it_is_said() {
    let (store, keys) = fresh_store().await;
    let database = store.database().name().to_owned();
    let writing = async {
        for revision in 0..10_000 {
            let row = queued(&revision.to_string(), revision + 1);
            if let Err(error) = store.commit(revision, &put([row])).await {
                return (revision, error);
            }
        }
        panic!("the later version never came");
    };
    let upgrading = async {
        script("await new Promise((done) => setTimeout(done, 100))", &[]).await;
        upgrade_further(&database).await;
    };
    let ((committed, error), ()) = futures::join!(writing, upgrading);
    let says = |error: &StoreError| {
        let StoreError::Closed(said) = error else {
            return false;
        };
        said.contains("newer version of the app") && said.contains("reload")
    };
    assert!(
        matches!(&error, CommitError::Store(error) if says(error)),
        "{error:?}"
    );
    let expected: Vec<f64> = (1..=committed).map(|number| number as f64).collect();
    assert_eq!(journal(&database).await, expected, "what was told, and no more");
    let started_later = IndexedDbStore::new(&database, keys);
    assert!(says(&started_later.load().await.unwrap_err()));
    assert_eq!(journal(&database).await, expected);
}
