//! Any values: records, sets, lists, as properties need them.

use std::collections::BTreeSet;

use holdfast_core::{
    Fields,
    pack::{Entity, Field},
};
use proptest::{collection::vec, prelude::*, sample::subsequence, strategy::Strategy as Generator};
use serde_json::{Value, json};

use super::{ALL_STRATEGIES, item_fields};

/// A record with a field of each type under each strategy: `set-merge`, `text-manual`…
pub fn entity() -> Entity {
    let kinds = [
        ("text", json!({ "type": "text" })),
        ("lines", json!({ "type": "longText" })),
        ("object", json!({ "type": "object", "fields": item_fields() })),
        (
            "list",
            json!({ "type": "list", "key": "k", "fields": item_fields() }),
        ),
        ("set", json!({ "type": "set" })),
        ("counter", json!({ "type": "counter" })),
        (
            "log",
            json!({ "type": "log", "key": "k", "fields": item_fields() }),
        ),
    ];
    let mut fields = vec![
        json!({ "name": "total", "label": "Total", "type": "number", "computed": { "sum": { "list": "list-merge", "field": "n" } } }),
    ];
    for (name, kind) in &kinds {
        for strategy in ALL_STRATEGIES {
            let mut declared = kind.clone();
            declared["name"] = json!(format!("{name}-{}", strategy.name()));
            declared["label"] = json!(name);
            declared["strategy"] = json!(strategy.name());
            fields.push(declared);
        }
    }
    serde_json::from_value(json!({
        "name": "thing", "plural": "things", "title": "Thing", "titlePlural": "Things", "idField": "thingId", "idPrefix": "T-",
        "titleField": "text-merge", "access": [], "fields": fields,
    }))
    .unwrap()
}

fn key() -> impl Generator<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "d", "e", "f"]).prop_map(str::to_owned)
}

pub fn set_value() -> impl Generator<Value = Value> {
    vec(key(), 0..5).prop_map(|items| json!(items.into_iter().collect::<BTreeSet<_>>()))
}

fn item(key: String, v: Option<i64>, n: i64, s: Value) -> Value {
    let mut item = json!({ "k": key, "n": n, "s": s });
    if let Some(v) = v {
        item["v"] = json!(v);
    }
    item
}

pub fn list_value() -> impl Generator<Value = Value> {
    let keys = subsequence(vec!["a", "b", "c", "d", "e", "f"], 0..=6).prop_shuffle();
    (
        keys,
        vec((proptest::option::of(0i64..3), 0i64..4, set_value()), 6),
    )
        .prop_map(|(keys, parts)| {
            let items = keys
                .into_iter()
                .zip(parts)
                .map(|(k, (v, n, s))| item(k.to_owned(), v, n, s));
            Value::Array(items.collect())
        })
}

fn value_of(field: &Field) -> BoxedStrategy<Value> {
    let name = field.name.split('-').next().unwrap();
    let some = match name {
        "text" => "[a-c]{0,3}".prop_map(Value::from).boxed(),
        "lines" => vec(prop::sample::select(vec!["one\n", "two\n", "three\n"]), 0..5)
            .prop_map(|l| json!(l.concat()))
            .boxed(),
        "object" => (proptest::option::of(0i64..3), 0i64..4, set_value())
            .prop_map(|(v, n, s)| item("o".into(), v, n, s))
            .boxed(),
        "set" => set_value().boxed(),
        "counter" => (-9i64..9).prop_map(Value::from).boxed(),
        _ => list_value().boxed(),
    };
    prop_oneof![1 => Just(Value::Null), 5 => some].boxed()
}

/// Values for some of the record's fields; `null` is left out of what is stored.
pub fn some_fields() -> impl Generator<Value = Fields> {
    let names: Vec<Field> = entity()
        .fields
        .into_iter()
        .filter(|field| field.computed.is_none())
        .collect();
    subsequence(names, 0..12).prop_flat_map(|chosen| {
        let values: Vec<_> = chosen.iter().map(value_of).collect();
        let names: Vec<String> = chosen.into_iter().map(|field| field.name).collect();
        values.prop_map(move |values| names.iter().cloned().zip(values).collect::<Fields>())
    })
}
