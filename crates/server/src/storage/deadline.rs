//! Until when the work of this thread is worth doing: a part of the storage port.
//!
//! Whoever runs work for a request says so by [`within`]. Every storage then begins neither a read nor a write after the
//! deadline, and answers [`StorageError::Cancelled`]. It may interrupt a read that has begun. It never interrupts a write
//! that has begun.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::port::{Result, StorageError};

/// The end of a request: its time is over, or nobody waits for its answer.
#[derive(Debug, Clone)]
pub struct Deadline {
    pub at: Instant,
    pub abandoned: Arc<AtomicBool>,
}

thread_local! {
    static CURRENT: RefCell<Option<Deadline>> = const { RefCell::new(None) };
}

/// Runs `work` on this thread with the deadline in force.
pub fn within<T>(deadline: Deadline, work: impl FnOnce() -> T) -> T {
    let _former = Former(CURRENT.replace(Some(deadline)));
    work()
}

/// Puts the earlier deadline back, also after a panic.
struct Former(Option<Deadline>);

impl Drop for Former {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Whether the work of this thread has become pointless. Never, where no deadline was set.
pub(super) fn has_passed() -> bool {
    CURRENT.with_borrow(|current| {
        current
            .as_ref()
            .is_some_and(|end| end.abandoned.load(Ordering::Relaxed) || Instant::now() >= end.at)
    })
}

/// Called by a storage before it begins a transaction.
///
/// # Errors
/// [`StorageError::Cancelled`] if the work of this thread has become pointless.
pub(super) fn check() -> Result<()> {
    match has_passed() {
        true => Err(StorageError::Cancelled),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_deadline_ends_with_its_work_also_after_a_panic() {
        let over = Deadline {
            at: Instant::now(),
            abandoned: Arc::default(),
        };
        assert!(within(over.clone(), has_passed));
        let panicked = std::panic::catch_unwind(|| within(over, || panic!("in the middle")));
        assert!(panicked.is_err());
        assert!(!has_passed());
    }

    #[test]
    fn work_that_nobody_waits_for_has_passed_its_deadline() {
        let end = Deadline {
            at: Instant::now() + Duration::from_secs(3600),
            abandoned: Arc::default(),
        };
        let abandoned = Arc::clone(&end.abandoned);
        within(end, || {
            assert!(!has_passed());
            abandoned.store(true, Ordering::Relaxed);
            assert!(has_passed());
        });
    }
}
