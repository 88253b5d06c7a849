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

/// What becomes of a transaction that the browser does not speak of any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Committed,
    Aborted,
}

/// Connections that the browser closes in the middle of a transaction, whose end it then tells nobody.
#[derive(Debug)]
pub struct Closing;

impl Closing {
    /// From now on the connections to this database are known. It must not be open yet.
    pub async fn of(database: &str) -> Self {
        let body = r#"
            const handles = new Set();
            const original = IDBDatabase.prototype.transaction;
            globalThis.silence = null;
            IDBDatabase.prototype.transaction = function (...parameters) {
                const transaction = original.apply(this, parameters);
                if (this.name !== a) return transaction;
                handles.add(this);
                const { mode, fate } = globalThis.silence ?? {};
                if (transaction.mode !== mode) return transaction;
                globalThis.silence = null;
                const muted = fate === "Committed" ? ["complete"] : ["success", "error", "complete", "abort"];
                const mute = (event) => event.stopImmediatePropagation();
                for (const type of muted) transaction.addEventListener(type, mute, { capture: true });
                setTimeout(() => {
                    if (fate === "Aborted") try { transaction.abort(); } catch {}
                    for (const handle of handles) handle.dispatchEvent(new Event("close"));
                });
                return transaction;
            };
        "#;
        script(body, &[JsValue::from(database)]).await;
        Self
    }

    /// Closes the connections in the next transaction of this mode.
    pub async fn in_next(&self, mode: &str, fate: Fate) {
        let fate = format!("{fate:?}");
        script(
            "globalThis.silence = { mode: a, fate: b }",
            &[mode.into(), fate.into()],
        )
        .await;
    }

    /// Whether that transaction has come.
    pub async fn came(&self) -> bool {
        script("return globalThis.silence === null", &[]).await == true
    }
}
