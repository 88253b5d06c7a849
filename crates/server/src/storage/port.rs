//! The storage port: what the sync logic asks of a database.

use std::collections::BTreeMap;

use holdfast_core::Timestamp;

use super::model::{
    AuditFilter, AuditRow, HistoryBound, HistoryEntry, HistoryRange, Membership, NewestVersions, StoredRecord,
};
use super::sqlite::DatabaseError;
use super::text::StoredText;

/// What can fail in a storage. Nothing of the transaction is kept.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the store is inconsistent: {0}. Restore it from a backup")]
    Inconsistent(String),
    /// A version would hold what its pack does not declare.
    #[error("{entity} has no field \"{field}\"")]
    Undeclared { entity: String, field: String },
    /// Another process's packs decide how the unique values of this entity are compared.
    #[error(
        "this database was opened with packs that compare the unique values of \"{entity}\" in another way. Use the server's \
         packs (--domains), or restart the server with these packs first"
    )]
    OtherPacks { entity: String },
    /// Work on a snapshot came to a write that only a write transaction can make.
    #[error("this work needs a write transaction")]
    NeedsWriter,
    /// A fault that a test or a simulation asked for.
    #[error("injected fault")]
    Injected,
}

pub type Result<T> = std::result::Result<T, StorageError>;

/// A database that runs one write transaction at a time, so that the change log has no gaps and no late arrivals: a
/// position that a reader has seen the end of never gains an entry before it.
pub trait Storage {
    /// Runs `work` in a write transaction: committed durably if it returns `Ok`, rolled back otherwise.
    fn write<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut dyn Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E>;

    /// Runs `work` on one consistent state.
    fn read<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&dyn Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E>;
}

/// One transaction's view. What is put through it is seen by its later reads.
pub trait Transaction {
    /// Opens a nested unit of work, to be closed by [`Self::release`] or [`Self::rollback`].
    fn savepoint(&mut self) -> Result<()>;
    /// Keeps what was done since the last open savepoint.
    fn release(&mut self) -> Result<()>;
    /// Undoes what was done since the last open savepoint, and closes it.
    fn rollback(&mut self) -> Result<()>;

    /// A named value of the database as a whole: the epoch, counters.
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
