//! What the suites share.
#![allow(dead_code)]

pub mod at_rest;
pub mod device;
pub mod dice;
pub mod earlier;
pub mod furnished;
pub mod replacement;
pub mod transactions;
pub mod worker;

use holdfast_browser::{
    rng::PlatformRng,
    seal::{
        Keys,
        secret::{self, Wrapped},
        stretch::Cost,
    },
    store::IndexedDbStore,
};
use holdfast_core::{
    Timestamp,
    page::{PageBuilder, PageId},
    ports::Rng,
    queue::{QueuedWrite, WriteStatus},
    record::{Mirror, Operation, RecordKey},
    replica::Replica,
    store::{Changes, Row},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A database name that nothing else uses.
pub fn fresh_name() -> String {
    format!("test-{}", PlatformRng.uuid())
}

pub async fn fresh_keys() -> Keys {
    secret::create("a passcode").await.unwrap().1
}

pub async fn fresh_store() -> (IndexedDbStore, Keys) {
    let keys = fresh_keys().await;
    (IndexedDbStore::new(&fresh_name(), keys.clone()), keys)
}

pub fn work_order(id: &str, title: &str) -> Row {
    let mut fields = holdfast_core::Fields::new();
    fields.insert("title".into(), title.into());
    Row::Mirror(Mirror {
        key: RecordKey::new("work-order", id),
        fields,
        version: 1,
        updated_at: Timestamp::UNIX_EPOCH,
        reached_at: Timestamp::UNIX_EPOCH,
        scan: 0,
        local_id: None,
    })
}

/// A queued write of an order that nothing has been sent of.
pub fn queued(id: &str, sequence: u64) -> Row {
    let mut payload = holdfast_core::Fields::new();
    payload.insert("title".into(), format!("typed {id}").into());
    Row::Write(Box::new(QueuedWrite {
        id: id.into(),
        client_mutation_id: format!("mutation-{id}"),
        coalesced: Vec::new(),
        kind: "work_order_update".into(),
        domain: "maintenance".into(),
        entity_type: "work-order".into(),
        entity_id: "000".into(),
        operation: Operation::Update,
        payload,
        base: holdfast_core::Fields::new(),
        base_version: 1,
        seen_at: None,
        made_as: None,
        seen_references: Default::default(),
        priority: 5,
        depends_on: Vec::new(),
        device_id: "device-1".into(),
        created_at: Timestamp::UNIX_EPOCH,
        clock_offset_ms: 0,
        sequence,
        status: WriteStatus::Pending,
        sent: false,
        retries: 0,
        last_error: None,
        last_attempt_at: None,
        not_before: None,
        synced_at: None,
        merged: Vec::new(),
    }))
}

/// The secret of a first data key, as it is handed to a worker.
pub fn wrapped(salt: Vec<u8>, secret: Vec<u8>) -> Wrapped {
    Wrapped {
        salt,
        cost: Cost::default(),
        generation: 0,
        secret,
        former: None,
        index: None,
    }
}

pub fn put(rows: impl IntoIterator<Item = Row>) -> Changes {
    Changes {
        put: rows.into_iter().collect(),
        ..Changes::default()
    }
}

/// The mirrors of a store as they stand, by key, and how many things in it do not open.
pub async fn held(store: &IndexedDbStore) -> (Vec<Row>, usize) {
    let replica = Replica::load(store).await.unwrap();
    let rows = replica
        .mirrors()
        .map(|(_, held)| Row::Mirror((*held.mirror()).clone()));
    (rows.collect(), replica.quarantined().count())
}

/// Mirrors as a page.
pub fn page(id: PageId, rows: &[Row]) -> Changes {
    let replica = Replica::default();
    let mut builder = PageBuilder::new(replica.packs(), "work-order");
    for row in rows {
        if let Row::Mirror(mirror) = row {
            builder.push(mirror).unwrap();
        }
    }
    Changes {
        pages: vec![builder.finish(id).into()],
        ..Changes::default()
    }
}

/// Puts something else in the place of a value: `value` is it, `values` are all of its object store, by key.
pub async fn change_value(database: &str, store: &str, key: f64, change: &str) {
    let body = format!(
        r#"
        const open = (r) => new Promise((ok, no) => {{ r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); }});
        const db = await open(indexedDB.open(a));
        const store = db.transaction(b, "readwrite").objectStore(b);
        const [keys, all] = [await open(store.getAllKeys()), await open(store.getAll())];
        const values = Object.fromEntries(keys.map((key, at) => [key, all[at]]));
        let value = values[c];
        {change};
        if (value === undefined) await open(store.delete(c)); else await open(store.put(value, c));
        db.close();
        "#
    );
    script(&body, &[database.into(), store.into(), key.into()]).await;
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap()
}

/// Runs a script's body as an async function of these arguments.
pub async fn script(body: &str, arguments: &[JsValue]) -> JsValue {
    let source = format!("return (async () => {{ {body} }})()");
    let function = js_sys::Function::new_with_args("a, b, c", &source);
    let arguments: js_sys::Array = arguments.iter().collect();
    let promise: js_sys::Promise = function
        .apply(&JsValue::NULL, &arguments)
        .unwrap()
        .dyn_into()
        .unwrap();
    JsFuture::from(promise).await.unwrap()
}

/// Everything in a database, keys and values, as one string in which every byte is a character.
pub async fn dump(database: &str) -> String {
    let body = r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const text = (v) => {
            if (v instanceof ArrayBuffer) v = new Uint8Array(v);
            if (ArrayBuffer.isView(v)) return Array.from(v, (byte) => String.fromCharCode(byte)).join("");
            if (v instanceof CryptoKey) return `CryptoKey(${v.algorithm.name},${v.extractable})`;
            if (Array.isArray(v)) return v.map(text).join(" ");
            if (v && typeof v === "object") return Object.entries(v).map(([k, x]) => `${k}=${text(x)}`).join(" ");
            return String(v);
        };
        let all = "";
        for (const name of db.objectStoreNames) {
            const store = db.transaction(name).objectStore(name);
            const [keys, values] = await Promise.all([open(store.getAllKeys()), open(store.getAll())]);
            all += `${name}: ${text(keys)} ${text(values)}\n`;
        }
        db.close();
        return all;
    "#;
    script(body, &[database.into()]).await.as_string().unwrap()
}
