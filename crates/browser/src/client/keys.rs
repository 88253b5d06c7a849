//! The passcode and the keys of whoever's data is open.

use holdfast_core::{Timestamp, ports::Clock};

use super::{Client, ClientError};
use crate::{background, clock::PlatformClock};

impl Client {
    /// Puts the data under another passcode.
    pub async fn change_passcode(&self, passcode: &str, new_passcode: &str) -> Result<(), ClientError> {
        let session = self.session().ok_or(ClientError::NotOpen)?;
        let now = PlatformClock.now();
        Ok(self
            .vault
            .change_passcode(session.user_id(), passcode, new_passcode, now)
            .await?)
    }

    /// Turns "sync while the app is closed" on or off.
    pub async fn keep_key(&self, keep: bool) -> Result<(), ClientError> {
        let session = self.session().ok_or(ClientError::NotOpen)?;
        let now = PlatformClock.now();
        session
            .with_newest_keys(async |unlocked| self.vault.keep_key(unlocked, keep, now).await)
            .await?;
        if keep {
            background::ask_for_periodic_pulls().await;
        }
        Ok(())
    }

    /// Whether "sync while the app is closed" is on for the person whose data is open.
    pub async fn keeps_key(&self) -> Result<bool, ClientError> {
        let session = self.session().ok_or(ClientError::NotOpen)?;
        let users = self.vault.users().await?;
        Ok(users
            .iter()
            .any(|user| user.user_id == session.user_id() && user.keeps_key))
    }

    /// Until when a person's data can be synced without a passcode; `None`: not at all.
    pub async fn kept_until(&self, user_id: &str) -> Result<Option<Timestamp>, ClientError> {
        Ok(self.vault.kept_until(user_id, PlatformClock.now()).await?)
    }
}
