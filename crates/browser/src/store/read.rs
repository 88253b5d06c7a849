//! Sealed rows out of the database: all, or what came after a revision.

use holdfast_core::store::Revision;
use js_sys::Array;
use rexie::{KeyRange, TransactionMode};
use wasm_bindgen::JsValue;

use super::{
    IndexedDbStore,
    commit::REMEMBERED,
    head::{Head, number},
    schema::{BY_REVISION, DELETIONS, HEAD, META, ROWS},
};
use crate::database::DatabaseError;

/// What was committed after a revision, sealed.
pub(super) enum Behind {
    By {
        current: Revision,
        rows: Vec<JsValue>,
        deletions: Vec<JsValue>,
    },
    TooFar,
}

impl IndexedDbStore {
    pub(super) async fn read_all(&self) -> Result<(Revision, Vec<JsValue>), DatabaseError> {
        let transaction = self
            .database
            .relaxed(&[ROWS, META], TransactionMode::ReadOnly)
            .await?;
        let head = transaction.store(META)?.get(HEAD.into()).await?;
        let rows = transaction.store(ROWS)?.get_all(None, None).await?;
        Ok((Head::read(&head.unwrap_or(JsValue::UNDEFINED)).revision, rows))
    }

    pub(super) async fn read_since(&self, revision: Revision) -> Result<Behind, DatabaseError> {
        let stores = [ROWS, DELETIONS, META];
        let transaction = self.database.relaxed(&stores, TransactionMode::ReadOnly).await?;
        let head = transaction.store(META)?.get(HEAD.into()).await?;
        let current = Head::read(&head.unwrap_or(JsValue::UNDEFINED)).revision;
        if revision > current || revision + REMEMBERED < current {
            return Ok(Behind::TooFar);
        }
        let later = number(revision);
        let rows = transaction.store(ROWS)?.index(BY_REVISION)?;
        let rows = rows.get_all(Some(after(&later)?), None).await?;
        let next = Array::of1(&number(revision + 1));
        let deletions = transaction.store(DELETIONS)?;
        let deletions = deletions.get_all(Some(from(&next)?), None).await?;
        Ok(Behind::By {
            current,
            rows,
            deletions,
        })
    }
}

fn after(key: &JsValue) -> Result<KeyRange, DatabaseError> {
    range(KeyRange::lower_bound(key, Some(true)))
}

fn from(key: &JsValue) -> Result<KeyRange, DatabaseError> {
    range(KeyRange::lower_bound(key, Some(false)))
}

fn range<E: std::fmt::Display>(range: Result<KeyRange, E>) -> Result<KeyRange, DatabaseError> {
    range.map_err(|error| DatabaseError::Failed(error.to_string()))
}
