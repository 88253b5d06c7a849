//! The storage port: what the rules of sync and identity ask of a database.

mod identity;
mod organisation;

use std::collections::BTreeMap;

use holdfast_core::Timestamp;

use super::model::{
    AuditFilter, AuditRow, HistoryBound, HistoryEntry, HistoryRange, Membership, NewestVersions, StoredRecord,
};
use super::text::StoredText;

pub use super::error::{Cause, Result, StorageError};
pub use identity::{IdentityReader, IdentityWriter};
pub use organisation::Organisation;

/// A transactional database for records, identity and the audit.
///
/// A transaction belongs to one [`Organisation`]: each call made through it reads and writes what is that organisation's
/// alone.
///
/// Every implementation guarantees the following, also for several threads and processes on one database. The conformance
/// suite checks it.
///
/// - **Isolation.** Write transactions of one organisation run one after the other. Each sees all that was committed before it began, and
///   nothing of another one that is under way.
/// - **Order.** A write transaction appends to the change log: its versions take the positions that follow
///   [`Transaction::last_sequence`], one each. Positions become visible in their order. So every position from 1 to the
///   last one is that of exactly one version, and none appears late: a reader that saw the log end at position n never
///   sees a version at n or before that it could not see then. Where a record has a newer version, its earlier positions
///   hold nothing in [`Transaction::changes_after`]. Times of positions rise with the positions.
/// - **Visibility.** A read sees the state between two commits, and the same one until it ends. It never waits for a
///   writer to end its work. Once [`Storage::write`] has returned `Ok`, each read that begins sees what was written.
/// - **Durability.** [`Storage::write`] returns `Ok` after the commit is on stable storage: it is there after a crash of
///   the process or of the machine. After `Err` or a panic of the work, nothing of the transaction is there. (Memory, of
///   course, keeps nothing beyond the process, and lets its readers wait.)
/// - **Deadline.** No transaction begins after the [deadline](super::deadline) of its thread.
pub trait Storage {
    /// Runs `work` in a write transaction of the organisation: committed durably if it returns `Ok`, rolled back otherwise.
    ///
    /// # Errors
    /// Those of `work`; [`StorageError`] if the transaction cannot begin or be committed.
    fn write<T, E: From<StorageError>>(
        &self,
        organisation: Organisation,
        work: impl FnOnce(&mut dyn Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E>;

    /// Runs `work` on a snapshot of the organisation. It is lent for reading only: what writes needs `&mut`.
    ///
    /// ```compile_fail,E0596
    /// # use holdfast_server::storage::port::{Result, Transaction};
    /// fn work(snapshot: &dyn Transaction) -> Result<()> {
    ///     snapshot.identity_mut().map(drop)
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of `work`; [`StorageError`] if the snapshot cannot be taken.
    fn read<T, E: From<StorageError>>(
        &self,
        organisation: Organisation,
        work: impl FnOnce(&dyn Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E>;

    /// Reads the least there is to read.
    ///
    /// # Errors
    /// If the database cannot serve.
    fn probe(&self) -> Result<()>;
}

/// One transaction's view of its organisation. What is put through it is seen by its later reads.
pub trait Transaction {
    /// Opens a nested unit of work, to be closed by [`Self::release`] or [`Self::rollback`].
    fn savepoint(&mut self) -> Result<()>;
    /// Keeps what was done since the last open savepoint.
    fn release(&mut self) -> Result<()>;
    /// Undoes what was done since the last open savepoint, and closes it.
    fn rollback(&mut self) -> Result<()>;

    /// A named value of the organisation as a whole: the epoch, counters.
    fn meta(&self, name: &str) -> Result<Option<String>>;
    fn put_meta(&mut self, name: &str, value: &str) -> Result<()>;

    /// The position of the last change; 0 if there is none.
    fn last_sequence(&self) -> Result<u64>;
    fn record(&self, entity: &str, id: &str) -> Result<Option<StoredRecord>>;
    /// As [`Self::record`], with its values as they are stored.
    fn record_text(&self, entity: &str, id: &str) -> Result<Option<StoredText>>;
    /// Stores a version: the record as it is now, and how it came about. Its sequence must be the next one.
    fn put_version(&mut self, record: &StoredRecord, entry: &HistoryEntry) -> Result<()>;
    /// Records and tombstones of an entity in the order of their ids, from the one after `after`.
    fn records_after(&self, entity: &str, after: Option<&str>, limit: usize) -> Result<Vec<StoredText>>;
    /// Records and tombstones whose current version was written after a position, in the order of writing.
    fn changes_after(&self, sequence: u64, limit: usize) -> Result<Vec<StoredText>>;
    /// The time of a position: see [`crate::storage::log_time`]. `None` before the first change.
    fn log_time(&self, sequence: u64) -> Result<Option<Timestamp>>;
    /// The last position whose time is not after `time`; 0 if there is none.
    fn position_at(&self, time: Timestamp) -> Result<u64>;
    /// The versions of a record after `version`, oldest first, within a bound. The first comes whatever its size.
    fn history_page(
        &self,
        entity: &str,
        id: &str,
        version: u64,
        bound: HistoryBound,
    ) -> Result<Vec<HistoryEntry>>;
    /// The newest versions of a range, within a bound. It reads no more than it answers.
    fn newest_versions(
        &self,
        entity: &str,
        id: &str,
        range: HistoryRange,
        bound: HistoryBound,
    ) -> Result<NewestVersions>;

    /// Who holds a unique value, besides one record. `name` tells several kinds of values of one entity apart. Of several
    /// holders (records that were there before the value had to be unique) the first by id.
    fn key_holder(
        &self,
        entity: &str,
        name: &str,
        value: &str,
        besides: Option<&str>,
    ) -> Result<Option<String>>;
    /// The first `limit` holders of a value, by id.
    fn key_holders(&self, entity: &str, name: &str, value: &str, limit: usize) -> Result<Vec<String>>;
    fn put_key(&mut self, entity: &str, name: &str, value: &str, id: &str) -> Result<()>;
    fn drop_key(&mut self, entity: &str, name: &str, value: &str, id: &str) -> Result<()>;
    /// Drops all keys of one kind.
    fn clear_keys(&mut self, entity: &str, name: &str) -> Result<()>;

    /// The server's id for one that this device made.
    fn alias(&self, device: &str, entity: &str, local_id: &str) -> Result<Option<String>>;
    fn put_alias(&mut self, device: &str, entity: &str, local_id: &str, id: &str) -> Result<()>;

    /// The first answer to a device's write, as JSON.
    fn answer(&self, device: &str, key: &str) -> Result<Option<String>>;
    fn put_answer(&mut self, device: &str, key: &str, answer: &str) -> Result<()>;

    fn membership(&self, device: &str, entity: &str, id: &str) -> Result<Option<Membership>>;
    fn put_membership(&mut self, device: &str, entity: &str, id: &str, membership: Membership) -> Result<()>;
    fn drop_membership(&mut self, device: &str, entity: &str, id: &str) -> Result<()>;
    fn clear_memberships(&mut self, device: &str, entity: &str) -> Result<()>;
    /// The living records that a device holds, in the order of their ids.
    fn held(&self, device: &str, entity: &str) -> Result<Vec<StoredRecord>>;
    /// What was said to a device and not confirmed yet, as JSON, by the name of the entity set.
    fn dialogues(&self, device: &str) -> Result<BTreeMap<String, String>>;
    fn put_dialogue(&mut self, device: &str, entity_set: &str, dialogue: &str) -> Result<()>;
    fn drop_dialogue(&mut self, device: &str, entity_set: &str) -> Result<()>;

    /// Adds an entry; its `number` is given by the storage.
    fn put_audit(&mut self, row: &AuditRow) -> Result<()>;
    fn audit(&self, id: &str) -> Result<Option<AuditRow>>;
    /// Newest first.
    fn audits(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>>;

    /// Accounts, devices and sessions, in this same transaction.
    fn identity(&self) -> &dyn IdentityReader;
    /// As [`Self::identity`], for saving, too.
    ///
    /// # Errors
    /// [`StorageError::NeedsWriter`] if this is a [draft](super::draft) over a snapshot.
    fn identity_mut(&mut self) -> Result<&mut dyn IdentityWriter>;
}

/// Runs `work` in a savepoint: what it did is undone if it fails, and only that.
pub fn in_savepoint<T>(
    tx: &mut dyn Transaction,
    work: impl FnOnce(&mut dyn Transaction) -> Result<T>,
) -> Result<T> {
    tx.savepoint()?;
    match work(tx) {
        Ok(value) => tx.release().map(|()| value),
        Err(error) => {
            tx.rollback()?;
            Err(error)
        }
    }
}
