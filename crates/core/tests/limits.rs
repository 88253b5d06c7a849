//! How much one write may say: each thing at its limit, and one beyond it.

#![allow(clippy::unwrap_used)]

use holdfast_core::{
    Fields,
    limits::{
        MAX_DEPTH, MAX_FAULTS, MAX_ITEMS, MAX_NAME_BYTES, MAX_PAYLOAD_BYTES, MAX_TEXT_CHARS, VALUE_BYTES,
        overlong, oversized, size,
    },
    pack::{Entity, validate},
    record::Operation,
};
use serde_json::{Value, json};

fn fields(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

fn faults(value: Value) -> Vec<String> {
    let found = oversized(&fields(json!({ "f": value, "other": 1 })));
    found
        .into_iter()
        .map(|fault| format!("{} {}", fault.field, fault.message))
        .collect()
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, level| {
        if level % 2 == 0 {
            json!([inner])
        } else {
            json!({ "a": inner })
        }
    })
}

#[test]
fn each_limit_holds_and_one_more_does_not() {
    let items = |count: usize| -> Value { (0..count).map(|at| json!(at.to_string())).collect() };
    let rows = |count: usize| -> Value { (0..count).map(|at| json!({ "k": at.to_string() })).collect() };
    let parts = |count: usize| Value::Object((0..count).map(|at| (at.to_string(), json!(0))).collect());
    let text = |count: usize| json!("ü".repeat(count));
    let table = [
        (
            nested(MAX_DEPTH),
            nested(MAX_DEPTH + 1),
            "f may be nested 16 levels deep, and is nested deeper",
        ),
        (
            items(MAX_ITEMS),
            items(MAX_ITEMS + 1),
            "f may have 2000 items, and has 2001",
        ),
        (
            rows(MAX_ITEMS),
            rows(MAX_ITEMS + 1),
            "f may have 2000 items, and has 2001",
        ),
        (
            json!([{ "in": items(MAX_ITEMS) }]),
            json!([{ "in": items(MAX_ITEMS + 1) }]),
            "f may have 2000 items, and has 2001",
        ),
        (
            parts(MAX_ITEMS),
            parts(MAX_ITEMS + 1),
            "f may have 2000 parts, and has 2001",
        ),
        (
            text(MAX_TEXT_CHARS),
            text(MAX_TEXT_CHARS + 1),
            "f may have 100000 characters, and has 100001",
        ),
        (
            json!([{ "in": text(MAX_TEXT_CHARS) }]),
            json!([{ "in": text(MAX_TEXT_CHARS + 1) }]),
            "f may have 100000 characters, and has 100001",
        ),
    ];
    for (at, beyond, fault) in table {
        assert_eq!(faults(at), [""; 0], "{fault}");
        assert_eq!(faults(beyond), [fault]);
    }
}

#[test]
fn a_write_has_a_size_as_a_whole() {
    let text = "x".repeat(MAX_TEXT_CHARS);
    let texts = |count: usize| {
        fields(
            (0..count)
                .map(|at| (format!("t{at}"), json!(text)))
                .collect::<Fields>()
                .into(),
        )
    };
    let each = MAX_TEXT_CHARS + VALUE_BYTES + 2;
    assert_eq!(size(&texts(10)), 10 * each);
    assert!(10 * each < MAX_PAYLOAD_BYTES && MAX_PAYLOAD_BYTES < 11 * each);
    assert!(oversized(&texts(10)).is_empty());
    assert_eq!(oversized(&texts(11)).len(), 1, "one fault, at the largest field");
    // Many small values take memory, too.
    let lists = json!({ "l": (0..MAX_ITEMS).map(|_| json!(vec![0; 30])).collect::<Vec<_>>() });
    assert!(lists.to_string().len() < MAX_PAYLOAD_BYTES / 8);
    assert_eq!(oversized(&fields(lists))[0].field, "l");
}

#[test]
fn names_have_a_length() {
    let (at, beyond) = ("x".repeat(MAX_NAME_BYTES), "x".repeat(MAX_NAME_BYTES + 1));
    assert!(overlong([("queueId", at.as_str())]).is_empty());
    let faults = overlong([("queueId", beyond.as_str()), ("kind", "short")]);
    assert_eq!(faults.len(), 1);
    assert_eq!(
        (faults[0].field.as_str(), faults[0].message.as_str()),
        ("queueId", "may have 128 bytes, and has 129")
    );
    assert_eq!(
        overlong(vec![("dependsOn", beyond.as_str()); 1_000]).len(),
        MAX_FAULTS
    );
}

/// A refusal is stored and sent: whatever was written, it is short.
#[test]
fn faults_are_few_and_short() {
    let long = "x".repeat(90_000);
    let entity: Entity = serde_json::from_value(json!({
        "name": "thing", "plural": "things", "title": "Thing", "titlePlural": "Things", "idField": "thingId", "idPrefix": "T-",
        "titleField": "rows", "access": [], "fields": [
            { "name": "rows", "label": "Rows", "type": "list", "key": "k", "fields": [{ "name": "k", "label": "K", "type": "text" }] },
            { "name": "tags", "label": "Tags", "type": "set", "choices": [{ "value": "a", "label": "A" }] },
            { "name": "pick", "label": "Pick", "type": "enum", "choices": [{ "value": "a", "label": "A" }] },
        ],
    }))
    .unwrap();
    let unknown: Fields = (0..1_000).map(|at| (format!("{at}{long}"), json!(1))).collect();
    let table = [
        json!({ "rows": vec![json!({ "k": 1 }); 2_000] }),
        json!({ "rows": vec![json!({ "k": "a" }); 2_000] }),
        json!({ "rows": [{ "k": "a", "colour": 1 }, { "k": "b", long.as_str(): 1 }] }),
        json!({ "tags": vec!["b"; 2_000] }),
        json!({ "tags": [long] }),
        json!({ "pick": long }),
        Value::Object(unknown),
    ];
    for payload in table {
        let payload = fields(payload);
        let faults = validate(&entity, Operation::Update, &payload, &Fields::new());
        assert!((1..=MAX_FAULTS).contains(&faults.len()));
        let longest = faults
            .iter()
            .map(|fault| fault.field.chars().count() + fault.message.chars().count())
            .max();
        assert!(longest.unwrap() < 400, "{:.400}", format!("{faults:?}"));
    }
}
