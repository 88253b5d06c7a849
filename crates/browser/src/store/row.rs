//! Rows and their sealed form.

use holdfast_core::{
    json::{self, FromJson},
    store::{Changes, RowKey, StoreError},
};
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    scope::{object, property},
    seal::{Keys, Name, Naming, Opening, Purpose},
};

/// A commit's changes, sealed: nothing is left to await but IndexedDB.
pub(super) struct SealedChanges {
    pub put: Vec<(Name, Uint8Array)>,
    pub delete: Vec<(Name, Uint8Array)>,
}

impl SealedChanges {
    pub(super) async fn of(keys: &Keys, changes: &Changes) -> Result<Self, StoreError> {
        let mut put = Vec::with_capacity(changes.put.len());
        for row in &changes.put {
            put.push(Plain::of(&row.key(), row)?);
        }
        let mut delete = Vec::with_capacity(changes.delete.len());
        for key in &changes.delete {
            delete.push(Plain::of(key, key)?);
        }
        Ok(Self {
            put: seal(keys, Purpose::Row, put).await?,
            delete: seal(keys, Purpose::Deletion, delete).await?,
        })
    }
}

/// What is to be sealed, and the text that names it.
struct Plain {
    name: String,
    content: Vec<u8>,
}

impl Plain {
    fn of(key: &RowKey, value: &impl Serialize) -> Result<Self, StoreError> {
        let content = serde_json::to_vec(value).map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            name: key.text(),
            content,
        })
    }
}

/// Seals all at once: WebCrypto works beside this thread, so everything is begun before anything is awaited.
async fn seal(
    keys: &Keys,
    purpose: Purpose,
    plain: Vec<Plain>,
) -> Result<Vec<(Name, Uint8Array)>, StoreError> {
    let naming: Vec<Naming> = plain.iter().map(|plain| keys.begin_name(&plain.name)).collect();
    let mut sealing = Vec::with_capacity(plain.len());
    for (naming, plain) in naming.into_iter().zip(&plain) {
        let name = naming.name().await?;
        sealing.push((name, keys.begin_seal(purpose, &name, &plain.content)));
    }
    let mut sealed = Vec::with_capacity(sealing.len());
    for (name, sealing) in sealing {
        sealed.push((name, sealing.sealed().await?));
    }
    Ok(sealed)
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

/// Opens what was stored, all at once, and reads it. What does not open or is not known is told by a name that says
/// nothing of the content.
pub(super) async fn open<T: FromJson>(
    keys: &Keys,
    purpose: Purpose,
    stored: &[JsValue],
) -> (Vec<T>, Vec<String>) {
    let begin = |stored| {
        let name = name_of(stored);
        let sealed = property(stored, "sealed").dyn_into::<Uint8Array>().ok();
        let opening = name
            .zip(sealed)
            .and_then(|(name, sealed)| keys.begin_open(purpose, &name, &sealed).ok());
        (name, opening)
    };
    let begun: Vec<(Option<Name>, Option<Opening>)> = stored.iter().map(begin).collect();
    let mut rows = Vec::with_capacity(begun.len());
    let mut quarantined = Vec::new();
    for (name, opening) in begun {
        let plain = match opening {
            Some(opening) => opening.plain().await.ok(),
            None => None,
        };
        match plain.and_then(|plain| json::from_slice(&plain).ok()) {
            Some(row) => rows.push(row),
            None => quarantined.push(name.map_or_else(|| "unnamed".into(), label)),
        }
    }
    (rows, quarantined)
}

/// What a row's name at rest looks like to a person.
fn label(name: Name) -> String {
    name.iter().map(|byte| format!("{byte:02x}")).collect()
}
