//! The storage port in memory: for tests and for the simulator. A transaction holds the only lock, so transactions run one
//! after the other.
//!
//! Each table keeps the former values of what a transaction changed, so that a savepoint or the whole transaction can
//! be taken back. Faults can be asked for, to see that what failed leaves nothing behind.

mod identity;
mod table;
mod transaction;

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::deadline;
use super::model::{AuditRow, HistoryEntry, Membership, StoredRecord};
use super::port::{self, Organisation, Storage, StorageError, Transaction};
use identity::IdentityTables;
use table::{Table, Undo};
use transaction::MemoryTransaction;

const TABLES: usize = RECORD_TABLES + identity::TABLES;
const RECORD_TABLES: usize = 11;

/// Entity and id.
type RecordId = (String, String);

#[derive(Debug, Clone, Default)]
struct Tables {
    meta: Table<String, String>,
    records: Table<RecordId, StoredRecord>,
    log: Table<u64, RecordId>,
    /// Runs of the log's times, by their first position; in microseconds.
    log_times: Table<u64, i64>,
    history: Table<(RecordId, u64), HistoryEntry>,
    /// By entity, kind, value and holder.
    keys: Table<((String, String, String), String), ()>,
    /// By device, entity and the id that the device made.
    aliases: Table<(String, String, String), String>,
    ledger: Table<(String, String), String>,
    /// By device, then record.
    memberships: Table<(String, RecordId), Membership>,
    /// By device, then entity set.
    dialogues: Table<(String, String), String>,
    audit: Table<u64, AuditRow>,
    /// What identity keeps: its part of the port saves through a shared reference.
    identity: RefCell<IdentityTables>,
    /// Writes, other than identity's, until one fails; none fails, if `None`.
    fault_after: Option<u64>,
}

impl Tables {
    fn all(&mut self) -> impl Iterator<Item = &mut dyn Undo> {
        let records: [&mut dyn Undo; RECORD_TABLES] = [
            &mut self.meta,
            &mut self.records,
            &mut self.log,
            &mut self.log_times,
            &mut self.history,
            &mut self.keys,
            &mut self.aliases,
            &mut self.ledger,
            &mut self.memberships,
            &mut self.dialogues,
            &mut self.audit,
        ];
        records.into_iter().chain(self.identity.get_mut().all())
    }

    fn mark(&mut self) -> [usize; TABLES] {
        let mut marks = [0; TABLES];
        for (mark, table) in marks.iter_mut().zip(self.all()) {
            *mark = table.mark();
        }
        marks
    }

    fn rewind(&mut self, marks: [usize; TABLES]) {
        self.all().zip(marks).for_each(|(table, mark)| table.rewind(mark));
    }
}

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
