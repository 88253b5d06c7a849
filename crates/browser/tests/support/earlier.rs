//! What the first version of the app left: one sealed value for each row.

use holdfast_browser::seal::{Keys, Purpose};
use holdfast_core::store::Row;
use js_sys::{Array, Uint8Array};

use super::{fresh_name, script};

/// Of the last commit in that layout.
pub const REVISION: f64 = 41.0;

/// A database as the first version of the app left it.
pub async fn left_behind(keys: &Keys, rows: &[Row]) -> String {
    let stored = Array::new();
    for row in rows {
        let name = keys.name(&row.key().text()).await.unwrap();
        let plain = serde_json::to_vec(row).unwrap();
        let sealed = keys.seal(Purpose::Row, &name, &plain).await.unwrap();
        stored.push(&Array::of2(&Uint8Array::from(name.as_slice()), &sealed));
    }
    let database = fresh_name();
    let body = r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const request = indexedDB.open(a, 1);
        request.onupgradeneeded = () => {
            const db = request.result;
            db.createObjectStore("rows", { keyPath: "key" }).createIndex("revision", "revision");
            db.createObjectStore("deletions");
            db.createObjectStore("meta");
            db.createObjectStore("reads", { keyPath: "key" }).createIndex("expiresAt", "expiresAt");
        };
        const db = await open(request);
        const tx = db.transaction(["rows", "meta"], "readwrite");
        for (const [key, sealed] of b) tx.objectStore("rows").put({ key, revision: c, sealed });
        tx.objectStore("meta").put({ revision: c, commit: "a mark" }, "head");
        await new Promise((ok) => (tx.oncomplete = ok));
        db.close();
    "#;
    script(body, &[database.as_str().into(), stored.into(), REVISION.into()]).await;
    database
}

/// How many rows of the old layout are left, and whether its head is.
pub async fn left(database: &str) -> String {
    let body = r#"
        const open = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
        const db = await open(indexedDB.open(a));
        const tx = db.transaction(["rows", "meta"]);
        const counts = [await open(tx.objectStore("rows").count()), await open(tx.objectStore("meta").count())];
        db.close();
        return counts.join(" ");
    "#;
    script(body, &[database.into()]).await.as_string().unwrap()
}

/// The version that the browser gives the database now.
pub async fn version(database: &str) -> u32 {
    let body = r#"
        const request = indexedDB.open(a);
        const db = await new Promise((ok, no) => { request.onsuccess = () => ok(request.result); request.onerror = () => no(request.error); });
        db.close();
        return db.version;
    "#;
    let version = script(body, &[database.into()]).await.as_f64();
    version.unwrap() as u32
}
