//! What is on the device, and how far sync is.

use futures::future::{FutureExt, LocalBoxFuture};
use holdfast_core::{
    ports::{Ports, Rng},
    replica::Replica,
    status::Status,
    store::{Revision, StoreError},
};

use super::Session;
use crate::store::IndexedDbStore;

impl Session {
    /// Asks what is on the device. `ask` sees one state, and must change nothing.
    pub fn query<T>(&self, ask: impl FnOnce(&Replica) -> T) -> T {
        ask(&self.engine.replica())
    }

    /// How sync stands.
    pub fn status(&self) -> Status {
        self.engine.status()
    }

    /// Whether the server did not answer when it was last asked; it is probed from time to time.
    pub fn is_out_of_reach(&self) -> bool {
        self.engine.breaker().is_open()
    }

    /// Follows what other contexts committed. Boxed, as [`Self::sync`] is.
    pub fn catch_up(&self) -> LocalBoxFuture<'_, Result<(), StoreError>> {
        self.engine.catch_up().boxed_local()
    }

    /// Puts the state in the place of the commits that led to it, once there are `after` of them.
    pub async fn fold(&self, after: Revision) -> Result<(), StoreError> {
        self.engine.fold(after).await
    }

    /// An id for a new record: a random UUID.
    pub fn new_id(&self) -> String {
        self.engine.ports().rng().uuid()
    }

    /// Where the data lies: for who looks after the storage itself.
    pub fn store(&self) -> &IndexedDbStore {
        self.engine.ports().store()
    }
}
