//! What lies in a database, as somebody finds it who has no key.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::script;

/// A sealed value and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AtRest {
    pub store: String,
    pub key: String,
    pub bytes: Vec<u8>,
}

impl AtRest {
    /// Of the data key it says it is sealed with.
    pub fn generation(&self) -> u32 {
        match self.bytes.first() {
            Some(1) => 0,
            Some(2) => u32::from_le_bytes(self.bytes[1..5].try_into().unwrap()),
            other => panic!("{} {}: of no layout: {other:?}", self.store, self.key),
        }
    }
}

/// Every sealed value of a database.
pub async fn at_rest(database: &str) -> Vec<AtRest> {
    let body = r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const all = [];
        for (const name of db.objectStoreNames) {
            const store = db.transaction(name).objectStore(name);
            const [keys, values] = await Promise.all([open(store.getAllKeys()), open(store.getAll())]);
            for (const [at, value] of values.entries()) {
                const sealed = value instanceof Uint8Array ? value : value && value.sealed;
                if (sealed) all.push([name, String(keys[at]), sealed]);
            }
        }
        db.close();
        return all;
    "#;
    let all: Array = script(body, &[database.into()]).await.unchecked_into();
    let one = |found: JsValue| {
        let found: Array = found.unchecked_into();
        let text = |at| found.get(at).as_string().unwrap();
        let bytes = Uint8Array::new(&found.get(2)).to_vec();
        let (store, key) = (text(0), text(1));
        AtRest { store, key, bytes }
    };
    all.iter().map(one).collect()
}
