//! The merge, of values that fit their fields and of values that do not.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use arbitrary::Unstructured;
use holdfast_core::{
    Fields,
    decimal::Decimal,
    merge::{Author, MergeInput, MergedRecord, merge_record},
    pack::{Entity, Field, FieldType},
};
use serde_json::{Value, json};

use crate::mutation::{any_json, below, text};

/// A record with a field of each type under each strategy.
fn entity() -> &'static Entity {
    static ENTITY: OnceLock<Entity> = OnceLock::new();
    ENTITY.get_or_init(|| {
        let item = json!([
            { "name": "k", "label": "Key", "type": "text" },
            { "name": "v", "label": "Value", "type": "number" },
            { "name": "n", "label": "Count", "type": "counter" },
            { "name": "s", "label": "Set", "type": "set" },
            { "name": "t", "label": "Text", "type": "longText" },
            { "name": "l", "label": "List", "type": "list", "key": "k", "fields": [
                { "name": "k", "label": "Key", "type": "text" }, { "name": "n", "label": "Count", "type": "counter" } ] },
        ]);
        let mut fields = vec![
            json!({ "name": "sum", "label": "Sum", "type": "number", "computed": { "sum": { "list": "list-merge", "field": "n", "times": "v" } } }),
        ];
        let kinds = ["text", "longText", "number", "bool", "object", "list", "log", "set", "counter", "location", "json"];
        let strategies = ["server-wins", "client-wins", "merge", "last-write-wins", "first-write-wins", "manual"];
        for kind in kinds {
            for strategy in strategies {
                fields.push(json!({ "name": format!("{kind}-{strategy}"), "label": "F", "type": kind, "strategy": strategy,
                    "key": "k", "fields": item }));
            }
        }
        for kind in ["text", "longText", "set"] {
            for strategy in strategies {
                fields.push(json!({ "name": format!("folded-{kind}-{strategy}"), "label": "F", "type": kind, "strategy": strategy,
                    "normalize": ["trim", "casefold"] }));
            }
        }
        let declared = json!({
            "name": "thing", "plural": "things", "title": "Thing", "titlePlural": "Things", "idField": "thingId",
            "idPrefix": "T-", "titleField": "text-merge", "access": [], "fields": fields,
        });
        serde_json::from_value(declared).expect("the entity is sound")
    })
}

/// The merge has one answer, invents no field, loses no log entry, and of what it did not change says so.
pub fn merge(bytes: &[u8]) {
    let mut directions = Unstructured::new(bytes);
    let mut current = some_fields(&mut directions);
    current.retain(|_, value| !value.is_null());
    let (base, payload) = (some_fields(&mut directions), some_fields(&mut directions));
    let merged = run(&current, &base, &payload);
    let turned: Fields = payload.clone().into_iter().rev().collect();
    assert_eq!(
        merged.fields,
        run(&current, &base, &turned).fields,
        "whatever the order of the fields"
    );
    for (name, value) in &merged.fields {
        assert!(
            current.contains_key(name) || payload.contains_key(name) || name == "sum",
            "{name} came from nowhere"
        );
        assert!(!value.is_null(), "{name} is null, and absent means the same");
    }
    for change in &merged.settled {
        assert_eq!(payload.get(&change.field), Some(&change.mine));
    }
    for field in &entity().fields {
        let (before, after) = (current.get(&field.name), merged.fields.get(&field.name));
        if let (FieldType::Log { key, .. }, Some(before)) = (&field.kind, before) {
            keeps_entries(key, before, after.unwrap_or(&Value::Null));
        }
        if field.computed.is_none() && !merged.changed.contains(&field.name) {
            assert!(
                before.map(plain) == after.map(plain),
                "{}: {before:?} became {after:?}",
                field.name
            );
        }
    }
}

fn run(current: &Fields, base: &Fields, payload: &Fields) -> MergedRecord {
    let written_by: BTreeMap<String, Author> = BTreeMap::new();
    let remembered = BTreeMap::new();
    merge_record(&MergeInput {
        entity: entity(),
        current,
        written_by: &written_by,
        payload,
        base,
        remembered: &remembered,
    })
}

/// The same but for what JSON writers are free in: `1` is `1.0`, a number that JavaScript does not keep is its digits as
/// text, and in an object `null` is as good as absent.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => match Decimal::of(value) {
            Some(number) => json!(number.to_string()),
            None => json!(number.as_f64()),
        },
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(parts) => {
            let there = parts.iter().filter(|(_, part)| !part.is_null());
            there.map(|(name, part)| (name.clone(), plain(part))).collect()
        }
        other => other.clone(),
    }
}

fn keeps_entries(key: &str, before: &Value, after: &Value) {
    let keyed = |value: &Value| -> Vec<Value> {
        let items = value.as_array().into_iter().flatten();
        items
            .filter(|item| item.get(key).is_some_and(Value::is_string))
            .cloned()
            .collect()
    };
    let (before, after) = (keyed(before), keyed(after));
    assert!(
        before.iter().all(|entry| after.contains(entry)),
        "a log lost an entry"
    );
}

fn some_fields(bytes: &mut Unstructured<'_>) -> Fields {
    let fields = &entity().fields;
    let chosen = (0..below(bytes, 8)).map(|_| {
        let field = &fields[below(bytes, fields.len())];
        (field.name.clone(), value_of(field, bytes))
    });
    chosen.filter(|(name, _)| name != "sum").collect()
}

/// Mostly what fits the field.
fn value_of(field: &Field, bytes: &mut Unstructured<'_>) -> Value {
    if below(bytes, 8) == 0 {
        return any_json(bytes, 2);
    }
    match &field.kind {
        FieldType::Text { .. } | FieldType::LongText { .. } => match below(bytes, 2) {
            0 => json!(text(bytes)),
            _ => (0..below(bytes, 5))
                .map(|_| ["one\n", "two\n", "three"][below(bytes, 3)])
                .collect::<String>()
                .into(),
        },
        FieldType::Number { .. } => json!(bytes.arbitrary::<f32>().unwrap_or_default()),
        FieldType::Counter => match below(bytes, 3) {
            0 => json!(bytes.arbitrary::<i64>().unwrap_or_default()),
            _ => json!(bytes.arbitrary::<i8>().unwrap_or_default()),
        },
        FieldType::Bool => json!(below(bytes, 2) == 0),
        FieldType::Set { .. } => (0..below(bytes, 4))
            .map(|_| ["a", "b", "c"][below(bytes, 3)])
            .collect(),
        FieldType::Object { fields } => item(fields, bytes),
        FieldType::List { fields, .. } | FieldType::Log { fields, .. } => {
            (0..below(bytes, 4)).map(|_| item(fields, bytes)).collect()
        }
        _ => any_json(bytes, 2),
    }
}

fn item(fields: &[Field], bytes: &mut Unstructured<'_>) -> Value {
    let mut item: Fields = Fields::new();
    for field in fields {
        let value = match field.name.as_str() {
            "k" => json!(["a", "b", "c", "d"][below(bytes, 4)]),
            _ if below(bytes, 2) == 0 => continue,
            _ => value_of(field, bytes),
        };
        item.insert(field.name.clone(), value);
    }
    Value::Object(item)
}
