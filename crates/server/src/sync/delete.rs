//! A record's end.

use holdfast_core::{
    pack::Entity,
    protocol::{OperationResult, WireOperation},
};

use super::{Context, conflicts, outcome};
use crate::records::{past, version::NewVersion};
use crate::storage::model::{Act, NewestVersions, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// Deletes the record, unless somebody else changed it since its author looked: then a person decides.
pub(super) fn delete(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    record: &StoredRecord,
) -> Result<OperationResult> {
    let seen = operation.split_payload().0.unwrap_or(record.version);
    // Of another history than this one: nothing of this was seen.
    let seen = if seen > record.version { 0 } else { seen };
    let NewestVersions {
        entries: mut since,
        complete,
    } = past::newest_after(tx, record, seen)?;
    since.retain(|entry| entry.user_id != cx.caller.me.user_id);
    // What is too long ago to be looked at may be somebody else's.
    if !since.is_empty() || !complete {
        return conflicts::open_deletion(tx, cx, entity, operation, record, &since);
    }
    let (author, at, fields) = (cx.author(), cx.now, record.fields.clone());
    let version = NewVersion {
        entity,
        id: &record.id,
        before: Some(record),
        fields,
        act: Act::Delete,
        local_id: None,
        author,
        at,
    };
    let tombstone = version.write(tx)?;
    Ok(outcome::success(operation, &tombstone.id, tombstone.version))
}
