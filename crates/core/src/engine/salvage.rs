//! Letting go of what does not open, at a person's word.

use super::{Engine, Event, MAX_REPLANS};
use crate::{
    plan,
    ports::Ports,
    replica::Replica,
    store::{CommitError, DeviceRow, Store, StoreError},
};

impl<P: Ports> Engine<P> {
    /// Puts what opens in the place of everything that is stored. The queue stays as it is; records stay to be looked at
    /// until the next round has read them anew. `device_id`, `user_id`: whose device this is.
    pub async fn salvage(&self, device_id: &str, user_id: &str) -> Result<(), StoreError> {
        let _alone = self.committing.lock().await;
        self.make_whole().await?;
        let device = DeviceRow {
            device_id: device_id.to_owned(),
            user_id: user_id.to_owned(),
            created_at: self.now(),
        };
        for _ in 0..MAX_REPLANS {
            let (expected, planned) = {
                let replica = self.replica();
                if replica.quarantined().next().is_none() {
                    return Ok(());
                }
                (replica.revision(), plan::salvage(&replica, &device))
            };
            let Some(fold) = planned else {
                let reason = "a record is too large to be put elsewhere; sign out and in again";
                return Err(StoreError::Failed(reason.into()));
            };
            match self.ports.store().fold(expected, &fold).await {
                Ok(revision) => {
                    let fresh = Replica::load(self.ports.store()).await?;
                    *self.replica.borrow_mut() = fresh;
                    self.tell(Event::Committed(revision));
                    return Ok(());
                }
                Err(CommitError::Stale) => self.follow().await?,
                Err(CommitError::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::busy())
    }
}
