//! What somebody writes, before it meets what is there: stamped with who they are and when they wrote it.

use holdfast_core::{
    Fields,
    pack::Entity,
    protocol::WireOperation,
    record::FieldError,
    stamps::{Known, Signer},
};
use serde_json::Value;

use super::Context;
use crate::storage::model::HistoryEntry;

/// The record that a write is about, as its author saw it and as the server has it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub base: &'a Fields,
    pub stored: &'a Fields,
    /// Versions in which an item may be found that is gone since, oldest first.
    pub since: &'a [HistoryEntry],
}

/// Who makes the operation.
pub(super) fn signer<'a>(cx: &Context<'a>, operation: &WireOperation) -> Signer<'a> {
    Signer {
        user_id: &cx.caller.me.user_id,
        received: cx.now,
        clock_offset_ms: operation.clock_offset_ms,
    }
}

/// Stamps a payload, and answers what cannot be written so.
pub(super) fn stamp(
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    payload: &mut Fields,
    subject: Subject<'_>,
) -> Vec<FieldError> {
    let signer = signer(cx, operation);
    let mut faults = Vec::new();
    let nothing = Value::Null;
    for (name, value) in payload {
        let Some(field) = entity.field(name) else { continue };
        if field.stamped.is_none() && !field.kind.has_stamps() {
            continue;
        }
        let changes = subject
            .since
            .iter()
            .rev()
            .filter_map(|entry| entry.changes.get(name));
        let earlier: Vec<&Value> = changes.flat_map(|change| [&change.to, &change.from]).collect();
        let known = Known {
            base: subject.base.get(name).unwrap_or(&nothing),
            stored: subject.stored.get(name).unwrap_or(&nothing),
            earlier: &earlier,
        };
        signer.sign(field, value, &known, &mut faults);
    }
    faults
}
