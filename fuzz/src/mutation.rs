//! Valid JSON broken in a few places, as bytes direct.

use arbitrary::Unstructured;
use serde_json::{Map, Value, json};

/// A number below `bound`; 0 once the bytes are used up.
pub fn below(bytes: &mut Unstructured<'_>, bound: usize) -> usize {
    bytes.choose_index(bound.max(1)).unwrap_or_default()
}

/// Text that is often a name which means something somewhere.
pub fn text(bytes: &mut Unstructured<'_>) -> String {
    const TELLING: [&str; 12] = [
        "",
        "update",
        "create",
        "work-order",
        "order",
        "$user",
        "_version",
        "2026-11-21T08:30:00Z",
        "WO-000001",
        "list",
        "9007199254740993",
        "\u{0}\u{fffd}é\u{202e}",
    ];
    match below(bytes, 4) {
        0 => bytes.arbitrary::<String>().unwrap_or_default(),
        _ => TELLING[below(bytes, TELLING.len())].to_owned(),
    }
}

/// Any JSON, not deep.
pub fn any_json(bytes: &mut Unstructured<'_>, depth: usize) -> Value {
    match below(bytes, if depth == 0 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => json!(bytes.arbitrary::<bool>().unwrap_or_default()),
        2 => json!(bytes.arbitrary::<i64>().unwrap_or_default()),
        3 => json!(bytes.arbitrary::<f64>().unwrap_or_default()),
        4 => json!(bytes.arbitrary::<u8>().unwrap_or_default()),
        5 => json!(text(bytes)),
        6 => (0..below(bytes, 4)).map(|_| any_json(bytes, depth - 1)).collect(),
        _ => {
            let parts = (0..below(bytes, 4)).map(|_| (text(bytes), any_json(bytes, depth - 1)));
            Value::Object(parts.collect::<Map<_, _>>())
        }
    }
}

/// Breaks the value in one place: something else stands there, or nothing, or it stands there twice.
pub fn break_one(value: &mut Value, bytes: &mut Unstructured<'_>) {
    let here = below(bytes, 4) == 0;
    match value {
        Value::Object(fields) if !here && !fields.is_empty() => break_field(fields, bytes),
        Value::Array(items) if !here && !items.is_empty() => {
            let at = below(bytes, items.len());
            match below(bytes, 4) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => break_one(&mut items[at], bytes),
            }
        }
        _ => *value = any_json(bytes, 2),
    }
}

fn break_field(fields: &mut Map<String, Value>, bytes: &mut Unstructured<'_>) {
    let Some(name) = fields.keys().nth(below(bytes, fields.len())).cloned() else {
        return;
    };
    match below(bytes, 5) {
        0 => drop(fields.remove(&name)),
        1 => drop(fields.insert(text(bytes), any_json(bytes, 2))),
        _ => {
            if let Some(part) = fields.get_mut(&name) {
                break_one(part, bytes);
            }
        }
    }
}

/// One of the samples, broken in up to three places.
pub fn broken_sample(samples: &[impl AsRef<str>], bytes: &mut Unstructured<'_>) -> Value {
    let sample = &samples[below(bytes, samples.len())];
    let mut value = serde_json::from_str(sample.as_ref()).expect("samples are JSON");
    for _ in 0..below(bytes, 4) {
        break_one(&mut value, bytes);
    }
    value
}
