//! What on this device does not open any more, and the way out: save what there is, let go of it, read everything anew.
//!
//! Pages of records are no part of this: the server has them, and they are fetched again by themselves.

use std::rc::Rc;

use holdfast_core::{
    engine::Trigger,
    ports::Ports,
    store::{Quarantined, StoreError},
};

use super::{ClientError, session::Session};
use crate::store::SealedRemains;

impl Session {
    /// How many pieces of what was recorded here do not open: commits, the base, rows of an earlier version of the app.
    /// Queued work may be in each of them.
    pub async fn unreadable(&self) -> Result<usize, StoreError> {
        let store = self.engine.ports().store();
        Ok(self.set_aside().len() + store.left_behind().await?)
    }

    /// Lets go of it for good. The queue that opens stays; everything the server has is read anew.
    pub async fn let_go_of_unreadable(self: &Rc<Self>) -> Result<(), ClientError> {
        let users = self.vault.users().await?;
        let known = users.iter().find(|user| user.user_id == self.user_id());
        let device_id = known.ok_or(ClientError::NotOpen)?.device_id.clone();
        self.engine.salvage(&device_id, self.user_id()).await?;
        self.engine.ports().store().drop_left_behind().await?;
        self.request_sync(Trigger::Launch);
        Ok(())
    }

    pub(super) async fn remains(&self) -> Result<Vec<SealedRemains>, StoreError> {
        let set_aside = self.set_aside();
        self.engine.ports().store().remains(&set_aside).await
    }

    fn set_aside(&self) -> Vec<Quarantined> {
        let replica = self.engine.replica();
        let lost = |quarantined: &Quarantined| !matches!(quarantined, Quarantined::Page(_));
        replica.quarantined().filter(lost).collect()
    }
}
