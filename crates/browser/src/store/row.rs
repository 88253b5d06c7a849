//! Rows and their sealed form.

use futures::future::try_join_all;
use holdfast_core::store::{Changes, Row, RowKey, StoreError};
use js_sys::{Array, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    scope::{object, property},
    seal::{Keys, Name, Purpose},
};

/// A commit's changes, sealed: nothing is left to await but IndexedDB.
pub(super) struct SealedChanges {
    pub put: Vec<(Name, Uint8Array)>,
    pub delete: Vec<(Name, Uint8Array)>,
}

impl SealedChanges {
    pub(super) async fn of(keys: &Keys, changes: &Changes) -> Result<Self, StoreError> {
        let put = changes
            .put
            .iter()
            .map(|row| seal(keys, Purpose::Row, row.key(), row));
        let delete = changes
            .delete
            .iter()
            .map(|key| seal(keys, Purpose::Deletion, key.clone(), key));
        Ok(Self {
            put: try_join_all(put).await?,
            delete: try_join_all(delete).await?,
        })
    }
}

async fn seal<T: Serialize>(
    keys: &Keys,
    purpose: Purpose,
    key: RowKey,
    value: &T,
) -> Result<(Name, Uint8Array), StoreError> {
    let plain = serde_json::to_vec(value).map_err(|error| StoreError::Failed(error.to_string()))?;
    let name = keys.name(&key.text()).await?;
    Ok((name, keys.seal(purpose, &name, &plain).await?))
}

/// A row as it is stored.
pub(super) fn stored_row(name: &Name, revision: f64, sealed: &Uint8Array) -> JsValue {
    object(&[
        ("key", Uint8Array::from(name.as_slice()).into()),
        ("revision", revision.into()),
        ("sealed", sealed.into()),
    ])
    .into()
}

/// A deletion as it is stored, with its key.
pub(super) fn stored_deletion(name: &Name, revision: f64, sealed: &Uint8Array) -> (JsValue, JsValue) {
    let name = JsValue::from(Uint8Array::from(name.as_slice()));
    let key = Array::of2(&revision.into(), &name);
    let value = object(&[("key", name), ("sealed", sealed.into())]);
    (key.into(), value.into())
}

/// The name under which something stored stands, whatever else is wrong with it.
pub(super) fn name_of(stored: &JsValue) -> Option<Name> {
    let key = property(stored, "key");
    // Keys come back as buffers from the key path's index, as views from the value.
    let bytes = match key.dyn_into::<Uint8Array>() {
        Ok(bytes) => bytes,
        Err(other) => Uint8Array::new(&other),
    };
    bytes.to_vec().try_into().ok()
}

/// Opens what was stored; the error is a name that says nothing of the content.
pub(super) async fn open<T: DeserializeOwned>(
    keys: &Keys,
    purpose: Purpose,
    stored: &JsValue,
) -> Result<T, String> {
    let Some(name) = name_of(stored) else {
        return Err("unnamed".into());
    };
    let quarantined = || name.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sealed: Uint8Array = property(stored, "sealed").dyn_into().map_err(|_| quarantined())?;
    let plain = keys
        .open(purpose, &name, &sealed)
        .await
        .map_err(|_| quarantined())?;
    serde_json::from_slice(&plain).map_err(|_| quarantined())
}

/// Opened rows, and what did not open.
pub(super) async fn open_rows(keys: &Keys, stored: &[JsValue]) -> (Vec<Row>, Vec<String>) {
    let opened =
        futures::future::join_all(stored.iter().map(|value| open::<Row>(keys, Purpose::Row, value))).await;
    let mut rows = Vec::with_capacity(opened.len());
    let mut quarantined = Vec::new();
    for result in opened {
        match result {
            Ok(row) => rows.push(row),
            Err(name) => quarantined.push(name),
        }
    }
    (rows, quarantined)
}
