//! Taking unsent work off the device.

use holdfast_core::queue::QueuedWrite;
use serde_json::json;

use super::{ClientError, session::Session};
use crate::seal::passphrase;

impl Session {
    /// The whole queue under a passphrase: what sign-out offers when something is unsent.
    pub async fn export(&self, passphrase: &str) -> Result<String, ClientError> {
        let text = {
            let replica = self.engine.replica();
            self.exported(&replica.open_writes().collect::<Vec<_>>())
        };
        Ok(passphrase::seal(passphrase, text.as_bytes()).await?)
    }

    /// The dead letters as plain JSON, for whoever has to type them in elsewhere.
    pub fn export_dead_letters(&self) -> String {
        let replica = self.engine.replica();
        self.exported(&replica.failed().collect::<Vec<_>>())
    }

    fn exported(&self, writes: &[&QueuedWrite]) -> String {
        json!({
            "format": "holdfast-export",
            "version": 1,
            "exportedAt": self.now(),
            "userId": self.user_id(),
            "writes": writes,
        })
        .to_string()
    }
}
