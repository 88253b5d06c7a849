//! Taking a settlement back (protocol C6, C7).

use holdfast_core::{
    Fields,
    merge::compute_fields,
    protocol::{ErrorCode, OperationResult, WireError, WireOperation},
    record::FieldError,
    system,
};
use serde_json::{Value, json};

use super::instead::{self, Decision};
use super::parts::{Parts, RECORD, write};
use super::{late, overwritten, resolve};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::sync::audit::{AuditAction, AuditEntry, LosingValue};
use crate::sync::{Context, notices, open_conflicts, outcome, subject};

/// Puts the former values back and opens the conflict again, if the record is still as the settlement left it.
pub(super) fn undo(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    conflict: &StoredRecord,
    instead: &Fields,
) -> Result<OperationResult> {
    let entity = notices::built_in(cx, system::CONFLICT)?;
    let mut parts = Parts::of(tx, cx, conflict)?;
    if parts.is_open {
        return late::undo(tx, cx, operation, (conflict, &parts), instead);
    }
    // Which fields changed since, and to what, is told to those alone who may read the record.
    if !cx.readable(parts.entity, &parts.record) {
        let message =
            "You may no longer see the record that this is about; the decision is left to those who may.";
        return Ok(outcome::rejected(operation, ErrorCode::PermissionDenied, message));
    }
    let moved = moved_on(&parts);
    if !moved.is_empty() {
        let mut result = outcome::rejected(operation, ErrorCode::VersionConflict, "");
        let message = format!(
            "It cannot be taken back: {} changed since. Edit the record instead.",
            moved.join(", ")
        );
        let error = |field: &String| FieldError {
            field: field.clone(),
            message: "has changed since".into(),
        };
        let fields = moved.iter().map(error).collect();
        result.error = Some(WireError {
            fields,
            ..WireError::new(ErrorCode::VersionConflict, message)
        });
        return Ok(result);
    }
    let settled = parts.record.clone();
    let instead = match put_back(tx, cx, operation, (conflict, &mut parts), instead)? {
        Ok(instead) => instead,
        Err(refused) => return Ok(refused),
    };
    let mut entry = AuditEntry::new(cx, AuditAction::Undo, &parts.entity.name, &parts.record.id)
        .about(operation, parts.record.version);
    entry.conflict_id = Some(conflict.id.clone());
    let mut names = parts.settled_fields();
    names.extend(instead.keys().cloned());
    let lost = overwritten::overwritten(tx, &parts, &settled, &names)?;
    for field in names {
        let value = parts.value(&field, "after");
        let kept = instead.get(&field).cloned();
        let kept = kept.unwrap_or_else(|| parts.value(&field, "before"));
        let by = lost.iter().find(|lost| lost.field == field);
        let by = by.map_or_else(|| cx.caller.me.user_id.clone(), |lost| lost.by.clone());
        entry.conflicting_fields.push(field.clone());
        entry.losing.push(LosingValue {
            field,
            value,
            by,
            kept,
        });
    }
    entry.write(tx)?;
    overwritten::notify(tx, cx, &parts, &lost)?;
    let opened = json!({
        "status": "open", "resolution": null, "resolvedAt": null, "resolvedBy": null, "resolvedByName": null,
        "resolutionStrategy": null, "instead": null, "values": without_settlement(&parts),
    });
    let opened = write(tx, cx, conflict, opened)?;
    open_conflicts::put(tx, conflict)?;
    let mut result = outcome::success(operation, &conflict.id, opened.version);
    result.record = Some(subject::whole(tx, cx, entity, &opened)?);
    Ok(result)
}

/// Fields that are no longer as the settlement left them.
fn moved_on(parts: &Parts<'_>) -> Vec<String> {
    let stays = |field: &&String| match field.as_str() {
        RECORD => {
            let after = parts.value(RECORD, "after");
            after.is_null() || after.as_u64() == Some(parts.record.version)
        }
        name => {
            let present = parts.record.fields.get(name).cloned().unwrap_or_default();
            !parts.record.deleted && parts.is_same(name, &present, &parts.value(name, "after"))
        }
    };
    let settled = parts.settled_fields();
    settled.into_iter().filter(|field| !stays(&field)).collect()
}

/// Gives the record its former values, or others `instead`; these are the answer. Answers with a refusal, if the caller may
/// not, or the values do not fit.
fn put_back(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    (conflict, parts): (&StoredRecord, &mut Parts<'_>),
    instead: &Fields,
) -> Result<std::result::Result<Fields, OperationResult>> {
    let mut fields = parts.record.fields.clone();
    for field in parts.settled_fields().into_iter().filter(|field| field != RECORD) {
        let before = parts.signed_before(&field, parts.canonical_value(&field, "before"));
        fields.insert(field, before);
    }
    let whole_record = !parts.value(RECORD, "after").is_null();
    let act = match (whole_record, parts.record.deleted) {
        (true, true) => Act::Recreate,
        (true, false) => Act::Delete,
        (false, _) => Act::Update,
    };
    let decision = Decision {
        conflict,
        act,
        recreates: false,
    };
    let instead = instead::put(tx, cx, operation, (parts, decision), instead, &mut fields)?;
    if !instead.faults.is_empty() {
        return Ok(Err(outcome::invalid(operation, instead.faults)));
    }
    fields.retain(|_, value| !value.is_null());
    compute_fields(parts.entity, &mut fields);
    if act == Act::Update && fields == parts.record.fields {
        return Ok(Ok(instead.values));
    }
    if let Some(refused) = resolve::refusal(tx, cx, operation, parts, (&fields, &instead.freed), act)? {
        return Ok(Err(refused));
    }
    parts.write_record(tx, cx, fields, act)?;
    Ok(Ok(instead.values))
}

fn without_settlement(parts: &Parts<'_>) -> Value {
    let mut values = parts.values.clone();
    for known in values.values_mut().filter_map(Value::as_object_mut) {
        known.remove("before");
        known.remove("after");
    }
    // What was in no conflict of its own.
    values.retain(|_, known| known.as_object().is_none_or(|parts| !parts.is_empty()));
    Value::Object(values)
}
