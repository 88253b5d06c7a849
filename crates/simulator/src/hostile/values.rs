//! Values for fields: such as the pack allows, and others.

use holdfast_core::{
    Fields,
    pack::{Entity, Field, FieldType},
};
use serde_json::{Value, json};

use super::{Knowledge, Seen};
use crate::rng::Seeded;

/// Names that no pack declares, or that mean something to the server.
const UNDECLARED: [&str; 8] = [
    "_localId",
    "_baseVersion",
    "_version2",
    "updatedAt",
    "maker",
    "secret",
    "__proto__",
    "id",
];

/// Characters of the longest text, as many as a simulated server bears often.
const LONGEST: usize = 3_000;

/// A value of the field's type, made from what was seen of it.
pub fn value(rng: &Seeded, known: &mut Knowledge, field: &Field, seen: &Value) -> Value {
    if rng.chance(40) {
        return misfit(rng, known);
    }
    match &field.kind {
        FieldType::Number { integer, .. } if *integer => json!(rng.below(10)),
        FieldType::Number { .. } => json!(rng.below(100)),
        FieldType::Bool => json!(rng.chance(500)),
        FieldType::Enum { choices, .. } => rng
            .pick(choices)
            .map_or(Value::Null, |choice| json!(choice.value)),
        FieldType::Datetime => json!("2026-02-01T10:00:00Z"),
        FieldType::Reference { entity } => reference(rng, known, entity),
        FieldType::Counter => json!(seen.as_i64().unwrap_or(0) + rng.between(1, 9) as i64),
        FieldType::Object { fields } => {
            let mut object = seen.as_object().cloned().unwrap_or_default();
            if let Some(part) = rng.pick(fields) {
                object.insert(part.name.clone(), json!(known.word()));
            }
            Value::Object(object)
        }
        FieldType::List { key, fields } | FieldType::Log { key, fields } => {
            list(rng, known, key, fields, seen)
        }
        FieldType::Set { .. } => {
            let mut items = seen.as_array().cloned().unwrap_or_default();
            items.push(json!(known.word()));
            json!(items)
        }
        _ if rng.chance(30) => json!(known.word().repeat(LONGEST / 8)),
        _ => json!(known.word()),
    }
}

fn list(rng: &Seeded, known: &mut Knowledge, key: &str, fields: &[Field], seen: &Value) -> Value {
    let mut items = seen.as_array().cloned().unwrap_or_default();
    match rng.below(5) {
        0 if !items.is_empty() => {
            items.remove(rng.below(items.len() as u64) as usize);
        }
        1 => items.reverse(),
        _ => {
            let mut item = Fields::from_iter([(key.to_owned(), json!(known.word()))]);
            let mut parts = fields.iter().filter(|field| field.name != key);
            if let Some(text) = parts.next() {
                item.insert(text.name.clone(), value(rng, known, text, &Value::Null));
            }
            // What the server stamps, it claims now and then.
            for part in parts.filter(|part| part.stamped.is_some()) {
                if rng.chance(200) {
                    item.insert(part.name.clone(), value(rng, known, part, &Value::Null));
                }
            }
            items.push(Value::Object(item));
        }
    }
    json!(items)
}

fn reference(rng: &Seeded, known: &Knowledge, entity: &str) -> Value {
    let people = entity == holdfast_core::system::USER || entity == "person";
    if people {
        let other = rng.pick(&known.foreign.users).filter(|_| rng.chance(300));
        return json!(other.unwrap_or(&known.user));
    }
    let of_entity: Vec<&Seen> = known
        .records
        .iter()
        .filter(|seen| seen.entity == entity)
        .collect();
    match rng.pick(&of_entity) {
        Some(seen) if rng.chance(700) => json!(seen.id),
        _ => rng.pick(&known.foreign.ids).map_or(Value::Null, |id| json!(id)),
    }
}

/// A value that fits hardly any field.
fn misfit(rng: &Seeded, known: &mut Knowledge) -> Value {
    match rng.below(6) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(1e300),
        3 => json!([[known.word()]]),
        4 => json!({ "taskId": { "entryId": known.word() } }),
        _ => json!(true),
    }
}

/// All that a new record needs, its author's to see: the rest of an attack is to get this far.
pub fn whole(rng: &Seeded, known: &mut Knowledge, entity: &Entity) -> Fields {
    let mut fields = Fields::new();
    for field in entity
        .fields
        .iter()
        .filter(|field| !field.read_only && field.computed.is_none())
    {
        let site = field.name == "siteId";
        let person = matches!(&field.kind, FieldType::Reference { entity } if entity == "person");
        let given = match () {
            () if site => Some(json!(rng.pick(&["north", "south"]))),
            () if person => Some(json!(known.user)),
            () if field.required => Some(value(rng, known, field, &Value::Null)),
            () => rng.chance(200).then(|| value(rng, known, field, &Value::Null)),
        };
        if let Some(given) = given {
            fields.insert(field.name.clone(), given);
        }
    }
    fields
}

/// New values for one to three fields, over what was seen of the record.
pub fn changes(rng: &Seeded, known: &mut Knowledge, entity: &Entity, seen: &Fields) -> Fields {
    let mut changed = Fields::new();
    for _ in 0..rng.between(1, 3) {
        if let Some(field) = rng.pick(&entity.fields) {
            let before = seen.get(&field.name).cloned().unwrap_or_default();
            changed.insert(field.name.clone(), value(rng, known, field, &before));
        }
    }
    changed
}

/// Adds a field that nobody declares.
pub fn undeclare(rng: &Seeded, known: &mut Knowledge, entity: &Entity, fields: &mut Fields) {
    let id_field = [entity.id_field.as_str()];
    let names = [&UNDECLARED[..], &id_field].concat();
    if let Some(name) = rng.pick(&names) {
        fields.insert((*name).to_owned(), json!(known.word()));
    }
}
