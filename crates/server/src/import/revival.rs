//! Deleted records come back on purpose (`--revive`).

use holdfast_core::{Timestamp, stamps};

use super::drafts::Draft;
use super::place::{AUTHOR, Place, Put, note_missing, taken};
use super::positions;
use super::rows::BrokenRow;
use crate::randomness::SystemRng;
use crate::records::version::NewVersion;
use crate::storage::model::{Act, HistoryBound, HistoryEntry, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::sync::audit::AuditEntry;

/// How much history is read to find out who wrote a record. One with more was not written by imports alone.
const BOUND: HistoryBound = HistoryBound {
    versions: 1_000,
    bytes: 16 * 1024 * 1024,
};

/// Brings a deleted record back. Where only imports ever wrote its values, it gets those of the file: it was deleted because
/// they were wrong, as in a file that was read in the wrong encoding. Otherwise it has its last values: what people changed
/// is theirs.
pub(super) fn revive(
    tx: &mut dyn Transaction,
    (place, now): (Place<'_>, Timestamp),
    tombstone: &StoredRecord,
    (draft, position): (&Draft, usize),
    put: &mut Put,
) -> Result<()> {
    let Place { entity, by, .. } = place;
    let of_file = match &draft.fields {
        Some(fields) if is_of_imports_alone(tx, tombstone)? => Some(fields.clone()),
        _ => None,
    };
    let mut fields = of_file.clone().unwrap_or_else(|| tombstone.fields.clone());
    if of_file.is_some() {
        let key = &place.mapping.key.field;
        if let Some(value) = tombstone.fields.get(key) {
            fields.insert(key.clone(), value.clone());
        }
        stamps::receive_all(entity, &mut fields, now);
    }
    if let Some(reason) = taken(tx, entity, Some(tombstone), &fields)? {
        let reason = format!(
            "is {}, which is deleted and cannot come back: {reason}",
            tombstone.id
        );
        let line = draft.line;
        put.broken.push(BrokenRow { line, reason });
        return Ok(());
    }
    if of_file.is_some() {
        note_missing(tx, place, &fields, put)?;
        positions::note(tx, entity, place.mapping, draft, position)?;
    }
    NewVersion {
        entity,
        id: &tombstone.id,
        before: Some(tombstone),
        fields,
        act: Act::Recreate,
        local_id: None,
        author: AUTHOR,
        at: now,
    }
    .write(tx)?;
    AuditEntry::of_revival(&SystemRng, now, (&entity.name, &tombstone.id), by).write(tx)?;
    put.revived += 1;
    Ok(())
}

/// Whether imports wrote all values that the record ever had. Deleting it changed none.
fn is_of_imports_alone(tx: &dyn Transaction, record: &StoredRecord) -> Result<bool> {
    let entries = tx.history_page(&record.entity, &record.id, 0, BOUND)?;
    let all_read = entries.len() as u64 == record.version;
    let is_import = |entry: &HistoryEntry| {
        let deletion = entry.act == Act::Delete && entry.changes.is_empty();
        deletion || (entry.user_id == AUTHOR.user_id && entry.user_name == AUTHOR.name)
    };
    Ok(all_read && entries.iter().all(is_import))
}
