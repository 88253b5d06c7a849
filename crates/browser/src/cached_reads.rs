//! Answers of the API, kept sealed so that a page that once loaded also loads without a network.
//!
//! They lie in the person's database under the HMAC of their path, and go with it. Losing one to a power cut costs
//! nothing, so they are written with relaxed durability. Only when an answer expires is in the clear.

use holdfast_core::{Timestamp, json, json_object, store::StoreError};
use js_sys::Uint8Array;
use rexie::{KeyRange, Transaction};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    database::DatabaseError,
    scope::{object, property},
    seal::{Keys, Purpose},
    store::{
        IndexedDbStore,
        rotate::is_fenced_off,
        schema::{BY_EXPIRY, JOURNAL, READS},
    },
};

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CachedRead {
    /// Path and query.
    pub path: String,
    pub body: String,
    pub content_type: String,
    pub etag: Option<String>,
    /// When the server gave it: shown as its freshness.
    pub updated_at: Timestamp,
    pub expires_at: Timestamp,
}

json_object!(CachedRead {
    path: "path",
    body: "body",
    content_type: "contentType",
    etag: "etag",
    updated_at: "updatedAt",
    expires_at: "expiresAt",
});

/// One person's cached reads.
#[derive(Debug, Clone)]
pub struct CachedReads {
    store: IndexedDbStore,
}

impl CachedReads {
    pub fn new(store: &IndexedDbStore) -> Self {
        Self { store: store.clone() }
    }

    /// The answer kept for a path, unless it has expired or does not open.
    pub async fn get(&self, path: &str, now: Timestamp) -> Result<Option<CachedRead>, StoreError> {
        let plain = self.kept(&naming(path)).await?;
        let read: Option<CachedRead> = plain.and_then(|plain| json::from_slice(&plain).ok());
        Ok(read.filter(|read| read.expires_at > now))
    }

    /// Keeps an answer in the place of an earlier one for its path. Not if the data key was replaced while nobody told
    /// this context: it has the new one the next time, or is locked.
    pub async fn put(&self, read: &CachedRead) -> Result<(), StoreError> {
        let plain = serde_json::to_vec(read).map_err(|error| StoreError::Failed(error.to_string()))?;
        self.keep(&naming(&read.path), &plain, read.expires_at).await
    }

    /// What is kept for a while under a name, unless it does not open. It may have expired.
    pub(crate) async fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let keys = self.store.keys()?;
        let name = keys.name(name).await?;
        let stored = self.read(&name).await?;
        let Some(sealed) =
            stored.and_then(|stored| property(&stored, "sealed").dyn_into::<Uint8Array>().ok())
        else {
            return Ok(None);
        };
        let keys = self.store.keys_to_one(&sealed).await?;
        Ok(keys.open(Purpose::CachedRead, &name, &sealed).await.ok())
    }

    /// Keeps something for a while, in the place of what was kept under this name; see [`Self::put`].
    pub(crate) async fn keep(&self, name: &str, plain: &[u8], until: Timestamp) -> Result<(), StoreError> {
        let keys = self.store.keys()?;
        let name = keys.name(name).await?;
        let sealed = keys.seal(Purpose::CachedRead, &name, plain).await?;
        let value = object(&[
            ("key", Uint8Array::from(name.as_slice()).into()),
            ("expiresAt", (until.timestamp_millis() as f64).into()),
            ("sealed", sealed.into()),
        ]);
        Ok(self.write(&keys, &value).await?)
    }

    /// Forgets what is kept under a name.
    pub(crate) async fn forget(&self, name: &str) -> Result<(), StoreError> {
        let name = self.store.keys()?.name(name).await?;
        Ok(self.delete(&name).await?)
    }

    /// Deletes what has expired; answers how many.
    pub async fn fold(&self, now: Timestamp) -> Result<usize, StoreError> {
        Ok(self.delete_expired(now).await?)
    }

    async fn read(&self, name: &[u8]) -> Result<Option<JsValue>, DatabaseError> {
        let get = async |transaction: &Transaction| {
            let name = Uint8Array::from(name).into();
            Ok(transaction.store(READS)?.get(name).await?)
        };
        self.store.database().read(&[READS], get).await
    }

    async fn write(&self, keys: &Keys, value: &JsValue) -> Result<(), DatabaseError> {
        let put = async |transaction: &Transaction| {
            if !is_fenced_off(transaction, keys).await? {
                transaction.store(READS)?.put(value, None).await?;
            }
            Ok(())
        };
        let database = self.store.database();
        database.write_relaxed(&[READS, JOURNAL], put).await
    }

    async fn delete(&self, name: &[u8]) -> Result<(), DatabaseError> {
        let delete = async |transaction: &Transaction| {
            let name = Uint8Array::from(name).into();
            Ok(transaction.store(READS)?.delete(name).await?)
        };
        self.store.database().write_relaxed(&[READS], delete).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<usize, DatabaseError> {
        let delete = async |transaction: &Transaction| {
            let reads = transaction.store(READS)?;
            let until = JsValue::from_f64(now.timestamp_millis() as f64);
            let expired = KeyRange::upper_bound(&until, Some(false))
                .map_err(|error| DatabaseError::Failed(error.to_string()))?;
            let expired = reads.index(BY_EXPIRY)?.get_all(Some(expired), None).await?;
            for value in &expired {
                reads.delete(property(value, "key")).await?;
            }
            Ok(expired.len())
        };
        self.store.database().write_relaxed(&[READS], delete).await
    }
}

fn naming(path: &str) -> String {
    format!("read/{path}")
}
