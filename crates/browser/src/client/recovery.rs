//! What cannot be decrypted on this device any more, and taking unsent work off it.
//!
//! Pages of records are not part of this: the server has them, and they are fetched again without asking.

use std::rc::Rc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use holdfast_core::{
    engine::Trigger,
    queue::QueuedWrite,
    store::{Quarantined, StoreError},
};
use serde_json::json;

use super::{error::ClientError, open_data::OpenData, sync_schedule::SyncSchedule};
use crate::{seal::passphrase, store::SealedRemains};

/// What is left of damaged data, and the export of the queue.
#[derive(Debug)]
pub struct Recovery {
    data: Rc<OpenData>,
    sync: Rc<SyncSchedule>,
}

impl Recovery {
    pub(super) fn new(data: &Rc<OpenData>, sync: &Rc<SyncSchedule>) -> Self {
        Self {
            data: data.clone(),
            sync: sync.clone(),
        }
    }

    /// How many pieces of what was recorded here cannot be decrypted: commits, the base, rows of an earlier version of the
    /// app. Each may hold queued writes.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub async fn unreadable(&self) -> Result<usize, StoreError> {
        Ok(self.set_aside().len() + self.data.store().left_behind().await?)
    }

    /// Discards them for good. The queue that can be decrypted stays; everything that the server has is fetched again.
    ///
    /// # Errors
    /// If the data is locked, or the storage refuses.
    pub async fn discard_unreadable(&self) -> Result<(), ClientError> {
        let data = &self.data;
        let users = data.environment.vault.users().await?;
        let known = users.iter().find(|user| user.user_id == data.user_id);
        let device_id = known.ok_or(ClientError::NotOpen)?.device_id.clone();
        data.engine.salvage(&device_id, &data.user_id).await?;
        data.store().drop_left_behind().await?;
        self.sync.follow_change(Trigger::Launch);
        Ok(())
    }

    /// The whole queue, encrypted with a passphrase: what sign-out offers if something is unsent. What cannot be decrypted
    /// is added as it is stored. If the browser has removed what was stored, it is the queue in this context's memory.
    ///
    /// # Errors
    /// If the data is locked, or the storage cannot be read.
    pub async fn export(&self, passphrase: &str) -> Result<String, ClientError> {
        let data = &self.data;
        let remains = match !data.is_closed() && data.store().database().is_gone() {
            true => Vec::new(),
            false => data.store().remains(&self.set_aside()).await?,
        };
        let text = {
            let replica = data.replica();
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
            "exportedAt": self.data.now(),
            "userId": self.data.user_id,
            "writes": writes,
            "unreadable": unreadable,
        })
        .to_string()
    }

    fn set_aside(&self) -> Vec<Quarantined> {
        let replica = self.data.replica();
        let lost = |quarantined: &Quarantined| !matches!(quarantined, Quarantined::Page(_));
        replica.quarantined().filter(lost).collect()
    }
}
