//! What was typed and is not saved: encrypted on the device, so that neither a lock nor a killed browser loses it.

use std::rc::Rc;

use super::{error::ClientError, open_data::OpenData};
use crate::vault::Private;

/// One user's drafts, by name.
#[derive(Debug)]
pub struct Drafts {
    data: Rc<OpenData>,
}

impl Drafts {
    pub(super) fn new(data: &Rc<OpenData>) -> Self {
        Self { data: data.clone() }
    }

    /// Keeps a draft and replaces an earlier one of this name; `None` removes it. Durable when this returns.
    ///
    /// # Errors
    /// If the data is locked, or the device refuses to store it.
    pub async fn keep(&self, name: &str, draft: Option<&str>) -> Result<(), ClientError> {
        let (vault, kind) = (&self.data.environment.vault, Private::Draft);
        self.data
            .with_newest_keys(async |unlocked| vault.put_private(unlocked, kind, name, draft).await)
            .await
    }

    /// All drafts, as they were given.
    ///
    /// # Errors
    /// If the data is locked, or cannot be read.
    pub async fn all(&self) -> Result<Vec<String>, ClientError> {
        let unlocked = self.data.unlocked()?;
        let vault = &self.data.environment.vault;
        Ok(vault.all_private(&unlocked, Private::Draft).await?)
    }
}
