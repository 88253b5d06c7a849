//! A new data key takes the place of the one before it.
//!
//! The fence is the journal's own rule. Once one entry is sealed with the new key, whoever has only the former one can
//! no longer follow the journal, and a commit or fold that was planned behind it is stale: from then on nothing is
//! written with the former key, whichever context slept through the change. What lies there is sealed anew in
//! [batches](crate::reseal), while everybody reads with both keys.

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use holdfast_core::store::{Changes, StoreError};
use js_sys::Uint8Array;
use rexie::{Direction, Transaction};
use wasm_bindgen::{JsCast, JsValue};

use super::{
    IndexedDbStore, content,
    schema::{BASE, BODIES, HEADS, JOURNAL, READS, ROWS, TEXTS},
    seal_all,
    sealed::Found,
    write::{Extra, Refusal},
};
use crate::{
    crash::{CrashPoint, reached},
    database::DatabaseError,
    reseal::{Batch, Places, Resealed},
    seal::{Generation, Keys, Purpose, generation_of},
};

/// How often the fence is tried: each time somebody else's commit came first.
const MOST_TRIES: usize = 100;

/// Asked when a value is met whose data key is not here; it gives the store newer keys, or locks it.
pub(crate) type Renew = Rc<dyn Fn() -> LocalBoxFuture<'static, ()>>;

impl IndexedDbStore {
    /// Who is asked for newer keys.
    pub(crate) fn set_renewal(&self, renew: Renew) {
        self.renewal.replace(Some(renew));
    }

    /// The keys to these values: newer ones if another context has replaced the data key since. A generation that
    /// nobody knows is damage, and does not open.
    pub(super) async fn keys_to<'a>(
        &self,
        found: impl IntoIterator<Item = &'a Found>,
    ) -> Result<Keys, StoreError> {
        let keys = self.keys()?;
        let unknown = |found: &Found| {
            let sealed = found.value.dyn_ref::<Uint8Array>();
            let generation = sealed.and_then(generation_of);
            generation.is_some_and(|generation| !keys.opens(generation))
        };
        if found.into_iter().any(unknown) {
            self.renew_keys().await;
        }
        self.keys()
    }

    /// As [`Self::keys_to`], for one sealed value.
    pub(crate) async fn keys_to_one(&self, sealed: &Uint8Array) -> Result<Keys, StoreError> {
        let value = sealed.clone().into();
        self.keys_to(&[Found { key: 0, value }]).await
    }

    /// Asks for newer keys.
    pub(crate) async fn renew_keys(&self) {
        let renew = self.renewal.borrow().clone();
        if let Some(renew) = renew {
            renew().await;
        }
    }

    /// Makes the journal's newest entry one of the newest data key, if it is not yet.
    pub async fn fence(&self) -> Result<(), StoreError> {
        for _ in 0..MOST_TRIES {
            let last = self.last_entry().await?;
            let keys = self.keys_to(&last).await?;
            let of_newest = |entry: &Found| generation_of_value(&entry.value) == Some(keys.generation());
            if last.as_ref().is_some_and(of_newest) {
                return Ok(());
            }
            let revision = last.map_or(0, |entry| entry.key) + 1;
            let nothing = content::write_commit(&Changes::default())?;
            let (entry, _) = seal_all(&keys, revision, nothing, [].into_iter(), Vec::new()).await?;
            match self.append(&entry, &Extra::default()).await {
                Ok(()) => {
                    reached(CrashPoint::RotationFenced);
                    return Ok(());
                }
                Err(Refusal::Stale) => {}
                Err(Refusal::Database(DatabaseError::Closed(_))) => self.database.close(),
                Err(Refusal::Database(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::busy())
    }

    /// Where everything sealed lies, a batch each.
    pub async fn sealed_places(&self) -> Result<Vec<Places>, StoreError> {
        let mut places = Vec::new();
        for store in [JOURNAL, BASE, HEADS, TEXTS, BODIES, READS, ROWS] {
            places.extend(Places::of(&self.database, store, || Ok(None)).await?);
        }
        Ok(places)
    }

    pub async fn read_batch(&self, places: &Places) -> Result<Batch, StoreError> {
        let purpose = purpose_of(places.store());
        let describe = |key: &JsValue, _: &JsValue| Some((purpose?, name_of(key)));
        Ok(Batch::read(&self.database, places, describe).await?)
    }

    pub async fn write_batch(&self, batch: Resealed) -> Result<(), StoreError> {
        Ok(batch.write(&self.database).await?)
    }

    async fn last_entry(&self) -> Result<Option<Found>, DatabaseError> {
        let read = async |transaction: &Transaction| last_entry(transaction).await;
        self.database.read(&[JOURNAL], read).await
    }
}

/// The journal's newest entry.
async fn last_entry(transaction: &Transaction) -> Result<Option<Found>, DatabaseError> {
    let journal = transaction.store(JOURNAL)?;
    let last = journal.scan(None, Some(1), None, Some(Direction::Prev)).await?;
    let found = |(key, value): (JsValue, JsValue)| Found {
        key: key.as_f64().unwrap_or_default() as u64,
        value,
    };
    Ok(last.into_iter().next().map(found))
}

/// Whether the newest entry of the journal, which must be in the transaction, is of a data key that is not among these:
/// nothing may be written with them any more.
pub(crate) async fn is_fenced_off(transaction: &Transaction, keys: &Keys) -> Result<bool, DatabaseError> {
    let last = last_entry(transaction).await?;
    let generation = last.and_then(|entry| generation_of_value(&entry.value));
    Ok(generation.is_some_and(|generation| !keys.opens(generation)))
}

fn generation_of_value(value: &JsValue) -> Option<Generation> {
    value.dyn_ref::<Uint8Array>().and_then(generation_of)
}

fn purpose_of(store: &str) -> Option<Purpose> {
    Some(match store {
        JOURNAL => Purpose::Commit,
        BASE => Purpose::Base,
        HEADS => Purpose::Head,
        TEXTS => Purpose::Text,
        BODIES => Purpose::Body,
        READS => Purpose::CachedRead,
        ROWS => Purpose::Row,
        _ => return None,
    })
}

/// What a value is sealed under: its number, or the keyed hash that is its key.
fn name_of(key: &JsValue) -> Vec<u8> {
    match key.as_f64() {
        Some(number) => (number as u64).to_le_bytes().to_vec(),
        None => Uint8Array::new(key).to_vec(),
    }
}
