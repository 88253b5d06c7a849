//! Values at rest, sealed anew with the newest data key.
//!
//! In three steps, so that each can be the last one before a death: [`Places`] are read as a [`Batch`], what of it
//! the former key sealed is sealed anew, and one strict transaction puts each value in the place of the one that was read,
//! if that is still there byte for byte. Whatever another context wrote or removed meanwhile stands. A value keeps its
//! nonce, of which no key has seen another use: two tabs that seal the same anew make the same bytes.

use js_sys::{Object, Uint8Array};
use rexie::{KeyRange, Transaction};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    crash::{CrashPoint, reached},
    database::{Database, DatabaseError, strict::StrictTransaction},
    scope::{object, property},
    seal::{Keys, Nonce, Opening, Purpose, SealError, generation_of, nonce_of},
};

/// How many values are sealed anew in one transaction: few enough that no edit waits for long.
const BATCH: usize = 16;

/// Where some values lie.
#[derive(Debug)]
pub struct Places {
    store: &'static str,
    keys: Vec<JsValue>,
}

impl Places {
    /// How many.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn store(&self) -> &'static str {
        self.store
    }

    /// All places of an object store, or of a range of it, in batches.
    pub(crate) async fn of(
        database: &Database,
        store: &'static str,
        range: impl Fn() -> Result<Option<KeyRange>, DatabaseError>,
    ) -> Result<Vec<Self>, DatabaseError> {
        let get = async |transaction: &Transaction| {
            Ok(transaction.store(store)?.get_all_keys(range()?, None).await?)
        };
        let keys = database.read(&[store], get).await?;
        let batch = |keys: &[JsValue]| Self {
            store,
            keys: keys.to_vec(),
        };
        Ok(keys.chunks(BATCH).map(batch).collect())
    }
}

/// What a value was sealed for, and under which name.
pub(crate) type Sealed = (Purpose, Vec<u8>);

/// Values as they were read.
#[derive(Debug)]
pub struct Batch {
    store: &'static str,
    read: Vec<Read>,
}

#[derive(Debug)]
struct Read {
    key: JsValue,
    value: JsValue,
    sealed: Sealed,
}

impl Batch {
    /// Reads places; `describe` tells of a key and its value what it was sealed for.
    pub(crate) async fn read(
        database: &Database,
        places: &Places,
        describe: impl Fn(&JsValue, &JsValue) -> Option<Sealed>,
    ) -> Result<Self, DatabaseError> {
        let store = places.store;
        let get = async |transaction: &Transaction| {
            let values = transaction.store(store)?;
            let mut read = Vec::with_capacity(places.keys.len());
            for key in &places.keys {
                let Some(value) = values.get(key.clone()).await? else {
                    continue;
                };
                if let Some(sealed) = describe(key, &value) {
                    let key = key.clone();
                    read.push(Read { key, value, sealed });
                }
            }
            Ok(read)
        };
        let read = database.read(&[store], get).await?;
        reached(CrashPoint::RotationRead);
        Ok(Self { store, read })
    }

    /// Seals with the newest key what the former one sealed. What does not open stays: its key is of no use to it.
    pub async fn seal(self, keys: &Keys) -> Result<Resealed, SealError> {
        let begin = |read: Read| {
            let sealed = sealed_part(&read.value)?;
            let generation = generation_of(&sealed)?;
            if generation == keys.generation() {
                return None;
            }
            let (purpose, name) = &read.sealed;
            let opening = keys.begin_open(*purpose, name, &sealed).ok()?;
            Some((nonce_of(&sealed)?, read, opening))
        };
        let begun: Vec<(Nonce, Read, Opening)> = self.read.into_iter().filter_map(begin).collect();
        let mut sealing = Vec::with_capacity(begun.len());
        for (nonce, read, opening) in begun {
            if let Ok(plain) = opening.plain().await {
                let (purpose, name) = &read.sealed;
                let begun = keys.begin_anew(*purpose, name, &plain, nonce);
                sealing.push((read, begun));
            }
        }
        let mut replacements = Vec::with_capacity(sealing.len());
        for (read, sealing) in sealing {
            let replacement = with_sealed_part(&read.value, sealing.sealed().await?);
            replacements.push((read, replacement));
        }
        reached(CrashPoint::RotationSealed);
        Ok(Resealed {
            store: self.store,
            replacements,
        })
    }
}

/// Values sealed anew, to be put in the place of those that were read.
#[derive(Debug)]
pub struct Resealed {
    store: &'static str,
    replacements: Vec<(Read, JsValue)>,
}

impl Resealed {
    /// Of how many values the former key was found.
    pub fn count(&self) -> usize {
        self.replacements.len()
    }

    /// Replaces all that are still as they were read, in one strict transaction.
    pub(crate) async fn write(self, database: &Database) -> Result<(), DatabaseError> {
        if self.replacements.is_empty() {
            return Ok(());
        }
        let replace = async |transaction: &StrictTransaction| {
            self.issue(transaction).await?;
            reached(CrashPoint::RotationIssued);
            Ok::<_, DatabaseError>(())
        };
        database.write(&[self.store], replace).await?;
        reached(CrashPoint::RotationWritten);
        Ok(())
    }

    async fn issue(&self, transaction: &StrictTransaction) -> Result<(), DatabaseError> {
        let store = transaction.store(self.store)?;
        let keys_within = !store.key_path()?.is_null();
        for (read, replacement) in &self.replacements {
            let stored = transaction.get(self.store, &read.key).await?;
            if !same(&stored, &read.value) {
                continue;
            }
            if keys_within {
                store.put(replacement)?;
            } else {
                store.put_with_key(replacement, &read.key)?;
            }
        }
        Ok(())
    }
}

/// The sealed bytes: the value itself, or what it has under `sealed`.
fn sealed_part(value: &JsValue) -> Option<Uint8Array> {
    let own = value.dyn_ref::<Uint8Array>().cloned();
    own.or_else(|| property(value, "sealed").dyn_into().ok())
}

fn with_sealed_part(value: &JsValue, sealed: Uint8Array) -> JsValue {
    if value.is_instance_of::<Uint8Array>() {
        return sealed.into();
    }
    let copy = Object::assign(&Object::new(), value.unchecked_ref());
    Object::assign(&copy, &object(&[("sealed", sealed.into())])).into()
}

/// Whether a stored value is the very one that was read: no two seals are alike.
fn same(stored: &JsValue, read: &JsValue) -> bool {
    let bytes = |value| sealed_part(value).map(|sealed| sealed.to_vec());
    bytes(stored).is_some_and(|stored| Some(stored) == bytes(read))
}
