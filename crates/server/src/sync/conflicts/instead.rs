//! Values that take the place of chosen ones, or of those that come back (protocol C11): where a unique value was taken
//! meanwhile, another can be given.
//!
//! Only fields that the resolver was shown get a value: those of the conflict, and those of a unique set that is taken. A
//! deleted record that comes back may get others, unless another user changed them after the author last saw the record.

use std::collections::BTreeSet;

use holdfast_core::{Fields, pack::Field, protocol::WireOperation, record::FieldError};
use serde_json::Value;

use super::parts::{Parts, RECORD, canonical_value};
use crate::records::{past, unique};
use crate::storage::model::{Act, HistoryEntry, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::sync::Context;

/// What came of the values.
#[derive(Debug, Default)]
pub(super) struct Instead {
    /// As they were put into the fields.
    pub values: Fields,
    /// Read-only fields among them, whose value was taken.
    pub freed: BTreeSet<String>,
    pub faults: Vec<FieldError>,
}

/// Reads `instead` of a payload; an error if it is no object.
pub(super) fn read(payload: &Fields) -> std::result::Result<Fields, FieldError> {
    match payload.get("instead") {
        None | Some(Value::Null) => Ok(Fields::new()),
        Some(Value::Object(values)) => Ok(values.clone()),
        Some(_) => Err(fault("instead", "must hold values by field")),
    }
}

/// What a decision does to a record, as far as it says which fields may get another value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decision<'a> {
    pub conflict: &'a StoredRecord,
    pub act: Act,
    /// The author's write to a deleted record is applied.
    pub recreates: bool,
}

/// Puts the values into the fields that the record is about to get, in the form in which it stores them.
pub(super) fn put(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    (parts, decision): (&Parts<'_>, Decision<'_>),
    instead: &Fields,
    fields: &mut Fields,
) -> Result<Instead> {
    let mut found = Instead::default();
    if instead.is_empty() || decision.act == Act::Delete {
        return Ok(found);
    }
    let entity = parts.entity;
    let taken = taken_fields(tx, parts, fields)?;
    let unseen = changed_unseen(tx, cx, parts, decision, instead)?;
    for (name, value) in instead {
        let Some(declared) = entity.field(name) else {
            found.faults.push(fault(name, "is not a field of this record"));
            continue;
        };
        let is_taken = taken.contains(name.as_str());
        if declared.computed.is_some() || (declared.read_only && !is_taken) {
            found.faults.push(fault(name, "cannot be changed"));
            continue;
        }
        if !is_taken && !is_in_conflict(parts, decision, name) {
            if decision.act != Act::Recreate {
                found.faults.push(fault(name, "is in no conflict"));
                continue;
            }
            if unseen.contains(name) {
                found.faults.push(fault(
                    name,
                    "was changed by somebody else; recreate the record first",
                ));
                continue;
            }
        }
        if is_missing(declared, value) {
            found.faults.push(fault(name, "is needed"));
            continue;
        }
        if declared.read_only {
            found.freed.insert(name.clone());
        }
        let value = canonical_value(entity, name, value.clone());
        let signed = parts.signed_now(cx, operation, name, value, &mut found.faults);
        found.values.insert(name.clone(), signed);
    }
    fields.extend(found.values.clone());
    Ok(found)
}

/// Fields of the unique sets whose value another record has.
fn taken_fields<'a>(tx: &dyn Transaction, parts: &Parts<'a>, fields: &Fields) -> Result<BTreeSet<&'a str>> {
    let entity = parts.entity;
    let taken = unique::taken(tx, entity, Some(&parts.record), fields, &|_| false)?;
    let is_taken = |set: &&Vec<String>| {
        let last = set.last();
        last.is_some_and(|last| taken.iter().any(|error| error.field == *last))
    };
    let sets = entity.unique.iter().filter(is_taken);
    Ok(sets.flatten().map(String::as_str).collect())
}

/// Whether the resolver was shown a choice of the field: it is in conflict, or part of the write that comes back.
fn is_in_conflict(parts: &Parts<'_>, decision: Decision<'_>, name: &str) -> bool {
    let typed = || parts.value(RECORD, "mine").get(name).is_some();
    parts.fields.iter().any(|field| field == name) || (decision.recreates && typed())
}

/// Fields that other users changed after the version that the conflict's author had seen.
fn changed_unseen(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    parts: &Parts<'_>,
    decision: Decision<'_>,
    instead: &Fields,
) -> Result<BTreeSet<String>> {
    if decision.act != Act::Recreate {
        return Ok(BTreeSet::new());
    }
    let seen = decision
        .conflict
        .fields
        .get("clientVersion")
        .and_then(Value::as_u64);
    let seen = seen.unwrap_or_default();
    let by_another = |entry: &HistoryEntry| entry.version > seen && entry.user_id != cx.caller.me.user_id;
    let names = instead.keys().map(String::as_str).collect();
    let authors = past::last_authors(tx, &parts.record, names, by_another)?;
    Ok(authors.into_keys().collect())
}

fn is_missing(field: &Field, value: &Value) -> bool {
    let empty = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    field.required && empty
}

fn fault(field: &str, message: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        message: message.to_owned(),
    }
}
