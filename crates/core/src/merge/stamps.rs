//! Stamped parts ([`crate::pack::Stamp`]) in a merge: what an item was stamped with stays with it.
//!
//! A device knows its own claim, and the server has corrected it since: so stamps are no difference between two values,
//! and of an item that the server has, its stamps are the ones that count.

use serde_json::Value;

use super::list::{borrowed, items};
use crate::{
    Fields, ordered,
    pack::{Field, FieldType, same::item_key, value::equal},
};

/// The author's value with the stamps of the server's, for what both have.
pub(super) fn kept(kind: &FieldType, mine: &Value, theirs: &Value) -> Value {
    match (kind, mine, theirs) {
        _ if !kind.has_stamps() => mine.clone(),
        (FieldType::Object { fields }, Value::Object(own), Value::Object(stored)) => {
            Value::Object(kept_parts(fields, own, stored))
        }
        (FieldType::List { key, fields } | FieldType::Log { key, fields }, Value::Array(own), _) => {
            let stored = items(key, fields, theirs);
            let stored = ordered::map(borrowed(&stored));
            let of = |item: &Value| {
                let stored = item_key(key, fields, item).and_then(|id| stored.get(&*id));
                match (item, stored) {
                    (Value::Object(own), Some(Value::Object(stored))) => {
                        Value::Object(kept_parts(fields, own, stored))
                    }
                    _ => item.clone(),
                }
            };
            Value::Array(own.iter().map(of).collect())
        }
        _ => mine.clone(),
    }
}

fn kept_parts(fields: &[Field], mine: &Fields, theirs: &Fields) -> Fields {
    let mut parts = mine.clone();
    for field in fields.iter().filter(|field| field.kind.has_stamps()) {
        if let (Some(own), Some(stored)) = (mine.get(&field.name), theirs.get(&field.name)) {
            parts.insert(field.name.clone(), kept(&field.kind, own, stored));
        }
    }
    settle(fields, &mut parts, mine, theirs);
    parts
}

/// Gives an item that both sides have its stamps: the server's. One that tells of another part comes from the side whose
/// value of that part stands.
pub(super) fn settle(fields: &[Field], merged: &mut Fields, mine: &Fields, theirs: &Fields) {
    let get = |side: &Fields, name: &str| side.get(name).cloned().unwrap_or_default();
    for field in fields.iter().filter(|field| field.stamped.is_some()) {
        let told_by_mine = field
            .stamped_when
            .as_deref()
            .is_some_and(|flag| !equal(&get(merged, flag), &get(theirs, flag)));
        let stamp = get(if told_by_mine { mine } else { theirs }, &field.name);
        match stamp {
            Value::Null => merged.remove(&field.name),
            stamp => merged.insert(field.name.clone(), stamp),
        };
    }
}
