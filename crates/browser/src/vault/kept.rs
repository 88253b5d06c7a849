//! "Sync while the app is closed": the keys themselves, kept where the worker finds them.
//!
//! They cannot be exported by a script, but the browser's profile on the disk holds them in the clear. That is why it
//! is a choice, why it ends 7 days after the last unlock, and why locking by hand ends it at once.

use chrono::Duration;
use holdfast_core::Timestamp;
use rexie::TransactionMode;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;

use super::{KEYS, Unlocked, Vault, VaultError, unlocked};
use crate::{
    database::DatabaseError,
    scope::{object, property},
    seal::Keys,
};

/// For how long kept keys are good after an unlock.
pub const KEPT_FOR: Duration = Duration::days(7);

impl Vault {
    /// Turns "sync while the app is closed" on or off.
    pub async fn keep_key(&self, unlocked: &Unlocked, keep: bool, now: Timestamp) -> Result<(), VaultError> {
        let user_id = &unlocked.user_id;
        self.update(user_id, |record| {
            record.keeps_key = keep;
            Ok(())
        })
        .await?;
        if keep {
            self.put_kept(user_id, &unlocked.keys, now).await
        } else {
            self.delete_kept(user_id).await
        }
    }

    /// What opens without a passcode while kept keys are good: for the worker, when no page is open.
    pub async fn kept(&self, user_id: &str, now: Timestamp) -> Result<Option<Unlocked>, VaultError> {
        let Some(keys) = self.get_kept(user_id, now).await? else {
            return Ok(None);
        };
        Ok(Some(unlocked(&self.read(user_id).await?, keys)))
    }

    /// Locks by hand: kept keys are gone, the setting stays for the next unlock.
    pub async fn lock(&self, user_id: &str) -> Result<(), VaultError> {
        self.delete_kept(user_id).await
    }

    pub(super) async fn put_kept(
        &self,
        user_id: &str,
        keys: &Keys,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let expires_at = (now + KEPT_FOR).timestamp_millis() as f64;
        let value = object(&[
            ("data", keys.data().into()),
            ("index", keys.index().into()),
            ("expiresAt", expires_at.into()),
        ]);
        let transaction = self.database.strict(&[KEYS]).await?;
        transaction
            .store(KEYS)?
            .put_with_key(&value, &user_id.into())
            .map_err(DatabaseError::from)?;
        Ok(transaction.complete().await?)
    }

    async fn delete_kept(&self, user_id: &str) -> Result<(), VaultError> {
        let transaction = self.database.strict(&[KEYS]).await?;
        transaction
            .store(KEYS)?
            .delete(&user_id.into())
            .map_err(DatabaseError::from)?;
        Ok(transaction.complete().await?)
    }

    /// The kept keys that are still good; expired ones are deleted.
    async fn get_kept(&self, user_id: &str, now: Timestamp) -> Result<Option<Keys>, VaultError> {
        let transaction = self.database.relaxed(&[KEYS], TransactionMode::ReadOnly).await?;
        let store = transaction.store(KEYS).map_err(DatabaseError::from)?;
        let Some(kept) = store.get(user_id.into()).await.map_err(DatabaseError::from)? else {
            return Ok(None);
        };
        let expires_at = property(&kept, "expiresAt").as_f64().unwrap_or_default();
        let left = expires_at - now.timestamp_millis() as f64;
        // More than the whole span left: the clock was set back.
        if left <= 0.0 || left > KEPT_FOR.num_milliseconds() as f64 {
            self.delete_kept(user_id).await?;
            return Ok(None);
        }
        let key = |name| {
            property(&kept, name)
                .dyn_into::<CryptoKey>()
                .map_err(|_: JsValue| VaultError::Damaged)
        };
        Ok(Some(Keys::new(key("data")?, key("index")?)))
    }
}
