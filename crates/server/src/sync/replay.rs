//! An answer out of the ledger, given again.
//!
//! What was decided stays decided. What the record *is*, though, has gone on since: a resent write must not bring back
//! a former version, nor a record that was deleted or is no longer the caller's to see. Nor does it make the device a
//! holder of the record: a late copy of a request is answered to nobody. What the device does not hold by then comes,
//! if it is wanted, with the next delta.

use holdfast_core::{
    protocol::{ConflictSummary, OperationResult, ResultStatus, WireOperation},
    system,
};

use super::{Context, dialogue};
use crate::records::{self, ids};
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};

/// The first answer, with the record and the conflict as they are now.
pub(super) fn answered_again(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    first: OperationResult,
) -> Result<OperationResult> {
    let mut result = OperationResult {
        queue_id: Some(operation.queue_id.clone()),
        ..first
    };
    if !matches!(result.status, ResultStatus::Success | ResultStatus::Conflict) {
        return Ok(result);
    }
    let given = result.entity_id.as_deref().unwrap_or(&operation.entity_id);
    let id = ids::resolve(tx, &operation.entity_type, given)?;
    match present(tx, cx, &operation.entity_type, &id)? {
        Present::Held(record) => {
            result.record = cx
                .packs
                .entity(&record.entity)
                .map(|entity| records::whole(entity, &record));
            result.new_version = Some(record.version);
        }
        // A deletion that still stands needs no more words.
        Present::Deleted => result.record = None,
        Present::Elsewhere => (result.record, result.new_version) = (None, None),
    }
    let conflict = result.conflict.take();
    result.conflict = conflict
        .map(|conflict| as_it_is(tx, cx, conflict))
        .transpose()?
        .flatten();
    Ok(result)
}

fn as_it_is(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    conflict: ConflictSummary,
) -> Result<Option<ConflictSummary>> {
    let Present::Held(record) = present(tx, cx, system::CONFLICT, &conflict.conflict_id)? else {
        return Ok(None);
    };
    let entity = super::notices::built_in(cx, system::CONFLICT)?;
    Ok(Some(ConflictSummary {
        record: records::whole(entity, &record),
        ..conflict
    }))
}

enum Present {
    /// There, and on the device.
    Held(StoredRecord),
    Deleted,
    /// Not there, not the caller's to see, or not on the device.
    Elsewhere,
}

fn present(tx: &dyn Transaction, cx: &Context<'_>, entity: &str, id: &str) -> Result<Present> {
    let (Some(declared), Some(record)) = (cx.packs.entity(entity), tx.record(entity, id)?) else {
        return Ok(Present::Elsewhere);
    };
    let held = dialogue::surely_held(tx, &cx.caller.device_id, entity, id)?;
    Ok(match (cx.readable(declared, &record), record.deleted) {
        (true, true) => Present::Deleted,
        (true, false) if held => Present::Held(record),
        _ => Present::Elsewhere,
    })
}
