//! Out of the database: everything, or the journal from a revision on.

use rexie::{KeyRange, Transaction, TransactionMode};

use super::{
    IndexedDbStore,
    content::SECTIONS,
    schema::{BASE, BODIES, HEADS, JOURNAL, TEXTS},
    sealed::{Found, number},
};
use crate::database::DatabaseError;

/// What the database holds, still sealed.
pub(super) struct Everything {
    pub base: Vec<Found>,
    pub journal: Vec<Found>,
    /// In the order of [`SECTIONS`].
    pub sections: [Vec<Found>; 3],
}

impl IndexedDbStore {
    pub(super) async fn read_all(&self) -> Result<Everything, DatabaseError> {
        let transaction = self.reading(&[BASE, JOURNAL, HEADS, TEXTS, BODIES]).await?;
        let [heads, texts, bodies] = SECTIONS.map(|(store, _)| all(&transaction, store, None));
        let (base, journal) = (all(&transaction, BASE, None), all(&transaction, JOURNAL, None));
        let (base, journal, heads, texts, bodies) = futures::join!(base, journal, heads, texts, bodies);
        Ok(Everything {
            base: base?,
            journal: journal?,
            sections: [heads?, texts?, bodies?],
        })
    }

    /// The journal's entries of this revision and after it.
    pub(super) async fn journal_from(&self, revision: u64) -> Result<Vec<Found>, DatabaseError> {
        let transaction = self.reading(&[JOURNAL]).await?;
        all(&transaction, JOURNAL, Some(revision)).await
    }

    /// The sections of these pages.
    pub(super) async fn pages(&self, ids: &[u64]) -> Result<[Vec<Found>; 3], DatabaseError> {
        let transaction = self.reading(&[HEADS, TEXTS, BODIES]).await?;
        let mut sections: [Vec<Found>; 3] = Default::default();
        for (found, (store, _)) in sections.iter_mut().zip(SECTIONS) {
            let store = transaction.store(store)?;
            for id in ids {
                let value = store.get(number(*id)).await?;
                found.extend(value.map(|value| Found { key: *id, value }));
            }
        }
        Ok(sections)
    }

    async fn reading(&self, stores: &[&str]) -> Result<Transaction, DatabaseError> {
        self.database.relaxed(stores, TransactionMode::ReadOnly).await
    }
}

async fn all(transaction: &Transaction, store: &str, from: Option<u64>) -> Result<Vec<Found>, DatabaseError> {
    let store = transaction.store(store)?;
    let range = || {
        let lower = from.map(|from| KeyRange::lower_bound(&number(from), Some(false)));
        lower
            .transpose()
            .map_err(|error| DatabaseError::Failed(error.to_string()))
    };
    let (keys, values) = futures::join!(store.get_all_keys(range()?, None), store.get_all(range()?, None));
    let found = |(key, value): (wasm_bindgen::JsValue, wasm_bindgen::JsValue)| Found {
        key: key.as_f64().unwrap_or_default() as u64,
        value,
    };
    Ok(keys?.into_iter().zip(values?).map(found).collect())
}
