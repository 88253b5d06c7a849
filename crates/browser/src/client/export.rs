//! Taking unsent work off the device.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use holdfast_core::queue::QueuedWrite;
use serde_json::json;

use super::{ClientError, session::Session};
use crate::{seal::passphrase, store::SealedRemains};

impl Session {
    /// The whole queue under a passphrase: what sign-out offers when something is unsent. What does not open goes along
    /// as it lies there, sealed. Where the browser has removed what was stored, it is what this context remembers.
    pub async fn export(&self, passphrase: &str) -> Result<String, ClientError> {
        let remains = match self.is_removed() {
            true => Vec::new(),
            false => self.remains().await?,
        };
        let text = {
            let replica = self.engine.replica();
            self.exported(&replica.open_writes().collect::<Vec<_>>(), &remains)
        };
        Ok(passphrase::seal(passphrase, text.as_bytes()).await?)
    }

    fn exported(&self, writes: &[&QueuedWrite], remains: &[SealedRemains]) -> String {
        let unreadable: Vec<_> = remains
            .iter()
            .map(|remnant| json!({ "name": remnant.name, "sealed": STANDARD.encode(&remnant.sealed) }))
            .collect();
        json!({
            "format": "holdfast-export",
            "version": 1,
            "exportedAt": self.now(),
            "userId": self.user_id(),
            "writes": writes,
            "unreadable": unreadable,
        })
        .to_string()
    }
}
