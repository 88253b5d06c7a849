//! Transactions that are on the disk when they complete.
//!
//! web-sys hides the durability option behind an unstable flag; the extern below needs none.
//! A transaction commits by itself once no request of it is pending: between beginning and end, nothing may be awaited
//! but its own requests.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, closure::Closure, prelude::*};
use wasm_bindgen_futures::JsFuture;
use web_sys::{EventTarget, IdbObjectStore, IdbRequest, IdbTransaction};

use super::DatabaseError;
use crate::scope::{object, property, scope, strings};

#[wasm_bindgen]
extern "C" {
    #[derive(Debug)]
    #[wasm_bindgen(extends = EventTarget)]
    type Handle;
    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn transaction_with(
        this: &Handle,
        names: &JsValue,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &Handle);
}

#[derive(Debug)]
pub(super) struct StrictConnection {
    handle: Handle,
}

impl StrictConnection {
    /// Opens a database whose schema is there already, at this version.
    pub(super) async fn open(name: &str, version: u32) -> Result<Self, DatabaseError> {
        let opening = scope().indexed_db().open_with_u32(name, version)?;
        let handle = finished(&opening).await?.unchecked_into();
        Ok(Self { handle })
    }

    pub(super) fn events(&self) -> &EventTarget {
        &self.handle
    }

    pub(super) fn close(&self) {
        self.handle.close();
    }

    pub(super) fn begin(&self, stores: &[&str]) -> Result<StrictTransaction, DatabaseError> {
        let options = object(&[("durability", "strict".into())]);
        let transaction = self
            .handle
            .transaction_with(&strings(stores), "readwrite", &options)?;
        let end = JsFuture::from(end_of(&transaction));
        Ok(StrictTransaction { transaction, end })
    }
}

/// A transaction under way.
#[derive(Debug)]
pub struct StrictTransaction {
    transaction: IdbTransaction,
    /// Listens from the beginning: an end that nobody awaits, because a request failed before, is no uncaught error.
    end: JsFuture,
}

impl StrictTransaction {
    pub fn store(&self, name: &str) -> Result<IdbObjectStore, DatabaseError> {
        Ok(self.transaction.object_store(name)?)
    }

    /// The value under a key, `undefined` if there is none.
    pub async fn get(&self, store: &str, key: &JsValue) -> Result<JsValue, DatabaseError> {
        finished(&self.store(store)?.get(key)?).await
    }

    /// Adds a value under a number of the store's own, and answers it.
    pub async fn add(&self, store: &str, value: &JsValue) -> Result<JsValue, DatabaseError> {
        finished(&self.store(store)?.add(value)?).await
    }

    /// Asks to put a value that holds its own key.
    pub fn put(&self, store: &str, value: &JsValue) -> Result<(), DatabaseError> {
        self.store(store)?.put(value)?;
        Ok(())
    }

    /// Asks to put a value under a key.
    pub fn put_at(&self, store: &str, key: &JsValue, value: &JsValue) -> Result<(), DatabaseError> {
        self.store(store)?.put_with_key(value, key)?;
        Ok(())
    }

    /// Asks to delete what is under a key, or in a range of keys.
    pub fn delete(&self, store: &str, key: &JsValue) -> Result<(), DatabaseError> {
        self.store(store)?.delete(key)?;
        Ok(())
    }

    /// Asks to delete everything.
    pub fn clear(&self, store: &str) -> Result<(), DatabaseError> {
        self.store(store)?.clear()?;
        Ok(())
    }

    /// Takes everything back.
    pub(super) async fn abort(self) {
        // An abort fails only where the transaction has ended already.
        let _ = self.transaction.abort();
        let _ = self.end.await;
    }

    /// Resolves when everything is on the disk; an error means that nothing is.
    pub(super) async fn complete(self) -> Result<(), DatabaseError> {
        self.end.await?;
        Ok(())
    }
}

fn end_of(transaction: &IdbTransaction) -> Promise {
    Promise::new(&mut |resolve, reject| {
        let aborted = transaction.clone();
        let on_complete = Closure::once_into_js(move || resolve.call0(&JsValue::NULL));
        let on_abort = Closure::once_into_js(move || {
            let reason = aborted
                .error()
                .map_or_else(|| "AbortError: the transaction was aborted".into(), JsValue::from);
            reject.call1(&JsValue::NULL, &reason)
        });
        transaction.set_oncomplete(Some(on_complete.unchecked_ref()));
        transaction.set_onabort(Some(on_abort.unchecked_ref()));
    })
}

/// Awaits a request.
async fn finished(request: &IdbRequest) -> Result<JsValue, DatabaseError> {
    let promise = Promise::new(&mut |resolve, reject| {
        let (succeeded, failed) = (request.clone(), request.clone());
        let on_success = Closure::once_into_js(move || {
            let result = succeeded.result().unwrap_or(JsValue::UNDEFINED);
            resolve.call1(&JsValue::NULL, &result)
        });
        let on_error = Closure::once_into_js(move || {
            let error = failed.error().ok().flatten();
            let error = error.map_or_else(|| "the request failed".into(), JsValue::from);
            reject.call1(&JsValue::NULL, &error)
        });
        request.set_onsuccess(Some(on_success.unchecked_ref()));
        request.set_onerror(Some(on_error.unchecked_ref()));
    });
    Ok(JsFuture::from(promise).await?)
}

/// The names of this origin's databases; `None` where the browser does not tell.
pub(super) async fn database_names() -> Option<Vec<String>> {
    let factory = scope().indexed_db();
    let ask: Function = property(&factory, "databases").dyn_into().ok()?;
    let asked: Promise = ask.call0(&factory).ok()?.dyn_into().ok()?;
    let databases: Array = JsFuture::from(asked).await.ok()?.dyn_into().ok()?;
    Some(
        databases
            .iter()
            .filter_map(|database| property(&database, "name").as_string())
            .collect(),
    )
}
