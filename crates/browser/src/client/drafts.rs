//! What somebody typed and has not saved: kept under their key, so that neither a lock nor a killed browser loses it.

use super::{ClientError, session::Session};
use crate::vault::Private;

impl Session {
    /// Keeps a draft in the place of an earlier one of this name; `None` removes it.
    pub async fn keep_draft(&self, name: &str, draft: Option<&str>) -> Result<(), ClientError> {
        let (vault, kind) = (&self.vault, Private::Draft);
        self.with_newest_keys(async |unlocked| vault.put_private(unlocked, kind, name, draft).await)
            .await
    }

    /// All drafts, as they were given.
    pub async fn drafts(&self) -> Result<Vec<String>, ClientError> {
        let unlocked = self.unlocked()?;
        Ok(self.vault.all_private(&unlocked, Private::Draft).await?)
    }
}
