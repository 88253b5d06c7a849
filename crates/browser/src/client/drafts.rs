//! What somebody typed and has not saved: kept under their key, so that neither a lock nor a killed browser loses it.

use holdfast_core::ports::Ports;

use super::{ClientError, session::Session};
use crate::vault::{Private, VaultError};

impl Session {
    /// Keeps a draft in the place of an earlier one of this name; `None` removes it.
    pub async fn keep_draft(&self, name: &str, draft: Option<&str>) -> Result<(), ClientError> {
        let kept = self.put_draft(name, draft).await;
        if !matches!(kept, Err(ClientError::Vault(VaultError::KeyReplaced))) {
            return kept;
        }
        self.engine.ports().store().renew_keys().await;
        self.put_draft(name, draft).await
    }

    async fn put_draft(&self, name: &str, draft: Option<&str>) -> Result<(), ClientError> {
        let unlocked = self.unlocked()?;
        Ok(self
            .vault
            .put_private(&unlocked, Private::Draft, name, draft)
            .await?)
    }

    /// All drafts, as they were given.
    pub async fn drafts(&self) -> Result<Vec<String>, ClientError> {
        let unlocked = self.unlocked()?;
        Ok(self.vault.all_private(&unlocked, Private::Draft).await?)
    }
}
