//! What does not open: its bytes for whoever may know more of them, and the rows of an earlier layout that stayed where
//! they were.

use holdfast_core::store::{Quarantined, StoreError};
use js_sys::Uint8Array;
use rexie::Transaction;
use wasm_bindgen::{JsCast, JsValue};

use super::{
    IndexedDbStore,
    schema::{BASE, HEAD, JOURNAL, META, ROWS},
    sealed::number,
};
use crate::{
    database::{DatabaseError, strict::StrictTransaction},
    scope::property,
};

/// Something that does not open, as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRemains {
    /// Says nothing of its content.
    pub name: String,
    pub sealed: Vec<u8>,
}

impl IndexedDbStore {
    /// How many rows of an earlier layout did not open when it was brought over.
    pub async fn left_behind(&self) -> Result<usize, StoreError> {
        Ok(self.left_rows().await?.len())
    }

    /// The sealed bytes of commits and bases that do not open, and of rows left behind. What is no bytes any more is
    /// passed over; pages are the server's to send again.
    pub async fn remains(&self, quarantined: &[Quarantined]) -> Result<Vec<SealedRemains>, StoreError> {
        let mut remains = Vec::new();
        for quarantined in quarantined {
            let (store, key) = match quarantined {
                Quarantined::Commit(revision) => (JOURNAL, Some(*revision)),
                Quarantined::Base => (BASE, None),
                Quarantined::Page(_) => continue,
            };
            let values = self.values(store, key).await?;
            remains.extend(values.iter().filter_map(|value| remnant(store, value)));
        }
        let rows = self.left_rows().await?;
        remains.extend(
            rows.iter()
                .filter_map(|row| remnant(ROWS, &property(row, "sealed"))),
        );
        Ok(remains)
    }

    /// Deletes the rows of an earlier layout that did not open.
    pub async fn drop_left_behind(&self) -> Result<(), StoreError> {
        // Rows that are still to be brought over are not left behind.
        if self.left_rows().await?.is_empty() {
            return Ok(());
        }
        let clear = async |transaction: &StrictTransaction| transaction.clear(ROWS);
        Ok(self.database.write(&[ROWS], clear).await?)
    }

    async fn left_rows(&self) -> Result<Vec<JsValue>, DatabaseError> {
        let get = async |transaction: &Transaction| {
            if transaction.store(META)?.get(HEAD.into()).await?.is_some() {
                return Ok(Vec::new());
            }
            Ok(transaction.store(ROWS)?.get_all(None, None).await?)
        };
        self.database.read(&[META, ROWS], get).await
    }

    async fn values(&self, store: &str, key: Option<u64>) -> Result<Vec<JsValue>, DatabaseError> {
        let get = async |transaction: &Transaction| {
            let store = transaction.store(store)?;
            Ok(match key {
                Some(key) => store.get(number(key)).await?.into_iter().collect(),
                None => store.get_all(None, None).await?,
            })
        };
        self.database.read(&[store], get).await
    }
}

fn remnant(store: &str, value: &JsValue) -> Option<SealedRemains> {
    let sealed = value.dyn_ref::<Uint8Array>()?.to_vec();
    Some(SealedRemains {
        name: store.to_owned(),
        sealed,
    })
}
