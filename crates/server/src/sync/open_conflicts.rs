//! The index of open conflicts: at most one for each record, author and reason.

use holdfast_core::system;
use serde_json::{Value, json};

use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};

/// Names the index.
const OPEN: &str = "open";

/// Why a conflict was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Others changed the record meanwhile.
    Changed,
    /// The record was deleted meanwhile.
    Deleted,
}

impl Reason {
    const ALL: [Self; 2] = [Self::Changed, Self::Deleted];

    /// As it stands in a conflict.
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Deleted => "deleted",
        }
    }
}

/// The author's open conflict about a record (entity and id) for one reason.
///
/// # Errors
/// If the storage fails.
pub(super) fn find(
    tx: &dyn Transaction,
    (entity, id): (&str, &str),
    author: &str,
    reason: Reason,
) -> Result<Option<String>> {
    let key = key(entity, id, author, reason.name());
    tx.key_holder(system::CONFLICT, OPEN, &key, None)
}

/// The author's open conflicts about a record (entity and id), for any reason.
///
/// # Errors
/// If the storage fails.
pub(super) fn find_all(tx: &dyn Transaction, record: (&str, &str), author: &str) -> Result<Vec<String>> {
    let found = Reason::ALL.map(|reason| find(tx, record, author, reason));
    let found: Vec<_> = found.into_iter().collect::<Result<_>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// Enters a conflict that is open, or open again.
///
/// # Errors
/// If the storage fails.
pub(super) fn put(tx: &mut dyn Transaction, conflict: &StoredRecord) -> Result<()> {
    tx.put_key(system::CONFLICT, OPEN, &key_of(conflict), &conflict.id)
}

/// Removes a conflict that is no longer open.
///
/// # Errors
/// If the storage fails.
pub(super) fn remove(tx: &mut dyn Transaction, conflict: &StoredRecord) -> Result<()> {
    tx.drop_key(system::CONFLICT, OPEN, &key_of(conflict), &conflict.id)
}

fn key_of(conflict: &StoredRecord) -> String {
    let text = |name: &str| {
        conflict
            .fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    key(
        text("recordType"),
        text("recordId"),
        text("userId"),
        text("reason"),
    )
}

fn key(entity: &str, id: &str, author: &str, reason: &str) -> String {
    json!([entity, id, author, reason]).to_string()
}
