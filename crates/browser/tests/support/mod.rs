//! What the suites share.
#![allow(dead_code)]

pub mod device;
pub mod dice;

use holdfast_browser::{
    rng::PlatformRng,
    seal::{Keys, secret},
    store::IndexedDbStore,
};
use holdfast_core::{
    Timestamp,
    ports::Rng,
    record::{Mirror, RecordKey},
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

pub fn put(rows: impl IntoIterator<Item = Row>) -> Changes {
    Changes {
        put: rows.into_iter().collect(),
        delete: Vec::new(),
    }
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
