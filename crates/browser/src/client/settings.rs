//! The passcode and the keys of the open data.

use holdfast_core::{Timestamp, ports::Clock};

use super::{error::ClientError, handle::Client, idle::LockAfter};
use crate::{background, clock::PlatformClock};

impl Client {
    /// Puts the data under another passcode.
    ///
    /// # Errors
    /// If nothing is open, the passcode is wrong or may not be tried yet, or the new one is weak.
    pub async fn change_passcode(&self, passcode: &str, new_passcode: &str) -> Result<(), ClientError> {
        let session = self.open_session()?;
        let now = PlatformClock.now();
        Ok(self
            .vault()
            .change_passcode(session.user_id(), passcode, new_passcode, now)
            .await?)
    }

    /// Makes a new data key. Everything is encrypted with it from now on, and what is stored already is re-encrypted in the
    /// background; [`ClientEvent::KeyReplaced`](super::ClientEvent::KeyReplaced) reports the end.
    ///
    /// # Errors
    /// If nothing is open, or the passcode is wrong or may not be tried yet.
    pub async fn replace_key(&self, passcode: &str) -> Result<(), ClientError> {
        self.open_session()?.key_rotation().begin(passcode).await
    }

    /// Chooses how long nobody may touch the app before it locks, for every tab of the user.
    ///
    /// # Errors
    /// If nothing is open, or the device cannot store the choice.
    pub async fn set_lock_after(&self, after: LockAfter) -> Result<(), ClientError> {
        self.open_session()?.locking.set_lock_after(after).await
    }

    /// Turns "sync while the app is closed" on or off.
    ///
    /// # Errors
    /// If nothing is open, or the device cannot store the choice.
    pub async fn keep_key(&self, keep: bool) -> Result<(), ClientError> {
        let session = self.open_session()?;
        let (vault, now) = (self.vault(), PlatformClock.now());
        session
            .data
            .with_newest_keys(async |unlocked| vault.keep_key(unlocked, keep, now).await)
            .await?;
        if keep {
            background::ask_for_periodic_pulls().await;
        }
        Ok(())
    }

    /// Whether "sync while the app is closed" is on for the user whose data is open.
    ///
    /// # Errors
    /// If nothing is open, or the vault cannot be read.
    pub async fn keeps_key(&self) -> Result<bool, ClientError> {
        let session = self.open_session()?;
        let users = self.vault().users().await?;
        Ok(users
            .iter()
            .any(|user| user.user_id == session.user_id() && user.keeps_key))
    }

    /// Until when a user's data can be synced without a passcode; `None`: not at all.
    ///
    /// # Errors
    /// If the vault cannot be read.
    pub async fn kept_until(&self, user_id: &str) -> Result<Option<Timestamp>, ClientError> {
        Ok(self.vault().kept_until(user_id, PlatformClock.now()).await?)
    }
}
