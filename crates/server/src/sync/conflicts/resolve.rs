//! Settling (protocol C4, C5, C8, C9).

use std::borrow::Cow;
use std::collections::BTreeSet;

use holdfast_core::{
    Fields,
    merge::compute_fields,
    pack::{Entity, validate},
    protocol::{ErrorCode, OperationResult, WireOperation},
    record::Operation,
    stamps, system,
};
use serde_json::{Value, json};

use super::aftermath::{remember, tell};
use super::choice::{Choices, Pick, read};
use super::instead::{self, Decision};
use super::late;
use super::parts::{Parts, RECORD, canonical_value, write};
use crate::records::unique;
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::sync::access_refusal::refused_access;
use crate::sync::reference_checks::dangling;
use crate::sync::{Context, notices, open_conflicts, outcome, result as results, subject};

pub(super) fn resolve(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    conflict: &StoredRecord,
    (resolution, instead): (&Fields, &Fields),
) -> Result<OperationResult> {
    let mut parts = Parts::of(tx, cx, conflict)?;
    if !parts.is_open {
        return late::resolution(tx, cx, operation, (conflict, &parts), (resolution, instead));
    }
    let choices = match read(&parts, resolution) {
        Ok(choices) => choices,
        Err(errors) => return Ok(outcome::invalid(operation, errors)),
    };
    let before = parts.record.clone();
    let given = match carry_out(tx, cx, operation, (conflict, &mut parts), (&choices, instead))? {
        Ok(given) => given,
        Err(refused) => return Ok(refused),
    };
    parts.note_written();
    remember(tx, cx, &parts, &choices)?;
    let settled = json!({
        "status": "resolved",
        "resolvedAt": cx.now,
        "resolvedBy": cx.caller.me.user_id,
        "resolvedByName": cx.caller.me.display_name,
        "resolutionStrategy": "manual",
        "resolution": resolution,
        "instead": (!given.is_empty()).then_some(given),
        "values": parts.values,
    });
    let settled = write(tx, cx, conflict, settled)?;
    open_conflicts::remove(tx, conflict)?;
    tell(tx, cx, operation, (conflict, &before), &parts, &choices)?;
    let mut result = outcome::success(operation, &conflict.id, settled.version);
    let entity = notices::built_in(cx, system::CONFLICT)?;
    result.record = Some(subject::whole(tx, cx, entity, &settled)?);
    Ok(result)
}

/// Applies the chosen values to the record, and notes what it held before and after. Returns the values that took the place
/// of chosen ones; a refusal, if the resolver may not, or the values do not fit.
fn carry_out(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    (conflict, parts): (&StoredRecord, &mut Parts<'_>),
    (choices, instead): (&Choices, &Fields),
) -> Result<std::result::Result<Fields, OperationResult>> {
    let whole = choices.get(RECORD).map(|choice| choice.choice);
    let mut fields = parts.record.fields.clone();
    let mut misstated = Vec::new();
    for (field, choice) in choices.iter().filter(|(field, _)| *field != RECORD) {
        let before = fields.get(field).cloned().unwrap_or_default();
        let chosen = match choice.choice {
            Pick::Mine => parts.signed_before(field, parts.canonical_value(field, "mine")),
            Pick::Value => parts.signed_now(cx, operation, field, choice.value.clone(), &mut misstated),
            _ => before.clone(),
        };
        parts.note(field, "before", before);
        fields.insert(field.clone(), chosen);
    }
    let act = match whole {
        Some(Pick::Recreate) if parts.record.deleted => Act::Recreate,
        Some(Pick::Mine) if !parts.record.deleted => Act::Delete,
        _ => Act::Update,
    };
    let recreates = whole == Some(Pick::Recreate);
    if recreates {
        for (name, value) in parts.value(RECORD, "mine").as_object().into_iter().flatten() {
            let value = canonical_value(parts.entity, name, value.clone());
            fields.insert(name.clone(), parts.signed_before(name, value));
        }
    }
    let decision = Decision {
        conflict,
        act,
        recreates,
    };
    let instead = instead::put(tx, cx, operation, (parts, decision), instead, &mut fields)?;
    if recreates && act == Act::Update {
        parts.note_former(&fields);
    }
    for field in instead.values.keys() {
        let before = parts.record.fields.get(field).cloned().unwrap_or_default();
        parts.note(field, "before", before);
    }
    misstated.extend(instead.faults);
    if !misstated.is_empty() {
        return Ok(Err(outcome::invalid(operation, misstated)));
    }
    fields.retain(|_, value| !value.is_null());
    compute_fields(parts.entity, &mut fields);
    stamps::receive(parts.entity, &parts.record.fields, &mut fields, cx.now);
    let untouched = act == Act::Update && fields == parts.record.fields;
    if !untouched {
        if let Some(refused) = refusal(tx, cx, operation, parts, (&fields, &instead.freed), act)? {
            return Ok(Err(refused));
        }
        parts.write_record(tx, cx, fields, act)?;
    }
    if whole.is_some() {
        // To take it back means to delete the record, or to bring it back, only if that is what was done.
        let version = match act {
            Act::Update => Value::Null,
            _ => parts.record.version.into(),
        };
        parts.note(RECORD, "after", version);
    }
    Ok(Ok(instead.values))
}

/// The scope action that an effect on a record needs: to bring one back is to create it.
fn effect(act: Act) -> &'static str {
    match act {
        Act::Create | Act::Recreate => "create",
        Act::Update => "update",
        Act::Delete => "delete",
    }
}

