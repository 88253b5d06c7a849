use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Fields,
    pack::{Entity, Field, FieldType, validate},
    record::Operation,
};
use serde_json::Value;

use super::{now, packs, read};

const FILES: [&str; 2] = ["maintenance.demo.json", "service-desk.demo.json"];
const ACCOUNTS: [&str; 3] = ["technician", "supervisor", "admin"];

/// Records by entity, of all files, times resolved to one instant.
fn records() -> BTreeMap<String, Vec<(String, Fields)>> {
    let mut all: BTreeMap<String, Vec<(String, Fields)>> = BTreeMap::new();
    for file in FILES {
        let content: BTreeMap<String, Vec<Fields>> = serde_json::from_str(&read(file)).unwrap();
        for (entity, rows) in content {
            let row = |mut fields: Fields| {
                let id = fields.remove("id").unwrap().as_str().unwrap().to_owned();
                fields.values_mut().for_each(resolve);
                (id, fields)
            };
            all.entry(entity).or_default().extend(rows.into_iter().map(row));
        }
    }
    all
}

fn resolve(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("$now") => {
            let form = text["$now".len()..]
                .chars()
                .all(|c| "+-0123456789dhm".contains(c));
            assert!(form, "{text} is no relative time");
            *value = Value::String(now().to_rfc3339());
        }
        Value::Array(items) => items.iter_mut().for_each(resolve),
        Value::Object(parts) => parts.values_mut().for_each(resolve),
        _ => {}
    }
}

#[test]
fn every_record_fits_its_entity() {
    let packs = packs();
    for (name, rows) in records() {
        let entity = packs.entity(&name).unwrap_or_else(|| panic!("no entity {name}"));
        let mut ids = BTreeSet::new();
        for (id, fields) in rows {
            assert!(ids.insert(id.clone()), "{id} stands twice");
            assert!(
                id.starts_with(&entity.id_prefix),
                "{id} does not start with {}",
                entity.id_prefix
            );
            let errors = validate(entity, Operation::Create, &fields, &Fields::new());
            // The seeder is the server: it may set what people may not.
            let errors: Vec<_> = errors
                .into_iter()
                .filter(|error| error.message != "cannot be changed")
                .collect();
            assert!(errors.is_empty(), "{id}: {errors:?}");
            assert!(
                entity
                    .fields
                    .iter()
                    .all(|f| f.computed.is_none() || !fields.contains_key(&f.name)),
                "{id}"
            );
        }
    }
}

#[test]
fn every_reference_finds_its_record() {
    let packs = packs();
    let records = records();
    let mut known: BTreeSet<(String, String)> = ACCOUNTS
        .iter()
        .map(|id| ("person".to_owned(), (*id).to_owned()))
        .collect();
    known.extend(
        records
            .iter()
            .flat_map(|(entity, rows)| rows.iter().map(move |(id, _)| (entity.clone(), id.clone()))),
    );
    for (name, rows) in &records {
        for (id, fields) in rows {
            for (target, value) in references(&packs.entity(name).unwrap().fields, fields) {
                assert!(
                    known.contains(&(target.clone(), value.clone())),
                    "{id} names {target} {value}"
                );
            }
        }
    }
}

fn references(declared: &[Field], fields: &Fields) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for field in declared {
        let Some(value) = fields.get(&field.name) else {
            continue;
        };
        match &field.kind {
            FieldType::Reference { entity } => {
                found.push((entity.clone(), value.as_str().unwrap().to_owned()))
            }
            FieldType::List { fields, .. } | FieldType::Log { fields, .. } => {
                let items = value.as_array().unwrap().iter().filter_map(Value::as_object);
                found.extend(items.flat_map(|item| references(fields, item)));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn there_is_work_in_every_status() {
    let packs = packs();
    let records = records();
    for (name, least) in [
        ("work-order", 40),
        ("asset", 10),
        ("inventory-part", 25),
        ("client", 12),
        ("managed-device", 30),
        ("alert", 25),
        ("ticket", 20),
    ] {
        assert!(records[name].len() >= least, "{name}: {}", records[name].len());
    }
    let status_of = |entity: &Entity| match &entity.field("status").unwrap().kind {
        FieldType::Enum { choices, .. } => choices
            .iter()
            .map(|choice| choice.value.clone())
            .collect::<Vec<_>>(),
        other => panic!("status is {other:?}"),
    };
    for name in ["work-order", "ticket", "alert"] {
        for status in status_of(packs.entity(name).unwrap()) {
            let held = records[name]
                .iter()
                .any(|(_, fields)| fields["status"] == status.as_str());
            assert!(held, "no {name} is {status}");
        }
    }
}
