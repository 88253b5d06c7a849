//! Small things that only a person's key opens: settings that nobody changes without the passcode, and what was typed
//! and is not saved yet.
//!
//! They lie beside the vault's own state under `[person, kind, HMAC of the name]`, and go with the person. Losing one to
//! a power cut costs little, so they are written with relaxed durability.

use js_sys::{Array, Uint8Array};
use rexie::{KeyRange, Transaction};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbKeyRange;

use super::{STATE, USERS, Unlocked, Vault, VaultError, record::UserRecord};
use crate::{
    database::{Database, DatabaseError},
    reseal::{Places, Sealed},
    scope::{object, property},
    seal::{Name, Purpose},
};

/// What a private value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Private {
    Setting,
    Draft,
}

impl Private {
    fn name(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Draft => "draft",
        }
    }

    fn purpose(self) -> Purpose {
        match self {
            Self::Setting => Purpose::Setting,
            Self::Draft => Purpose::Draft,
        }
    }
}

impl Vault {
    /// Keeps a text in the place of an earlier one of this name; `None` removes it.
    ///
    /// # Errors
    /// [`VaultError::KeyReplaced`] if it was opened with a data key that is no longer the newest.
    pub async fn put_private(
        &self,
        unlocked: &Unlocked,
        kind: Private,
        name: &str,
        text: Option<&str>,
    ) -> Result<(), VaultError> {
        let hidden = hidden_name(unlocked, kind, name).await?;
        let key = key_of(unlocked, kind, &hidden);
        let sealed = match text {
            Some(text) => Some(
                unlocked
                    .keys
                    .seal(kind.purpose(), &hidden, text.as_bytes())
                    .await?,
            ),
            None => None,
        };
        let value = sealed.map(|sealed| {
            let name = Uint8Array::from(hidden.as_slice());
            JsValue::from(object(&[("name", name.into()), ("sealed", sealed.into())]))
        });
        let put = async |transaction: &Transaction| {
            let stored = stored_user(transaction, &unlocked.user_id).await?;
            let record = UserRecord::read(stored.ok_or(VaultError::UnknownUser)?)?;
            if record.generation != unlocked.keys.generation() {
                return Err(VaultError::KeyReplaced);
            }
            Ok(put_or_delete(transaction, key, value).await?)
        };
        self.database.write_relaxed(&[STATE, USERS], put).await
    }

    /// The text of this name; `None` if there is none, or none that the person's key opens.
    pub async fn private(
        &self,
        unlocked: &Unlocked,
        kind: Private,
        name: &str,
    ) -> Result<Option<String>, VaultError> {
        let hidden = hidden_name(unlocked, kind, name).await?;
        let key = key_of(unlocked, kind, &hidden);
        let get = async |transaction: &Transaction| Ok(transaction.store(STATE)?.get(key.clone()).await?);
        match self.database.read(&[STATE], get).await? {
            Some(stored) => Ok(opened(unlocked, kind, &stored).await),
            None => Ok(None),
        }
    }

    /// All texts of a kind that the person's key opens.
    pub async fn all_private(&self, unlocked: &Unlocked, kind: Private) -> Result<Vec<String>, VaultError> {
        let from = Array::of2(&unlocked.user_id.as_str().into(), &kind.name().into());
        let get = async |transaction: &Transaction| {
            let range = beginning_with(&from)?;
            Ok(transaction.store(STATE)?.get_all(Some(range), None).await?)
        };
        let stored = self.database.read(&[STATE], get).await?;
        let mut texts = Vec::new();
        for value in &stored {
            texts.extend(opened(unlocked, kind, value).await);
        }
        Ok(texts)
    }
}

/// The keys of everything private of a person.
pub(super) fn all_of(user_id: &str) -> Result<JsValue, DatabaseError> {
    let from = Array::of1(&user_id.into());
    Ok(IdbKeyRange::bound_with_lower_open_and_upper_open(&from, &after(&from), false, true)?.into())
}

/// Where everything private of a person lies.
pub(super) async fn places(database: &Database, user_id: &str) -> Result<Vec<Places>, VaultError> {
    let from = Array::of1(&user_id.into());
    let range = || beginning_with(&from).map(Some);
    Ok(Places::of(database, STATE, range).await?)
}

/// Every key that begins so.
fn beginning_with(from: &Array) -> Result<KeyRange, DatabaseError> {
    KeyRange::bound(from, &after(from), None, Some(true))
        .map_err(|error| DatabaseError::Failed(error.to_string()))
}

async fn stored_user(transaction: &Transaction, user_id: &str) -> Result<Option<JsValue>, DatabaseError> {
    Ok(transaction.store(USERS)?.get(user_id.into()).await?)
}

async fn put_or_delete(
    transaction: &Transaction,
    key: JsValue,
    value: Option<JsValue>,
) -> Result<(), DatabaseError> {
    let state = transaction.store(STATE)?;
    match value {
        Some(value) => state.put(&value, Some(&key)).await.map(drop)?,
        None => state.delete(key).await?,
    }
    Ok(())
}

/// What a private value was sealed for, by its key: person, kind, hidden name.
pub(super) fn describe(key: &JsValue, value: &JsValue) -> Option<Sealed> {
    let kind = key.dyn_ref::<Array>()?.get(1).as_string()?;
    let kinds = [Private::Setting, Private::Draft];
    let kind = kinds.into_iter().find(|known| known.name() == kind)?;
    let name = property(value, "name").dyn_into::<Uint8Array>().ok()?;
    Some((kind.purpose(), name.to_vec()))
}

/// What comes after every key that begins so: IndexedDB orders arrays after strings and bytes.
fn after(beginning: &Array) -> JsValue {
    let end = beginning.slice(0, beginning.length());
    end.push(&Array::new());
    end.into()
}

async fn hidden_name(unlocked: &Unlocked, kind: Private, name: &str) -> Result<Name, VaultError> {
    Ok(unlocked.keys.name(&format!("{}/{name}", kind.name())).await?)
}

fn key_of(unlocked: &Unlocked, kind: Private, hidden: &Name) -> JsValue {
    Array::of3(
        &unlocked.user_id.as_str().into(),
        &kind.name().into(),
        &Uint8Array::from(hidden.as_slice()).into(),
    )
    .into()
}

async fn opened(unlocked: &Unlocked, kind: Private, stored: &JsValue) -> Option<String> {
    let bytes = |name| property(stored, name).dyn_into::<Uint8Array>().ok();
    let name: Name = bytes("name")?.to_vec().try_into().ok()?;
    let plain = unlocked
        .keys
        .open(kind.purpose(), &name, &bytes("sealed")?)
        .await
        .ok()?;
    String::from_utf8(plain).ok()
}
