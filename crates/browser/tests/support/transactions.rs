//! Which transactions are opened, and how durable they ask to be.

use wasm_bindgen::JsValue;

use super::script;

/// From now on every transaction on these databases is noted.
pub async fn watch(databases: &[&str]) {
    let body = r#"
        const names = a.split(" ");
        globalThis.seen = [];
        const original = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (...parameters) {
            const transaction = original.apply(this, parameters);
            const place = names.indexOf(this.name);
            if (place >= 0) seen.push(`${place} ${transaction.mode} ${transaction.durability}`);
            return transaction;
        };
        globalThis.restore = () => { IDBDatabase.prototype.transaction = original; };
    "#;
    script(body, &[JsValue::from(databases.join(" "))]).await;
}

/// The transactions since [`watch`], in order: the database's place in the list, mode and durability.
pub async fn seen() -> Vec<String> {
    let seen = script("restore(); return seen.join()", &[]).await;
    let seen = seen.as_string().unwrap_or_default();
    seen.split(',').map(str::to_owned).collect()
}

/// Those of them that write, each kind once.
pub async fn kinds_of_writes() -> Vec<String> {
    let mut kinds = seen().await;
    kinds.retain(|seen| !seen.contains("readonly"));
    kinds.sort();
    kinds.dedup();
    kinds
}
