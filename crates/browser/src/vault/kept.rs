//! "Sync while the app is closed": the keys themselves, kept where the worker finds them.
//!
//! They cannot be exported by a script, but the browser's profile on the disk holds them in the clear. That is why it
//! is a choice, why it ends 7 days after the last unlock, and why locking ends it at once. Whoever looks enforces the
//! end: keys that are past it, or were kept before the last locking or with an earlier data key, are deleted instead of used.

use chrono::Duration;
use holdfast_core::Timestamp;
use js_sys::Object;
use rexie::Transaction;
use wasm_bindgen::{JsCast, JsValue};

use super::{KEYS, USERS, Unlocked, Vault, VaultError, record::UserRecord, unlocked};
use crate::{
    database::{DatabaseError, strict::StrictTransaction},
    scope::{object, property},
    seal::Keys,
};

/// For how long kept keys are good after an unlock.
pub const KEPT_FOR: Duration = Duration::days(7);

/// Keys as they are kept.
struct Kept {
    keys: Keys,
    /// The count of lockings when they were kept.
    locks: u32,
    until: Timestamp,
}

impl Vault {
    /// Turns "sync while the app is closed" on or off.
    ///
    /// # Errors
    /// [`VaultError::KeyReplaced`] if it was opened with a data key that is no longer the newest.
    pub async fn keep_key(&self, unlocked: &Unlocked, keep: bool, now: Timestamp) -> Result<(), VaultError> {
        let user_id = &unlocked.user_id;
        self.update(user_id, |record| {
            if record.generation != unlocked.keys.generation() {
                return Err(VaultError::KeyReplaced);
            }
            record.keeps_key = keep;
            Ok(())
        })
        .await?;
        if keep {
            self.put_kept(unlocked, now).await
        } else {
            self.delete_kept(user_id).await
        }
    }

    /// What opens without a passcode while kept keys are good: for the worker, when no page is open.
    pub async fn kept(&self, user_id: &str, now: Timestamp) -> Result<Option<Unlocked>, VaultError> {
        let Some(kept) = self.get_kept(user_id, now).await? else {
            return Ok(None);
        };
        let record = self.read(user_id).await?;
        if record.locks != kept.locks || record.generation != kept.keys.generation() {
            self.delete_kept(user_id).await?;
            return Ok(None);
        }
        Ok(Some(Unlocked {
            until: Some(kept.until),
            ..unlocked(&record, kept.keys)
        }))
    }

    /// Until when kept keys are good; `None` if there are none.
    pub async fn kept_until(&self, user_id: &str, now: Timestamp) -> Result<Option<Timestamp>, VaultError> {
        Ok(self.get_kept(user_id, now).await?.map(|kept| kept.until))
    }

    /// Locks: kept keys are gone, and what was opened before is open no more. The setting stays for the next unlock.
    pub async fn lock(&self, user_id: &str) -> Result<(), VaultError> {
        let key = JsValue::from(user_id);
        let locking = async |transaction: &StrictTransaction| {
            let stored = transaction.get(USERS, &key).await?;
            // A damaged record opens nothing, so there is nothing to count; its keys go all the same.
            if let Ok(mut record) = UserRecord::read(stored) {
                record.locks = record.locks.wrapping_add(1);
                transaction.put(USERS, &record.stored()?)?;
            }
            Ok(transaction.delete(KEYS, &key)?)
        };
        match self.database.write(&[USERS, KEYS], &locking).await {
            // Nobody knows whether the keys are gone; to lock twice is to lock.
            Err(VaultError::Database(DatabaseError::Closed(_))) => {
                self.database.write(&[USERS, KEYS], locking).await
            }
            locked => locked,
        }
    }

    /// Whether nobody has locked since this was opened, and its data key is the newest.
    pub async fn is_current(&self, unlocked: &Unlocked) -> Result<bool, VaultError> {
        let record = self.read(&unlocked.user_id).await?;
        Ok(record.locks == unlocked.locks && record.generation == unlocked.keys.generation())
    }

    pub(super) async fn put_kept(&self, unlocked: &Unlocked, now: Timestamp) -> Result<(), VaultError> {
        let expires_at = (now + KEPT_FOR).timestamp_millis() as f64;
        let value = value(&unlocked.keys, expires_at, unlocked.locks);
        let key = unlocked.user_id.as_str().into();
        let put = async |transaction: &StrictTransaction| Ok(transaction.put_at(KEYS, &key, &value)?);
        self.database.write(&[KEYS], put).await
    }

    async fn delete_kept(&self, user_id: &str) -> Result<(), VaultError> {
        let delete = async |transaction: &StrictTransaction| Ok(transaction.delete(KEYS, &user_id.into())?);
        self.database.write(&[KEYS], delete).await
    }

    /// The kept keys that are not past their end; others are deleted.
    async fn get_kept(&self, user_id: &str, now: Timestamp) -> Result<Option<Kept>, VaultError> {
        let get = async |transaction: &Transaction| Ok(transaction.store(KEYS)?.get(user_id.into()).await?);
        let Some(kept) = self.database.read(&[KEYS], get).await? else {
            return Ok(None);
        };
        let until = until_of(&kept);
        if !is_in_time(until, now) {
            self.delete_kept(user_id).await?;
            return Ok(None);
        }
        Ok(Some(Kept {
            keys: Keys::of_value(&kept).ok_or(VaultError::Damaged)?,
            locks: locks_of(&kept),
            until,
        }))
    }
}

/// Keys as they are kept.
fn value(keys: &Keys, expires_at: f64, locks: u32) -> JsValue {
    let terms = object(&[("expiresAt", expires_at.into()), ("locks", locks.into())]);
    Object::assign(&terms, keys.as_value().unchecked_ref()).into()
}

fn until_of(kept: &JsValue) -> Timestamp {
    let expires_at = property(kept, "expiresAt").as_f64().unwrap_or_default();
    Timestamp::from_timestamp_millis(expires_at as i64).unwrap_or_default()
}

fn locks_of(kept: &JsValue) -> u32 {
    property(kept, "locks").as_f64().unwrap_or_default() as u32
}

/// Not past the end. More than the whole span left: the clock was set back.
fn is_in_time(until: Timestamp, now: Timestamp) -> bool {
    until > now && until - now <= KEPT_FOR
}

/// Whether stored keys, if there are any, would open the data of this person now.
pub(super) fn is_good(kept: &JsValue, record: &UserRecord, now: Timestamp) -> bool {
    let keys = Keys::of_value(kept);
    record.keeps_key
        && is_in_time(until_of(kept), now)
        && locks_of(kept) == record.locks
        && keys.is_some_and(|keys| keys.generation() == record.generation)
}

/// The same with other keys, for as long as before.
pub(super) fn with_keys(kept: &JsValue, change: impl Fn(Keys) -> Keys) -> Option<JsValue> {
    let keys = change(Keys::of_value(kept)?);
    let expires_at = until_of(kept).timestamp_millis() as f64;
    Some(value(&keys, expires_at, locks_of(kept)))
}
