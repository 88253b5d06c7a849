//! A change of a record, merged over whatever others made of it meanwhile.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    merge::{FieldChange, MergeInput, MergedRecord, Verdict, compute_fields, merge_record},
    pack::{Entity, same_value, validate},
    protocol::{OperationResult, ResultStatus, WireOperation},
    record::{FieldError, Operation},
    stamps, system,
};
use serde_json::Value;

use super::access_refusal::{denied, refused_access};
use super::authored::{self, Subject};
use super::reference_checks::{dangling, mistaken};
use super::settlement::{self, Versions};
use super::{Context, closed_meanwhile, conflicts, outcome, result as results, subject};
use crate::records::{past, references, unique, version::NewVersion};
use crate::storage::model::{Act, HistoryEntry, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// A change with what its author saw, in the server's terms.
struct Change {
    payload: Fields,
    base: Fields,
    /// The versions that the author had not seen, oldest first.
    since: Vec<HistoryEntry>,
    /// What cannot be written in its author's name.
    misstated: Vec<FieldError>,
}

impl Change {
    /// A payload stamped with who writes it.
    fn of(
        cx: &Context<'_>,
        entity: &Entity,
        operation: &WireOperation,
        record: &StoredRecord,
        (mut payload, base): (Fields, Fields),
        since: Vec<HistoryEntry>,
    ) -> Self {
        let subject = Subject {
            base: &base,
            stored: &record.fields,
            since: &since,
        };
        let misstated = authored::stamp(cx, entity, operation, &mut payload, subject);
        Self {
            payload,
            base,
            since,
            misstated,
        }
    }
}

/// An update of a record that is there.
pub(super) fn update(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    record: &StoredRecord,
) -> Result<OperationResult> {
    let (seen, payload) = operation.split_payload();
    let payload = references::resolve(tx, &cx.caller.device_id, entity, payload)?;
    // Without a version and a base the author speaks of the record as it is now. A version that this history does not have
    // is of another one: its author has seen nothing of this.
    let seen = seen.map(|seen| if seen > record.version { 0 } else { seen });
    let unseen_from = seen.unwrap_or(if operation.base.is_some() {
        0
    } else {
        record.version
    });
    let mut since = past::newest_after(tx, record, unseen_from)?.entries;
    let given = references::resolve(
        tx,
        &cx.caller.device_id,
        entity,
        operation.base.clone().unwrap_or_default(),
    )?;
    // A form may have been open while a newer version came: its values are older than the version it was sent with.
    let unexplained = |(name, seen): (&String, &Value)| {
        record.fields.get(name).unwrap_or(&Value::Null) != seen && past::last_change(&since, name).is_none()
    };
    let missing = payload.keys().filter(|name| !given.contains_key(*name));
    let missing = past::values_at(tx, record, unseen_from, missing.map(String::as_str).collect())?;
    if given.iter().any(unexplained) {
        since = past::newest_after(tx, record, 0)?.entries;
    }
    let before = |name: &String| given.get(name).or(missing.get(name)).cloned().unwrap_or_default();
    let base = payload.keys().map(|name| (name.clone(), before(name))).collect();
    let change = Change::of(cx, entity, operation, record, (payload, base), since);
    merge(tx, cx, entity, operation, record, &change)
}

/// A create of a record that is there already: what it says differently from the first time is a change, and needs the
/// scope for one.
pub(super) fn again(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    record: &StoredRecord,
) -> Result<OperationResult> {
    let payload = references::resolve(tx, &cx.caller.device_id, entity, operation.split_payload().1)?;
    let since = past::newest_after(tx, record, 1)?.entries;
    let base = past::values_at(tx, record, 1, payload.keys().map(String::as_str).collect())?;
    let change = Change::of(cx, entity, operation, record, (payload, base), since);
    let mut result = merge(tx, cx, entity, operation, record, &change)?;
    if result.error.is_none() && result.record.is_none() {
        let current = tx.record(&entity.name, &record.id)?;
        let current = current.map(|current| subject::whole(tx, cx, entity, &current));
        result.record = current.transpose()?;
    }
    Ok(result)
}

fn merge(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    record: &StoredRecord,
    change: &Change,
) -> Result<OperationResult> {
    let mut merged = merge_record(&MergeInput {
        entity,
        current: &record.fields,
        written_by: &past::authors(&change.since),
        payload: &change.payload,
        base: &change.base,
        remembered: &remembered(tx, cx, entity)?,
    });
    stamps::receive(entity, &record.fields, &mut merged.fields, cx.now);
    let errors = faults(tx, cx, entity, operation, record, change, &merged)?;
    if !errors.is_empty() {
        return Ok(outcome::invalid(operation, errors));
    }
    if has_effect(&merged) && !cx.may(&entity.name, "update") {
        return denied(tx, cx, entity, operation, "update");
    }
    if let Some(message) = results::out_of_reach(cx, entity, &record.fields, &merged.fields) {
        return refused_access(tx, cx, entity, operation, "out of the author's reach", message);
    }
    let after = match merged.changed.is_empty() {
        true => record.clone(),
        false => {
            let (fields, author, at) = (merged.fields.clone(), cx.author(), cx.now);
            let (id, before, act) = (record.id.as_str(), Some(record), Act::Update);
            NewVersion {
                entity,
                id,
                before,
                fields,
                act,
                local_id: None,
                author,
                at,
            }
            .write(tx)?
        }
    };
    let mut result = outcome::success(operation, &record.id, after.version);
    if !derivable(cx, entity, operation, record, &after, &merged) {
        result.record = Some(subject::whole(tx, cx, entity, &after)?);
    }
    let versions = Versions {
        entity,
        before: record,
        after: &after,
        since: &change.since,
    };
    settlement::report(tx, cx, operation, &versions, &merged.settled, &mut result)?;
    closed_meanwhile::report(tx, cx, &versions, &merged.changed)?;
    let open: Vec<&FieldChange> = merged
        .settled
        .iter()
        .filter(|c| c.verdict == Verdict::Conflict)
        .collect();
    if !open.is_empty() {
        result.status = ResultStatus::Conflict;
        result.conflict = Some(conflicts::open(
            tx,
            cx,
            entity,
            operation,
            &after,
            &open,
            &change.since,
        )?);
    }
    Ok(result)
}

/// Whether a merge changes the record, or has a person asked about it.
fn has_effect(merged: &MergedRecord) -> bool {
    !merged.changed.is_empty() || !merged.settled.is_empty()
}

/// The author's remembered choices for fields of this entity.
fn remembered(tx: &dyn Transaction, cx: &Context<'_>, entity: &Entity) -> Result<BTreeMap<String, String>> {
    let user = tx.record(system::USER, &cx.caller.me.user_id)?;
    let choices = user.and_then(|user| {
        user.fields
            .get("rememberedChoices")
            .and_then(|v| v.as_object().cloned())
    });
    let own = choices.into_iter().flatten().filter_map(|(name, choice)| {
        let field = name.strip_prefix(&entity.name)?.strip_prefix('.')?;
        Some((field.to_owned(), choice.as_str()?.to_owned()))
    });
    Ok(own.collect())
}

/// What is wrong with the payload, and with the record as merged. A value that the write leaves as its author saw it
/// refuses nothing, even where the pack would no longer let anybody write it.
fn faults(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    record: &StoredRecord,
    change: &Change,
    merged: &MergedRecord,
) -> Result<Vec<FieldError>> {
    let written = written(entity, record, change);
    let mut errors = change.misstated.clone();
    errors.extend(validate(entity, Operation::Update, &written, &Fields::new()));
    errors.extend(results::closed_fields(cx, entity, &record.fields, &written));
    errors.extend(results::closed(cx, entity, Some(&record.fields), &merged.fields));
    let takes_effect = |name: &&String| change.payload.contains_key(*name);
    let effective = merged.changed.iter().filter(takes_effect);
    let effective = effective
        .map(|name| (name.clone(), merged.fields.get(name).cloned().unwrap_or_default()))
        .collect();
    errors.extend(validate(entity, Operation::Update, &effective, &record.fields));
    let may_see = |holder: &StoredRecord| cx.readable(entity, holder);
    errors.extend(unique::taken(tx, entity, Some(record), &merged.fields, &may_see)?);
    errors.extend(dangling(tx, cx, entity, &record.fields, &merged.fields)?);
    let fields = (&record.fields, &merged.fields);
    errors.extend(mistaken(tx, cx, entity, operation, fields)?);
    let mut told: Vec<FieldError> = Vec::new();
    errors.into_iter().for_each(|error| {
        if !told.contains(&error) {
            told.push(error)
        }
    });
    Ok(told)
}

/// What a change writes: its payload without what its author left alone.
fn written(entity: &Entity, record: &StoredRecord, change: &Change) -> Fields {
    let nothing = Value::Null;
    let left_alone = |name: &String, value: &Value| match entity.field(name) {
        Some(field) => same_value(field, value, change.base.get(name).unwrap_or(&nothing)),
        None => record.fields.get(name) == Some(value),
    };
    let payload = change.payload.iter();
    let written = payload.filter(|(name, value)| !left_alone(name, value));
    written
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Whether the device can tell the result by itself: the author's version with the payload as it was sent, or stamped as
/// the server stamps.
fn derivable(
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    before: &StoredRecord,
    after: &StoredRecord,
    merged: &MergedRecord,
) -> bool {
    let (seen, sent) = operation.split_payload();
    if !merged.settled.is_empty() || seen != Some(before.version) {
        return false;
    }
    let mut expected = before.fields.clone();
    expected.extend(sent.clone());
    expected.retain(|_, value| !value.is_null());
    compute_fields(entity, &mut expected);
    if expected == after.fields {
        return true;
    }
    let base = operation.base.as_ref().filter(|_| cx.stamps_alike);
    let stamped =
        base.map(|base| authored::signer(cx, operation).applied(entity, &before.fields, base, &sent));
    stamped.as_ref() == Some(&after.fields)
}
