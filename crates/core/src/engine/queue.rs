//! What a person does with the queue.

use super::{Engine, TransactError};
use crate::{
    Fields,
    plan::{self, QueueError},
    ports::{Ports, Rng},
    queue::QueuedWrite,
};

impl<P: Ports> Engine<P> {
    /// Tries a write again at once.
    pub async fn retry(&self, queue_id: &str) -> Result<(), TransactError<QueueError>> {
        let key = self.ports.rng().uuid();
        self.transact(|replica, _| plan::retry(replica, queue_id, key.clone()).map(|changes| (changes, ())))
            .await
    }

    /// Tries all dead letters again.
    pub async fn retry_all(&self) -> Result<(), TransactError<QueueError>> {
        let failed: Vec<String> = self.replica().failed().map(|write| write.id.clone()).collect();
        for queue_id in failed {
            match self.retry(&queue_id).await {
                Ok(()) | Err(TransactError::Plan(QueueError::Gone)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Replaces values of a write and queues it anew.
    pub async fn correct(&self, queue_id: &str, fields: &Fields) -> Result<(), TransactError<QueueError>> {
        let key = self.ports.rng().uuid();
        self.transact(|replica, _| {
            plan::correct(replica, queue_id, fields, key.clone()).map(|changes| (changes, ()))
        })
        .await
    }

    /// Takes a write, and what depends on it, out of the queue; the answer is what [`Self::put_back`] needs to undo it.
    pub async fn discard(&self, queue_id: &str) -> Result<Vec<QueuedWrite>, TransactError<QueueError>> {
        self.transact(|replica, _| plan::discard(replica, queue_id)).await
    }

    /// Undoes a discard: the writes are in the queue again where they were.
    pub async fn put_back(&self, writes: &[QueuedWrite]) -> Result<(), TransactError<QueueError>> {
        self.transact(|replica, _| Ok((plan::put_back(replica, writes), ())))
            .await
    }
}
