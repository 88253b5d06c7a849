//! Values that take the place of chosen ones, or of those that come back (protocol C11): where a unique value was taken
//! meanwhile, another can be given.

use std::collections::BTreeSet;

use holdfast_core::{Fields, pack::Field, protocol::FieldError, protocol::WireOperation};
use serde_json::Value;

use super::Parts;
use crate::records::unique;
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

/// Puts the values into the fields that the record is about to get.
pub(super) fn put(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    parts: &Parts<'_>,
    instead: &Fields,
    fields: &mut Fields,
) -> Result<Instead> {
    let mut found = Instead::default();
    if instead.is_empty() {
        return Ok(found);
    }
    let entity = parts.entity;
    let taken = unique::taken(tx, entity, Some(&parts.record), fields, &|_| false)?;
    let is_taken = |name: &str| {
        let sets = entity
            .unique
            .iter()
            .filter(|set| set.iter().any(|part| part == name));
        let last = sets.filter_map(|set| set.last());
        last.into_iter()
            .any(|last| taken.iter().any(|error| error.field == *last))
    };
    for (name, value) in instead {
        let Some(declared) = entity.field(name) else {
            found.faults.push(fault(name, "is not a field of this record"));
            continue;
        };
        if declared.computed.is_some() || (declared.read_only && !is_taken(name)) {
            found.faults.push(fault(name, "cannot be changed"));
            continue;
        }
        if is_missing(declared, value) {
            found.faults.push(fault(name, "is needed"));
            continue;
        }
        if declared.read_only {
            found.freed.insert(name.clone());
        }
        let signed = parts.signed_now(cx, operation, name, value.clone(), &mut found.faults);
        found.values.insert(name.clone(), signed);
    }
    fields.extend(found.values.clone());
    Ok(found)
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
