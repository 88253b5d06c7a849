//! What a person changes, and what becomes of their queue: each change asks for a round of sync.

use std::rc::Rc;

use futures::future::{FutureExt, LocalBoxFuture};
use holdfast_core::{
    Fields,
    engine::{TransactError, Trigger},
    plan::{Edit, EditError, Edited, QueueError},
    queue::QueuedWrite,
};

use super::Session;

impl Session {
    /// Queues an edit: durable when this returns, visible at once, sent when it can be.
    pub async fn edit(self: &Rc<Self>, edit: &Edit) -> Result<Edited, TransactError<EditError>> {
        let edited = self.engine.edit(edit).await?;
        self.sync_edit(&edited);
        Ok(edited)
    }

    /// As [`Self::edit`], at most once for each key.
    pub async fn edit_once(
        self: &Rc<Self>,
        edit: &Edit,
        key: String,
    ) -> Result<Edited, TransactError<EditError>> {
        let edited = self.engine.edit_once(edit, key).await?;
        self.sync_edit(&edited);
        Ok(edited)
    }

    /// As [`Self::edit_once`], for a caller that asks for the round itself. Boxed, as [`Self::sync`] is.
    pub fn queue_once<'a>(
        &'a self,
        edit: &'a Edit,
        key: String,
    ) -> LocalBoxFuture<'a, Result<Edited, TransactError<EditError>>> {
        self.engine.edit_once(edit, key).boxed_local()
    }

    /// Tries a write again at once.
    pub async fn retry(self: &Rc<Self>, queue_id: &str) -> Result<(), TransactError<QueueError>> {
        self.engine.retry(queue_id).await?;
        self.request_sync(Trigger::Manual);
        Ok(())
    }

    /// Tries all dead letters again.
    pub async fn retry_all(self: &Rc<Self>) -> Result<(), TransactError<QueueError>> {
        self.engine.retry_all().await?;
        self.request_sync(Trigger::Manual);
        Ok(())
    }

    /// Replaces values of a write and queues it again.
    pub async fn correct(
        self: &Rc<Self>,
        queue_id: &str,
        fields: &Fields,
    ) -> Result<(), TransactError<QueueError>> {
        self.engine.correct(queue_id, fields).await?;
        self.request_sync(Trigger::CriticalWrite);
        Ok(())
    }

    /// Takes a write, and what depends on it, out of the queue; the answer is what [`Self::put_back`] needs to undo it.
    pub async fn discard(&self, queue_id: &str) -> Result<Vec<QueuedWrite>, TransactError<QueueError>> {
        self.engine.discard(queue_id).await
    }

    /// Undoes a discard.
    pub async fn put_back(self: &Rc<Self>, writes: &[QueuedWrite]) -> Result<(), TransactError<QueueError>> {
        self.engine.put_back(writes).await?;
        self.request_sync(Trigger::Write);
        Ok(())
    }

    fn sync_edit(self: &Rc<Self>, edited: &Edited) {
        if edited.queue_id.is_some() {
            let trigger = if edited.critical {
                Trigger::CriticalWrite
            } else {
                Trigger::Write
            };
            self.request_sync(trigger);
        }
    }
}
