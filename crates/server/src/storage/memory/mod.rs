//! The storage port in memory: for tests and for the simulator. A transaction holds the only lock, so transactions run one
//! after the other.
//!
//! Each table keeps the former values of what a transaction changed, so that a savepoint or the whole transaction can
//! be taken back. Faults can be asked for, to see that what failed leaves nothing behind.

mod identity;
mod identity_tables;
mod table;
mod tables;
mod transaction;

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::deadline;
use super::port::{self, Organisation, Storage, StorageError, Transaction};
use table::Undo;
use tables::{TABLES, Tables};
use transaction::MemoryTransaction;

/// A database in memory, of the only organisation there is.
#[derive(Debug, Default)]
pub struct MemoryStorage(Mutex<Tables>);

impl MemoryStorage {
    /// A copy of the committed state: a backup.
    #[must_use]
    pub fn backup(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }

    /// Lets the write after the next `writes` ones fail, once.
    pub fn fail_after(&self, writes: u64) {
        self.lock().fault_after = Some(writes);
    }

    /// A transaction that panicked or failed is taken back here, by the next to come.
    fn lock(&self) -> MutexGuard<'_, Tables> {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tables.rewind([0; TABLES]);
        tables
    }
}

impl Storage for MemoryStorage {
    fn write<T, E: From<StorageError>>(
        &self,
        _: Organisation,
        work: impl FnOnce(&mut dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tables = self.lock();
        deadline::check()?;
        let value = work(&mut MemoryTransaction::new(&mut tables))?;
        tables.all().for_each(Undo::settle);
        Ok(value)
    }

    fn read<T, E: From<StorageError>>(
        &self,
        _: Organisation,
        work: impl FnOnce(&dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tables = self.lock();
        deadline::check()?;
        work(&MemoryTransaction::new(&mut tables))
    }

    fn probe(&self) -> port::Result<()> {
        deadline::check()
    }
}
