//! Out of the database: everything, or the journal from a revision on.

use rexie::{KeyRange, Transaction};

use super::{
    IndexedDbStore,
    schema::{BASE, BODIES, HEADS, JOURNAL, TEXTS},
    sealed::{Found, number},
};
use crate::database::DatabaseError;

/// No key is greater.
const LAST: u64 = 1 << 53;

/// What the database holds for a start, still sealed.
pub(super) struct Everything {
    pub base: Vec<Found>,
    pub journal: Vec<Found>,
    pub heads: Vec<Found>,
}

impl IndexedDbStore {
    pub(super) async fn read_all(&self) -> Result<Everything, DatabaseError> {
        let read = async |transaction: &Transaction| {
            let [base, journal, heads] = [BASE, JOURNAL, HEADS].map(|store| found(transaction, store, None));
            let (base, journal, heads) = futures::join!(base, journal, heads);
            Ok(Everything {
                base: base?,
                journal: journal?,
                heads: heads?,
            })
        };
        self.database.read(&[BASE, JOURNAL, HEADS], read).await
    }

    /// The journal's entries of this revision and after it.
    pub(super) async fn journal_from(&self, revision: u64) -> Result<Vec<Found>, DatabaseError> {
        self.found(JOURNAL, (revision, LAST)).await
    }

    /// The heads of pages from one id to another.
    pub(super) async fn heads(&self, range: (u64, u64)) -> Result<Vec<Found>, DatabaseError> {
        self.found(HEADS, range).await
    }

    /// Their texts and their bodies.
    pub(super) async fn rest(&self, range: (u64, u64)) -> Result<[Vec<Found>; 2], DatabaseError> {
        let read = async |transaction: &Transaction| {
            let [texts, bodies] = [TEXTS, BODIES].map(|store| found(transaction, store, Some(range)));
            let (texts, bodies) = futures::join!(texts, bodies);
            Ok([texts?, bodies?])
        };
        self.database.read(&[TEXTS, BODIES], read).await
    }

    async fn found(&self, store: &str, range: (u64, u64)) -> Result<Vec<Found>, DatabaseError> {
        let read = async |transaction: &Transaction| found(transaction, store, Some(range)).await;
        self.database.read(&[store], read).await
    }
}

/// What an object store holds, from one key to another.
async fn found(
    transaction: &Transaction,
    store: &str,
    range: Option<(u64, u64)>,
) -> Result<Vec<Found>, DatabaseError> {
    let store = transaction.store(store)?;
    let range = || {
        let range = range.map(|(from, to)| KeyRange::bound(&number(from), &number(to), None, None));
        range
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
