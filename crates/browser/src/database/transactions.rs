//! The three kinds of transaction, each from its beginning to its end.
//!
//! What the browser closes in the wrong moment may never say how it ended: neither its requests nor the transaction.
//! So each step here is given up a moment after the browser closed the connections.

use std::pin::pin;

use futures::future::{Either, select};
use holdfast_core::ports::Clock;
use rexie::{Transaction, TransactionMode};

use super::{CLOSING_MS, Connections, Database, DatabaseError, State, strict::StrictTransaction};
use crate::clock::PlatformClock;

impl Database {
    /// Reads; once more if the browser closed the connections meanwhile.
    pub async fn read<T>(
        &self,
        stores: &[&str],
        work: impl AsyncFn(&Transaction) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let read = async || {
            let transaction = self.relaxed(stores, TransactionMode::ReadOnly).await?;
            self.until_closed(work(&transaction)).await
        };
        match read().await {
            Err(DatabaseError::Closed(_)) => read().await,
            result => result,
        }
    }

    /// Writes what may be lost with the power. Whoever ends with an error must have asked for no change before.
    pub async fn write_relaxed<T, E: From<DatabaseError>>(
        &self,
        stores: &[&str],
        work: impl AsyncFnOnce(&Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self.relaxed(stores, TransactionMode::ReadWrite).await?;
        self.until_closed(async {
            let done = work(&transaction).await?;
            let result = transaction.done().await.map_err(DatabaseError::from)?;
            if result.is_committed() {
                Ok(done)
            } else {
                Err(DatabaseError::Closed("AbortError: the transaction was aborted".into()).into())
            }
        })
        .await
    }

    /// Writes, all of it or nothing, and is on the disk when it completes. Work that ends with an error is taken back.
    ///
    /// # Errors
    /// Those of the work. After [`DatabaseError::Closed`] it may have been done all the same: the browser closed the
    /// connections, and nobody said what became of it.
    pub async fn write<T, E: From<DatabaseError>>(
        &self,
        stores: &[&str],
        work: impl AsyncFnOnce(&StrictTransaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = |connections: &Connections| connections.strict.begin(stores);
        let transaction = self.with_connections(begin).await?;
        self.until_closed(async {
            match work(&transaction).await {
                Ok(done) => {
                    transaction.complete().await?;
                    Ok(done)
                }
                Err(error) => {
                    transaction.abort().await;
                    Err(error)
                }
            }
        })
        .await
    }

    async fn relaxed(&self, stores: &[&str], mode: TransactionMode) -> Result<Transaction, DatabaseError> {
        let begin = |connections: &Connections| match &connections.reads {
            Some(reads) => Ok(reads.transaction(stores, mode)?),
            None => Err(DatabaseError::Closed("the storage is closed".into())),
        };
        self.with_connections(begin).await
    }

    /// Opens, if need be; a connection that turns out to be closed is opened again, once.
    async fn with_connections<T>(
        &self,
        begin: impl Fn(&Connections) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        for attempt in 0..2 {
            self.until_closed(self.open()).await?;
            let begun = match &*self.state.borrow() {
                State::Open(connections) => begin(connections),
                State::Closed => Err(DatabaseError::Closed("the storage was closed meanwhile".into())),
                State::Deleted => return Err(DatabaseError::Deleted),
            };
            match begun {
                Err(DatabaseError::Closed(_)) if attempt == 0 => self.close(),
                begun => return begun,
            }
        }
        Err(DatabaseError::Closed(
            "the browser keeps closing the storage".into(),
        ))
    }

    /// Does the work, or gives it up a moment after the browser closed the connections.
    async fn until_closed<T, E: From<DatabaseError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let closed = async {
            // Resolves by being cancelled.
            let _ = self.closings.next().await;
            PlatformClock.sleep(CLOSING_MS).await;
        };
        match select(pin!(work), pin!(closed)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(DatabaseError::Closed("the browser closed the storage".into()).into()),
        }
    }
}
