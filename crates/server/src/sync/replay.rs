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
use serde_json::Value;

use super::dialogue::OpenAnswers;
use super::{Context, subject};
use crate::records::ids;
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};

/// The first answer, with the record and the conflict as they are now.
pub(super) fn answered_again(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    first: OperationResult,
    open: &OpenAnswers,
) -> Result<OperationResult> {
    let mut result = OperationResult {
        queue_id: Some(operation.queue_id.clone()),
        ..first
    };
    if !matches!(result.status, ResultStatus::Success | ResultStatus::Conflict) {
        return Ok(result);
    }
    let lost = std::mem::take(&mut result.access_lost);
    let given = result.entity_id.as_deref().unwrap_or(&operation.entity_id);
    let id = ids::resolve(tx, &cx.caller.device_id, &operation.entity_type, given)?;
    match present(tx, cx, (&operation.entity_type, &id), open)? {
        Present::Held(record) => {
            let entity = cx.packs.entity(&record.entity);
            result.record = entity
                .map(|entity| subject::whole(tx, cx, entity, &record))
                .transpose()?;
            result.new_version = Some(record.version);
        }
        // A deletion that still stands needs no more words.
        Present::Deleted => result.record = None,
        Present::Elsewhere => (result.record, result.new_version) = (None, None),
        // What stood when it was decided is no longer the caller's to read; what they wrote themselves is.
        Present::Hidden => {
            (result.record, result.new_version) = (None, None);
            // Access that came back is not lost any more.
            result.access_lost = lost;
            let me = &cx.caller.me.user_id;
            for superseded in &mut result.superseded {
                superseded.kept = Value::Null;
                if superseded.lost_by != *me {
                    superseded.lost = Value::Null;
                }
            }
        }
    }
    let conflict = result.conflict.take();
    result.conflict = conflict
        .map(|conflict| as_it_is(tx, cx, conflict, open))
        .transpose()?
        .flatten();
    Ok(result)
}

fn as_it_is(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    conflict: ConflictSummary,
    open: &OpenAnswers,
) -> Result<Option<ConflictSummary>> {
    let Present::Held(record) = present(tx, cx, (system::CONFLICT, &conflict.conflict_id), open)? else {
        return Ok(None);
    };
    let entity = super::notices::built_in(cx, system::CONFLICT)?;
    Ok(Some(ConflictSummary {
        record: subject::whole(tx, cx, entity, &record)?,
        ..conflict
    }))
}

enum Present {
    /// There, and on the device.
    Held(StoredRecord),
    Deleted,
    /// Not there, or not on the device.
    Elsewhere,
    /// Not the caller's to see.
    Hidden,
}

fn present(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    (entity, id): (&str, &str),
    open: &OpenAnswers,
) -> Result<Present> {
    let (Some(declared), Some(record)) = (cx.packs.entity(entity), tx.record(entity, id)?) else {
        return Ok(Present::Elsewhere);
    };
    let held = open.surely_held(tx, &cx.caller.device_id, entity, id)?;
    Ok(match (cx.readable(declared, &record), record.deleted) {
        (true, true) => Present::Deleted,
        (true, false) if held => Present::Held(record),
        (false, _) => Present::Hidden,
        _ => Present::Elsewhere,
    })
}
