//! The embedded database: SQLite in WAL mode with one writer connection and a few readers.
//!
//! SQLite admits one writer at a time. Taking turns at a mutex here, rather than at the file's lock, keeps writers
//! in order and never lets one fail with "database is locked". Readers see the last committed state and wait for
//! nobody. A commit returns only after it is on the disk (`synchronous = FULL`): what was answered survives a power cut.

mod error;
pub mod file;
mod history;
mod identity;
mod migrate;
mod rows;
mod storage;
mod transaction;
mod value;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use super::deadline;
use super::port::StorageError;
use error::DatabaseError;
pub(crate) use migrate::migrate;
pub(crate) use transaction::SqliteTransaction;

const READERS: usize = 3;

/// Prepared statements kept per connection: as many as there are.
const STATEMENTS: usize = 96;

/// Pages of the database kept in memory, per connection, in KiB. What a large batch changes has to fit in, or SQLite
/// writes pages out, and reads them back, several times in one transaction; its own default is 2,000.
const CACHE_KIB: i64 = 32_000;

/// Steps of SQLite's machine between two looks at the clock: some tens of microseconds.
const STEPS: i32 = 1_000;

/// How long a statement waits for another process (a backup, an import) to release the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// An open database whose schema is current.
pub struct SqliteDatabase {
    writer: Mutex<Connection>,
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
}

impl fmt::Debug for SqliteDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteDatabase")
            .field("readers", &self.readers.len())
            .finish_non_exhaustive()
    }
}

impl SqliteDatabase {
    /// Opens the file, creating it if it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if it cannot be opened, or is of a newer version.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        let opened =
            |connection: Result<Connection, DatabaseError>| connection.map_err(|source| source.opening(path));
        let mut writer = opened(open_writer(path))?;
        migrate(&mut writer)?;
        let readers = (0..READERS)
            .map(|_| opened(open_reader(path)).map(Mutex::new))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            writer: Mutex::new(writer),
            readers,
            next_reader: AtomicUsize::new(0),
        })
    }

    /// Opens a file that must be there.
    ///
    /// # Errors
    /// As [`Self::open`], and if it is not there.
    pub fn open_existing(path: &Path) -> Result<Self, StorageError> {
        if !path.is_file() {
            return Err(DatabaseError::Missing(path.to_owned()).into());
        }
        Self::open(path)
    }

    /// Runs `work` in one write transaction: committed if it returns `Ok`, rolled back if it returns `Err` or panics.
    fn transact<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = lock(&self.writer);
        deadline::check()?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StorageError::from)?;
        let value = work(&transaction)?;
        transaction.commit().map_err(StorageError::from)?;
        Ok(value)
    }

    /// Runs `work` on one consistent snapshot of the last committed state. Interrupted once its [`deadline`] is over.
    fn snapshot<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.free_reader();
        deadline::check()?;
        let snapshot = connection.transaction().map_err(StorageError::from)?;
        work(&snapshot)
    }

    fn free_reader(&self) -> MutexGuard<'_, Connection> {
        let free = self.readers.iter().find_map(|reader| reader.try_lock().ok());
        free.unwrap_or_else(|| {
            let turn = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
            lock(&self.readers[turn])
        })
    }
}

/// A panic inside a transaction rolls it back while unwinding, so the connection behind a poisoned lock is sound.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_writer(path: &Path) -> Result<Connection, DatabaseError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What a savepoint would put back: else a temporary file, written for every operation of a batch.
    connection.pragma_update(None, "temp_store", "memory")?;
    made_for_many_statements(connection)
}

fn open_reader(path: &Path) -> Result<Connection, DatabaseError> {
    let mut connection = Connection::open(path)?;
    connection.progress_handler(STEPS, Some(deadline::has_passed))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    made_for_many_statements(connection)
}

fn made_for_many_statements(connection: Connection) -> Result<Connection, DatabaseError> {
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // One plan for each statement, or SQLite makes a new one for each value that a bound is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
