//! Until when the work of this thread is worth doing.
//!
//! Whoever runs work for a request says so by [`within`]. A read whose time is over is then interrupted in the middle of
//! its statement, and neither a read nor a write begins that nobody waits for any more. A write that has begun is not
//! interrupted.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Steps of SQLite's machine between two looks at the clock: some tens of microseconds.
pub(super) const STEPS: i32 = 1_000;

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::storage::sqlite::{Database, DatabaseError};

    /// Counts for years.
    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    const SHORT: &str = "SELECT count(*) FROM users";

    fn deadline(after: Duration) -> Deadline {
        Deadline {
            at: Instant::now() + after,
            abandoned: Arc::default(),
        }
    }

    fn count(database: &Database, sql: &str) -> Result<i64, DatabaseError> {
        database.read(|tx| Ok(tx.query_row(sql, [], |row| row.get(0))?))
    }

    fn database() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("test.db")).unwrap();
        (folder, database)
    }

    #[test]
    fn a_read_is_interrupted_when_its_time_is_over_and_the_reader_goes_on_serving() {
        let (_folder, database) = database();
        // More often than there are readers.
        for _ in 0..5 {
            let interrupted = within(deadline(Duration::from_millis(20)), || count(&database, ENDLESS));
            assert!(interrupted.unwrap_err().is_out_of_time());
        }
        for _ in 0..5 {
            assert_eq!(count(&database, SHORT).unwrap(), 0);
        }
    }

    #[test]
    fn a_read_that_nobody_waits_for_any_more_is_interrupted() {
        let (_folder, database) = database();
        let end = deadline(Duration::from_secs(3600));
        let abandoned = Arc::clone(&end.abandoned);
        std::thread::scope(|scope| {
            let read = scope.spawn(|| within(end, || count(&database, ENDLESS)));
            abandoned.store(true, Ordering::Relaxed);
            assert!(read.join().unwrap().unwrap_err().is_out_of_time());
        });
    }

    #[test]
    fn nothing_begins_after_its_time_and_a_write_that_has_begun_ends() {
        let (_folder, database) = database();
        let none = || -> Result<(), DatabaseError> { panic!("nothing may begin") };
        let written = within(deadline(Duration::ZERO), || database.write(|_| none()));
        assert!(written.unwrap_err().is_out_of_time());
        let read = within(deadline(Duration::ZERO), || database.read(|_| none()));
        assert!(read.unwrap_err().is_out_of_time());

        let end = deadline(Duration::from_secs(3600));
        let abandoned = Arc::clone(&end.abandoned);
        let written = within(end, || {
            database.write(|tx| -> Result<i64, DatabaseError> {
                abandoned.store(true, Ordering::Relaxed);
                let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) SELECT max(i) FROM n";
                Ok(tx.query_row(sql, [], |row| row.get(0))?)
            })
        });
        assert_eq!(written.unwrap(), 10_000);
    }

    #[test]
    fn a_deadline_ends_with_its_work_also_after_a_panic() {
        let (_folder, database) = database();
        let panicked =
            std::panic::catch_unwind(|| within(deadline(Duration::ZERO), || panic!("in the middle")));
        assert!(panicked.is_err());
        assert_eq!(count(&database, SHORT).unwrap(), 0);
    }
}
