//! The one form in which a value is stored, whatever way it came: typed, sent, imported, or taken from a conflict.

use serde_json::{Value, json};

use super::{Entity, Field, FieldType};
use crate::{Fields, decimal::Decimal, timestamp};

/// From here on doubles are whole numbers apart: one that is as large has lost digits on its way.
pub(super) const DOUBLES_LOSE_DIGITS: f64 = 9_007_199_254_740_992.0;

/// Parts of a location that are numbers. They are measured, so the nearest double says enough.
const MEASURED: [&str; 3] = ["latitude", "longitude", "accuracy"];

/// Brings a record's values into their canonical form: instants in UTC, numbers as JSON numbers where JavaScript keeps
/// them and as their digits where it does not. What is no value of its field's type stays as it is, to be refused.
pub fn canonical(entity: &Entity, fields: &mut Fields) {
    parts(&entity.fields, fields);
}

fn parts(declared: &[Field], fields: &mut Fields) {
    for field in declared {
        if let Some(value) = fields.get_mut(&field.name) {
            canonical_value(&field.kind, value);
        }
    }
}

/// As [`canonical`], for one value of a type.
pub fn canonical_value(kind: &FieldType, value: &mut Value) {
    match (kind, &mut *value) {
        (FieldType::Number { .. } | FieldType::Counter, _) => number(value),
        (FieldType::Datetime, Value::String(text)) => instant(text),
        (FieldType::Location, Value::Object(place)) => {
            for name in MEASURED {
                if let Some(part) = place.get_mut(name)
                    && part.is_string()
                    && let Some(number) = Decimal::of(part)
                {
                    *part = json!(number.to_f64());
                }
            }
        }
        (FieldType::Object { fields }, Value::Object(object)) => parts(fields, object),
        (FieldType::List { fields, .. } | FieldType::Log { fields, .. }, Value::Array(items)) => {
            for item in items {
                if let Value::Object(item) = item {
                    parts(fields, item);
                }
            }
        }
        _ => {}
    }
}

fn number(value: &mut Value) {
    let is_whole = value.is_i64() || value.is_u64();
    let lost_digits = !is_whole && value.as_f64().is_some_and(|n| n.abs() >= DOUBLES_LOSE_DIGITS);
    if !lost_digits && let Some(number) = Decimal::of(value) {
        *value = number.to_value();
    }
}

/// One that is in UTC already keeps its digits: `08:30:00.000Z` is as good as `08:30:00Z`, and stored values stay.
fn instant(text: &mut String) {
    if !timestamp::is_in_utc(text)
        && let Some(instant) = timestamp::parse(text)
    {
        *text = timestamp::in_utc(instant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: &str) -> Field {
        let inner = json!({ "name": "amount", "label": "", "type": "number" });
        let mut field = json!({ "name": "value", "label": "", "type": kind });
        if matches!(kind, "list" | "object") {
            field["key"] = json!("id");
            field["fields"] = json!([inner]);
        }
        serde_json::from_value(field).unwrap()
    }

    #[test]
    fn a_value_has_one_form_and_what_is_none_stays() {
        let table = [
            ("number", json!(1.0), json!(1)),
            ("number", json!(-0.0), json!(0)),
            ("number", json!("12.50"), json!(12.5)),
            ("number", json!("1e3"), json!(1000)),
            (
                "number",
                json!(9_007_199_254_740_991_i64),
                json!(9_007_199_254_740_991_i64),
            ),
            (
                "number",
                json!(9_007_199_254_740_993_i64),
                json!("9007199254740993"),
            ),
            ("counter", json!(u64::MAX), json!("18446744073709551615")),
            (
                "number",
                json!("0.1234567890123456789"),
                json!("0.1234567890123456789"),
            ),
            ("number", json!(1e300), json!(1e300)),
            ("number", json!("twelve"), json!("twelve")),
            ("number", json!(" 12"), json!(" 12")),
            ("text", json!("12.50"), json!("12.50")),
            (
                "datetime",
                json!("2026-11-21T08:30:00.000Z"),
                json!("2026-11-21T08:30:00.000Z"),
            ),
            (
                "datetime",
                json!("2026-11-21T01:00:00+05:00"),
                json!("2026-11-20T20:00:00Z"),
            ),
            (
                "datetime",
                json!("2026-11-21 08:30:00.5z"),
                json!("2026-11-21T08:30:00.500Z"),
            ),
            ("datetime", json!("2026-11-21T08:30"), json!("2026-11-21T08:30")),
            (
                "location",
                json!({ "latitude": "52.1", "name": "5" }),
                json!({ "latitude": 52.1, "name": "5" }),
            ),
            (
                "list",
                json!([{ "id": "1", "amount": "2.0" }, 7]),
                json!([{ "id": "1", "amount": 2 }, 7]),
            ),
            ("object", json!({ "amount": "2.0" }), json!({ "amount": 2 })),
            ("json", json!({ "amount": "2.0" }), json!({ "amount": "2.0" })),
        ];
        for (kind, value, expected) in table {
            let mut fields = Fields::from_iter([("value".to_owned(), value.clone())]);
            parts(&[field(kind)], &mut fields);
            assert_eq!(fields["value"], expected, "{kind} {value}");
            parts(&[field(kind)], &mut fields);
            assert_eq!(fields["value"], expected, "{kind} {value}, once more");
        }
    }
}
