//! Opening (protocol C1–C3).

use holdfast_core::{
    Fields,
    merge::FieldChange,
    pack::{Entity, validate},
    protocol::{ConflictSummary, OperationResult, ResultStatus, WireOperation},
    record::Operation,
    system,
};
use serde_json::{Value, json};

use super::parts::RECORD;
use crate::records::{past, references, version::NewVersion};
use crate::storage::model::{Act, HistoryEntry, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::sync::audit::{AuditAction, AuditEntry, LosingValue};
use crate::sync::authored::{self, Subject};
use crate::sync::open_conflicts::{self, Reason};
use crate::sync::{Context, notices, outcome, result as results, subject};

/// Opens a conflict over fields that need a person. `since`: the versions that the author had not seen.
pub(in crate::sync) fn open(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    record: &StoredRecord,
    changes: &[&FieldChange],
    since: &[HistoryEntry],
) -> Result<ConflictSummary> {
    let values = changes.iter().map(|change| {
        let theirs = past::last_change(since, &change.field);
        (
            change.field.clone(),
            value(&change.base, &change.mine, &change.theirs, theirs),
        )
    });
    enter(
        tx,
        cx,
        entity,
        operation,
        record,
        Reason::Changed,
        values.collect(),
    )
}

/// A write to a deleted record: nothing applies, and what its author typed is kept in the conflict.
pub(in crate::sync) fn open_deleted(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    tombstone: &StoredRecord,
) -> Result<OperationResult> {
    let device = &cx.caller.device_id;
    let mut payload = references::resolve(tx, device, entity, operation.split_payload().1)?;
    let base = references::resolve(tx, device, entity, operation.base.clone().unwrap_or_default())?;
    let subject = Subject {
        base: &base,
        stored: &tombstone.fields,
        since: &[],
    };
    let mut errors = authored::stamp(cx, entity, operation, &mut payload, subject);
    errors.extend(validate(entity, Operation::Update, &payload, &tombstone.fields));
    errors.extend(results::closed_fields(cx, entity, &tombstone.fields, &payload));
    if !errors.is_empty() {
        return Ok(outcome::invalid(operation, errors));
    }
    let last = tx.history_page(&entity.name, &tombstone.id, tombstone.version - 1, past::CHUNK)?;
    let values = value(&Value::Null, &Value::Object(payload), &Value::Null, last.last());
    let values = Fields::from_iter([(RECORD.to_owned(), values)]);
    let summary = enter(tx, cx, entity, operation, tombstone, Reason::Deleted, values)?;
    let mut result = outcome::success(operation, &tombstone.id, tombstone.version);
    result.status = ResultStatus::Conflict;
    result.new_version = None;
    result.conflict = Some(summary);
    Ok(result)
}

/// A deletion of a record that others changed since: it waits for a person.
pub(in crate::sync) fn open_deletion(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    record: &StoredRecord,
    since: &[HistoryEntry],
) -> Result<OperationResult> {
    let changed = since.iter().flat_map(|entry| &entry.changes);
    let theirs: Fields = changed
        .map(|(name, change)| (name.clone(), change.to.clone()))
        .collect();
    let values = value(&Value::Null, &Value::Null, &Value::Object(theirs), since.last());
    let values = Fields::from_iter([(RECORD.to_owned(), values)]);
    let summary = enter(tx, cx, entity, operation, record, Reason::Changed, values)?;
    let mut result = outcome::success(operation, &record.id, record.version);
    result.status = ResultStatus::Conflict;
    result.record = Some(subject::whole(tx, cx, entity, record)?);
    result.conflict = Some(summary);
    Ok(result)
}

fn value(base: &Value, mine: &Value, theirs: &Value, by: Option<&HistoryEntry>) -> Value {
    json!({
        "base": base, "mine": mine, "theirs": theirs,
        "theirsBy": by.map(|entry| &entry.user_id),
        "theirsName": by.map(|entry| &entry.user_name),
        "theirsAt": by.map(|entry| entry.at),
    })
}

/// Adds the fields to the author's open conflict on the record, or opens one; and writes it down.
fn enter(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    record: &StoredRecord,
    reason: Reason,
    values: Fields,
) -> Result<ConflictSummary> {
    let conflict_entity = notices::built_in(cx, system::CONFLICT)?;
    let me = &cx.caller.me.user_id;
    let known = match open_conflicts::find(tx, (&entity.name, &record.id), me, reason)? {
        Some(id) => tx.record(system::CONFLICT, &id)?,
        None => None,
    };
    let mut entry =
        AuditEntry::new(cx, AuditAction::Conflict, &entity.name, &record.id).about(operation, record.version);
    for (field, value) in &values {
        let part = |name: &str| value.get(name).cloned().unwrap_or_default();
        entry.conflicting_fields.push(field.clone());
        entry.losing.push(LosingValue {
            field: field.clone(),
            value: part("mine"),
            by: cx.caller.me.user_id.clone(),
            kept: part("theirs"),
        });
    }
    let all = together(known.as_ref(), values);
    let names: Vec<String> = all.keys().cloned().collect();
    let fields = match &known {
        Some(known) => known.fields.clone(),
        None => opening(cx, entity, record, reason),
    };
    let fields = about(fields, operation, record, &names, all);
    let (id, act) = match &known {
        Some(known) => (known.id.clone(), Act::Update),
        None => (cx.rng.uuid(), Act::Create),
    };
    let (before, author, at) = (known.as_ref(), cx.author(), cx.now);
    let version = NewVersion {
        entity: conflict_entity,
        id: &id,
        before,
        fields,
        act,
        local_id: None,
        author,
        at,
    };
    let conflict = version.write(tx)?;
    open_conflicts::put(tx, &conflict)?;
    subject::index(tx, &conflict)?;
    entry.conflict_id = Some(id.clone());
    entry.write(tx)?;
    Ok(ConflictSummary {
        conflict_id: id,
        fields: names,
        record: subject::whole(tx, cx, conflict_entity, &conflict)?,
    })
}

/// The values of an open conflict with those of a later write: its `mine` and `theirs` are the newer, its base stays.
fn together(known: Option<&StoredRecord>, newer: Fields) -> Fields {
    let mut all = known
        .and_then(|conflict| conflict.fields.get("values").and_then(Value::as_object).cloned())
        .unwrap_or_default();
    for (field, mut value) in newer {
        if let Some(earlier) = all.get(&field) {
            value["base"] = earlier.get("base").cloned().unwrap_or_default();
            // Of a deleted record the author may have sent several writes: each adds what it changed.
            if let (Some(Value::Object(mine)), Some(Value::Object(typed))) =
                (value.get_mut("mine"), earlier.get("mine"))
            {
                typed.iter().for_each(|(name, old)| {
                    mine.entry(name.clone()).or_insert_with(|| old.clone());
                });
            }
        }
        all.insert(field, value);
    }
    all
}

fn opening(cx: &Context<'_>, entity: &Entity, record: &StoredRecord, reason: Reason) -> Fields {
    let fields = json!({
        "title": crate::records::title(entity, record),
        "recordType": entity.name,
        "recordId": record.id,
        "siteId": record.fields.get("siteId"),
        "reason": reason.name(),
        "status": "open",
        "userId": cx.caller.me.user_id,
        "userName": cx.caller.me.display_name,
        "deviceId": cx.caller.device_id,
        "detectedAt": cx.now,
    });
    fields.as_object().cloned().unwrap_or_default()
}

fn about(
    mut fields: Fields,
    operation: &WireOperation,
    record: &StoredRecord,
    names: &[String],
    values: Fields,
) -> Fields {
    fields.insert("clientMutationId".into(), operation.key().into());
    fields.insert("queuedAt".into(), json!(operation.queued_at));
    fields.insert("clientVersion".into(), json!(operation.split_payload().0));
    fields.insert("serverVersion".into(), record.version.into());
    fields.insert("conflictingFields".into(), json!(names));
    fields.insert("values".into(), Value::Object(values));
    fields
}
