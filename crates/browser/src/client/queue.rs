//! Edits, and what becomes of queued writes. Each change asks for a round of sync.

use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture};
use holdfast_core::{
    Fields,
    engine::{TransactError, Trigger},
    plan::{Edit, EditError, Edited, QueueError},
    ports::{Ports, Rng},
    queue::QueuedWrite,
};

use super::{open_data::OpenData, sync_schedule::SyncSchedule};

/// One user's queued writes.
#[derive(Debug)]
pub struct Queue {
    data: Rc<OpenData>,
    sync: Rc<SyncSchedule>,
}

impl Queue {
    pub(super) fn new(data: &Rc<OpenData>, sync: &Rc<SyncSchedule>) -> Self {
        Self {
            data: data.clone(),
            sync: sync.clone(),
        }
    }

    /// An id for a new record: a random UUID.
    pub fn new_id(&self) -> String {
        self.data.engine.ports().rng().uuid()
    }

    /// Queues an edit: durable when this returns, visible at once, sent when it can be.
    ///
    /// # Errors
    /// If the pack does not allow the edit, or the device cannot store it.
    pub async fn edit(&self, edit: &Edit) -> Result<Edited, TransactError<EditError>> {
        let edited = self.data.engine.edit(edit).await?;
        self.sync_edit(&edited);
        Ok(edited)
    }

    /// As [`Self::edit`], at most once for each idempotency key.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub async fn edit_once(
        &self,
        edit: &Edit,
        idempotency_key: String,
    ) -> Result<Edited, TransactError<EditError>> {
        let edited = self.queue_once(edit, idempotency_key).await?;
        self.sync_edit(&edited);
        Ok(edited)
    }

    /// As [`Self::edit_once`], for a caller that asks for the round of sync itself. Boxed, so that the engine's code is
    /// compiled into this crate alone.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub fn queue_once<'a>(
        &'a self,
        edit: &'a Edit,
        idempotency_key: String,
    ) -> LocalBoxFuture<'a, Result<Edited, TransactError<EditError>>> {
        self.data.engine.edit_once(edit, idempotency_key).boxed_local()
    }

    fn sync_edit(&self, edited: &Edited) {
        if edited.queue_id.is_some() {
            self.sync.follow_change(match edited.critical {
                true => Trigger::CriticalWrite,
                false => Trigger::Write,
            });
        }
    }

    /// Tries a write again at once.
    ///
    /// # Errors
    /// If there is no such write, or the device cannot store the change.
    pub async fn retry(&self, queue_id: &str) -> Result<(), TransactError<QueueError>> {
        self.data.engine.retry(queue_id).await?;
        self.sync.follow_change(Trigger::Manual);
        Ok(())
    }

    /// Tries all dead letters again.
    ///
    /// # Errors
    /// If the device cannot store the change.
    pub async fn retry_all(&self) -> Result<(), TransactError<QueueError>> {
        self.data.engine.retry_all().await?;
        self.sync.follow_change(Trigger::Manual);
        Ok(())
    }

    /// Replaces values of a write and queues it again.
    ///
    /// # Errors
    /// If there is no such write, the values are not allowed, or the device cannot store the change.
    pub async fn correct(&self, queue_id: &str, fields: &Fields) -> Result<(), TransactError<QueueError>> {
        self.data.engine.correct(queue_id, fields).await?;
        self.sync.follow_change(Trigger::CriticalWrite);
        Ok(())
    }

    /// Removes a write, and those that depend on it, from the queue; returns what [`Self::put_back`] needs to undo it.
    ///
    /// # Errors
    /// If there is no such write, if it was sent and has no result yet, or if the device cannot store the change.
    pub async fn discard(&self, queue_id: &str) -> Result<Vec<QueuedWrite>, TransactError<QueueError>> {
        self.data.engine.discard(queue_id).await
    }

    /// Undoes a discard.
    ///
    /// # Errors
    /// If the device cannot store the change.
    pub async fn put_back(&self, writes: &[QueuedWrite]) -> Result<(), TransactError<QueueError>> {
        self.data.engine.put_back(writes).await?;
        self.sync.follow_change(Trigger::Write);
        Ok(())
    }
}
