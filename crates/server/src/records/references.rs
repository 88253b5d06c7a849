//! The ids that fields refer to, wherever in a record they stand.

use std::collections::BTreeSet;

use holdfast_core::{
    Fields,
    pack::{Entity, Field, FieldType, Values},
    system,
};
use serde_json::Value;

use super::ids;
use crate::storage::port::{Result, Transaction};

/// One reference: where it stands, and what it names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// `assetId`, `partsUsed[0].partId`.
    pub path: String,
    pub entity: String,
    pub id: String,
}

/// All references in the fields.
pub fn of(entity: &Entity, fields: &Fields) -> Vec<Reference> {
    let mut found = Vec::new();
    collect(&entity.fields, fields, "", &mut found);
    found
}

fn collect(declared: &[Field], fields: &Fields, prefix: &str, found: &mut Vec<Reference>) {
    for field in declared {
        let Some(value) = fields.get(&field.name) else {
            continue;
        };
        let path = format!("{prefix}{}", field.name);
        match (&field.kind, value) {
            (FieldType::Reference { entity }, Value::String(id)) if !id.is_empty() => {
                found.push(Reference {
                    path,
                    entity: entity.clone(),
                    id: id.clone(),
                });
            }
            (FieldType::Object { fields: parts }, Value::Object(object)) => {
                collect(parts, object, &format!("{path}."), found);
            }
            (
                FieldType::List { fields: parts, .. } | FieldType::Log { fields: parts, .. },
                Value::Array(items),
            ) => {
                for (at, item) in items.iter().enumerate() {
                    if let Value::Object(object) = item {
                        collect(parts, object, &format!("{path}[{at}]."), found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Puts the server's ids where a device wrote ids of its own making.
pub fn resolve(tx: &dyn Transaction, device: &str, entity: &Entity, mut fields: Fields) -> Result<Fields> {
    resolve_in(tx, device, &entity.fields, &mut fields)?;
    if entity.name == system::USER
        && let Some(pins) = fields.get_mut("pinned").and_then(Value::as_array_mut)
    {
        pins.iter_mut().try_for_each(|pin| resolve_pin(tx, device, pin))?;
    }
    Ok(fields)
}

/// A profile names what it pins as `type/id`.
fn resolve_pin(tx: &dyn Transaction, device: &str, pin: &mut Value) -> Result<()> {
    let named = pin.as_str().and_then(|pin| pin.split_once('/'));
    if let Some((entity, id)) = named {
        *pin = format!("{entity}/{}", ids::resolve(tx, device, entity, id)?).into();
    }
    Ok(())
}

fn resolve_in(tx: &dyn Transaction, device: &str, declared: &[Field], fields: &mut Fields) -> Result<()> {
    for field in declared {
        let Some(value) = fields.get_mut(&field.name) else {
            continue;
        };
        match (&field.kind, value) {
            (FieldType::Reference { entity }, Value::String(id)) => {
                *id = ids::resolve(tx, device, entity, id)?
            }
            (FieldType::Object { fields: parts }, Value::Object(object)) => {
                resolve_in(tx, device, parts, object)?
            }
            (
                FieldType::List { fields: parts, .. } | FieldType::Log { fields: parts, .. },
                Value::Array(items),
            ) => {
                for item in items.iter_mut().filter_map(Value::as_object_mut) {
                    resolve_in(tx, device, parts, item)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The ids at a path of a pack's `sync_along`: `assetId`, or `partsUsed.partId` for each item of a list.
pub fn at_path(fields: &dyn Values, path: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    if let Some(value) = fields.value(first) {
        walk(&value, rest, &mut found);
    }
    found
}

fn walk(value: &Value, rest: Option<&str>, found: &mut BTreeSet<String>) {
    match (value, rest) {
        (Value::Array(items), _) => items.iter().for_each(|item| walk(item, rest, found)),
        (Value::String(id), None) if !id.is_empty() => {
            found.insert(id.clone());
        }
        (Value::Object(object), Some(path)) => found.extend(at_path(object, path)),
        _ => {}
    }
}