/// The entity with read-only fields that may be written this once.
fn writable<'a>(entity: &'a Entity, freed: &BTreeSet<String>) -> Cow<'a, Entity> {
    let mut entity = Cow::Borrowed(entity);
    if !freed.is_empty() {
        let fields = entity.to_mut().fields.iter_mut();
        fields
            .filter(|field| freed.contains(&field.name))
            .for_each(|field| field.read_only = false);
    }
    entity
}

/// Why the caller may not give the record these fields, if they may not, or the fields do not fit.
pub(super) fn refusal(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    parts: &Parts<'_>,
    (fields, freed): (&Fields, &BTreeSet<String>),
    act: Act,
) -> Result<Option<OperationResult>> {
    let Parts { entity, record, .. } = parts;
    if !cx.may(&entity.name, effect(act)) || !cx.readable(entity, record) {
        let message = "Your role does not allow you to change this record; use the server's values, or ask a supervisor.";
        return Ok(Some(outcome::rejected(
            operation,
            ErrorCode::PermissionDenied,
            message,
        )));
    }
    if record.deleted && act == Act::Update {
        let message = "The record was deleted meanwhile; use the server's values to close this conflict.";
        return Ok(Some(outcome::rejected(
            operation,
            ErrorCode::VersionConflict,
            message,
        )));
    }
    if act == Act::Delete {
        return Ok(None);
    }
    let changed = fields
        .iter()
        .filter(|(name, value)| record.fields.get(*name) != Some(value));
    let is_computed = |name: &str| entity.field(name).is_some_and(|field| field.computed.is_some());
    let written = changed.filter(|(name, _)| !is_computed(name) && **name != entity.id_field);
    let changed: Fields = written
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut errors = validate(
        &writable(entity, freed),
        Operation::Update,
        &changed,
        &record.fields,
    );
    errors.extend(unique::taken(tx, entity, Some(record), fields, &|holder| {
        cx.readable(entity, holder)
    })?);
    errors.extend(dangling(tx, cx, entity, &record.fields, fields)?);
    errors.extend(results::closed(cx, entity, Some(&record.fields), fields));
    if !errors.is_empty() {
        return Ok(Some(outcome::invalid(operation, errors)));
    }
    match results::out_of_reach(cx, entity, &record.fields, fields) {
        Some(message) => {
            let reason = "out of the author's reach";
            refused_access(tx, cx, entity, operation, reason, message).map(Some)
        }
        None => Ok(None),
    }
}
