//! Work that blocks: the database's, in turns and with an end; and passwords'.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::ApiError;
use super::quotas::ApiLimits;
use super::turns::{Busy, Queue, Turn};
use crate::storage::deadline::{self, Deadline};

/// Requests that hold one of the database's readers or are about to: one is ready for each that ends.
const READERS_AT_ONCE: usize = 8;

/// Requests that hold the database's writer or are about to: one is ready when the other ends.
const WRITERS_AT_ONCE: usize = 2;

/// The turns of all requests at the database.
#[derive(Debug, Clone)]
pub(super) struct DatabaseWork {
    readers: Queue,
    writers: Queue,
    time: Duration,
}

impl DatabaseWork {
    pub fn new(limits: &ApiLimits) -> Self {
        Self {
            readers: Queue::new(READERS_AT_ONCE, limits.queue),
            writers: Queue::new(WRITERS_AT_ONCE, limits.queue),
            time: limits.read_time,
        }
    }

    /// Runs work on a reader in its turn. It is given up when its time is over or the client has hung up.
    pub async fn reading<T, E>(
        &self,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + Send + 'static,
    {
        let turn = self.readers.enter().await.map_err(|Busy| ApiError::Busy)?;
        self.in_time(turn, work).await
    }

    /// Runs work on the writer in its turn. It does not begin once its time is over or the client has hung up.
    pub async fn writing<T, E>(
        &self,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + Send + 'static,
    {
        let turn = self.writers.enter().await.map_err(|Busy| ApiError::Busy)?;
        self.in_time(turn, work).await
    }

    async fn in_time<T, E>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + Send + 'static,
    {
        let deadline = Deadline {
            at: Instant::now() + self.time,
            abandoned: Arc::default(),
        };
        let _waiting = Waiting(Arc::clone(&deadline.abandoned));
        blocking(move || {
            // Held by the work itself, which may go on for a while after nobody waits for it.
            let _turn = turn;
            deadline::within(deadline, work)
        })
        .await
    }
}

/// Somebody waits for the work, until this is dropped.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs blocking work off the async threads.
pub(super) async fn blocking<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    E: Into<ApiError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(panicked) => Err(ApiError::internal(panicked)),
    }
}
