//! What the storage port gives and takes.

use std::collections::BTreeMap;

use holdfast_core::{Fields, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A record at its current version, with its values ready to be worked with. [`super::text`] has it as it is stored.
pub type StoredRecord = Stored<Fields>;

/// A record at its current version. A deleted record stays as its tombstone, with its last values.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<F> {
    pub entity: String,
    pub id: String,
    /// The record's own fields and its id under the entity's id field; never a `null`.
    pub fields: F,
    /// 1 for the first; one more with every change.
    pub version: u64,
    /// The position in the change log at which this version was written.
    pub sequence: u64,
    pub updated_at: Timestamp,
    /// The user id of whoever wrote this version.
    pub updated_by: String,
    /// The id under which a device created it, if one did.
    pub local_id: Option<String>,
    pub deleted: bool,
    /// That device.
    pub maker: Option<String>,
}

impl<F> Stored<F> {
    /// The same version with its fields in another form.
    pub fn with<G>(&self, fields: G) -> Stored<G> {
        Stored {
            entity: self.entity.clone(),
            id: self.id.clone(),
            fields,
            version: self.version,
            sequence: self.sequence,
            updated_at: self.updated_at,
            updated_by: self.updated_by.clone(),
            local_id: self.local_id.clone(),
            deleted: self.deleted,
            maker: self.maker.clone(),
        }
    }
}

/// What a version did to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    Create,
    Update,
    Delete,
    /// A deleted record came back.
    Recreate,
}

/// One version of a record: who changed what from what to what.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    pub entity: String,
    pub id: String,
    pub version: u64,
    pub sequence: u64,
    pub at: Timestamp,
    pub user_id: String,
    pub user_name: String,
    /// The roles the author had then: strategies may depend on them.
    pub roles: Vec<String>,
    pub device_id: String,
    pub act: Act,
    /// By name of the changed field.
    pub changes: BTreeMap<String, ValueChange>,
}

/// A field before and after; `null` stands for absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueChange {
    pub from: Value,
    pub to: Value,
}

/// What a record is to a device, by what it is known to have heard. See [`crate::sync::dialogue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    Held,
    /// It is to be dropped by the answer to a write, which may not have arrived.
    Doubted,
    /// Not there yet: another record brings it along when the walk under way gets to it.
    Expected,
}

/// An audit entry as stored: what it can be found by, and the entry itself. Never changed once it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    pub id: String,
    /// Given by the storage; later entries have larger numbers.
    pub number: u64,
    pub at: Timestamp,
    pub entity: String,
    pub record_id: String,
    pub user_id: String,
    /// As JSON, to the byte as it was written: the chain's hash is over this text.
    pub entry: String,
    /// Ties this entry to all before it; see [`crate::sync::audit::chain`].
    pub hash: String,
}

/// Which audit entries to list; a part that is `None` restricts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub entity: Option<String>,
    pub record_id: Option<String>,
    pub user_id: Option<String>,
    /// Only entries older than the one with this number.
    pub before: Option<u64>,
    pub limit: usize,
}

/// How much of a record's history is read at once. The first version is read in any case, however large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryBound {
    pub versions: usize,
    /// Of what changed, as it is stored.
    pub bytes: usize,
}

impl HistoryBound {
    /// All there is: for tools that check what is stored, never for a request.
    pub const NONE: Self = Self {
        versions: usize::MAX,
        bytes: usize::MAX,
    };
}

/// Which of a record's versions to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryRange {
    /// Versions after this one,
    pub after: u64,
    /// written after this position of the change log,
    pub since: u64,
    /// and before this version.
    pub before: u64,
}

impl HistoryRange {
    pub const ALL: Self = Self {
        after: 0,
        since: 0,
        before: u64::MAX,
    };
}

/// The newest versions of a range, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct NewestVersions {
    pub entries: Vec<HistoryEntry>,
    /// Whether these are all of the range.
    pub complete: bool,
}
