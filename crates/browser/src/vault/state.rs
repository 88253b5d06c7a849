//! What the vault remembers beside its people: who used the app last, whose session the cookie stands for, and whether
//! the server has yet to be told of a sign-out.

use rexie::Transaction;
use wasm_bindgen::JsValue;

use super::{STATE, Vault, VaultError};
use crate::database::strict::StrictTransaction;

/// The id of whoever used the app last.
pub(super) const CURRENT: &str = "current";
/// Set while a sign-out made without a network waits to be told to the server.
const REVOCATION: &str = "revocation";
/// The id of whoever signed in last: the one cookie of this origin is theirs.
pub(super) const SIGNED_IN: &str = "signed-in";

impl Vault {
    /// Whoever used the app last, if their data is still here.
    pub async fn current(&self) -> Result<Option<String>, VaultError> {
        Ok(self.state(CURRENT).await?.and_then(|value| value.as_string()))
    }

    /// Whether the cookie stands for a session of this person's, as far as is known.
    pub async fn has_cookie(&self, user_id: &str) -> Result<bool, VaultError> {
        let owner = self.state(SIGNED_IN).await?.and_then(|value| value.as_string());
        Ok(owner.is_none_or(|owner| owner == user_id))
    }

    /// Notes whose session the cookie stands for from now on.
    pub async fn note_cookie(&self, user_id: &str) -> Result<(), VaultError> {
        self.set_state(SIGNED_IN, user_id).await
    }

    /// Whether somebody signed out without a network: the cookie is still there and must not be used.
    pub async fn owes_revocation(&self) -> Result<bool, VaultError> {
        Ok(self.state(REVOCATION).await?.is_some())
    }

    /// Notes that the session is to be revoked at the next contact, or that it is.
    pub async fn owe_revocation(&self, owed: bool) -> Result<(), VaultError> {
        if !owed && !self.owes_revocation().await? {
            return Ok(());
        }
        let key = JsValue::from(REVOCATION);
        let note = async |transaction: &StrictTransaction| {
            if owed {
                Ok(transaction.put_at(STATE, &key, &JsValue::TRUE)?)
            } else {
                Ok(transaction.delete(STATE, &key)?)
            }
        };
        self.database.write(&[STATE], note).await
    }

    /// Deletes the vault itself once nobody is set up and nothing is owed: a device that was left holds nothing.
    pub async fn delete_if_empty(&self) -> Result<(), VaultError> {
        if self.users().await?.is_empty() && !self.owes_revocation().await? {
            self.database.delete_for_now().await?;
        }
        Ok(())
    }

    async fn state(&self, key: &str) -> Result<Option<JsValue>, VaultError> {
        if !self.database.exists().await {
            return Ok(None);
        }
        let get = async |transaction: &Transaction| Ok(transaction.store(STATE)?.get(key.into()).await?);
        Ok(self.database.read(&[STATE], get).await?)
    }

    pub(super) async fn make_current(&self, user_id: &str) -> Result<(), VaultError> {
        self.set_state(CURRENT, user_id).await
    }

    async fn set_state(&self, key: &str, value: &str) -> Result<(), VaultError> {
        let put = async |transaction: &StrictTransaction| {
            Ok(transaction.put_at(STATE, &key.into(), &value.into())?)
        };
        self.database.write(&[STATE], put).await
    }
}
