//! What a record claims for itself alone, as its entity's `unique` declares.

use serde_json::Value;

use super::{Entity, Field, FieldType, canonical_value};
use crate::{Fields, json, pack::same::set_keys, timestamp};

/// A value that only one record may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The fields of the set, joined by commas.
    pub set: String,
    /// What is compared.
    pub key: String,
}

impl Entity {
    /// The name of a set of unique fields, as claims carry it.
    pub fn unique_name(set: &[String]) -> String {
        set.join(",")
    }

    /// What a record with these fields claims. A set with a missing or empty part claims nothing.
    pub fn claims(&self, fields: &Fields) -> Vec<Claim> {
        let claim = |set: &Vec<String>| {
            let parts = set.iter().map(|name| part(self.field(name), fields.get(name)?));
            let parts: Option<Vec<Value>> = parts.collect();
            Some(Claim {
                set: Self::unique_name(set),
                key: json::text(&Value::Array(parts?)),
            })
        };
        self.unique.iter().filter_map(claim).collect()
    }
}

/// What is compared of a field's value; none, if it is no value.
fn part(field: Option<&Field>, value: &Value) -> Option<Value> {
    let form = field.map(|field| field.kind.form()).unwrap_or_default();
    let kind = field.map(|field| &field.kind);
    let mut value = value.clone();
    if let Some(kind) = kind {
        canonical_value(kind, &mut value);
    }
    match &value {
        Value::Null => None,
        Value::String(instant) if kind == Some(&FieldType::Datetime) => {
            Some(timestamp::sortable(instant).into())
        }
        Value::String(text) => {
            let key = form.key(text);
            (!key.is_empty()).then(|| Value::from(&*key))
        }
        Value::Array(_) if field.is_some_and(Field::is_set) => Some(set_keys(form, &value)),
        _ => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Entity, Fields};

    fn entity(unique: Value) -> Entity {
        let field = |name: &str, kind: &str, normalize: Value| json!({ "name": name, "label": name, "type": kind, "normalize": normalize });
        let declared = json!({
            "name": "thing", "plural": "things", "title": "Thing", "titlePlural": "Things", "idField": "thingId",
            "idPrefix": "T-", "titleField": "plain", "access": [], "unique": unique,
            "fields": [field("plain", "text", json!([])), field("folded", "text", json!(["trim", "casefold"])),
                field("composed", "text", json!("nfc")), field("number", "number", json!([])),
                field("time", "datetime", json!([])),
                field("tags", "set", json!("casefold"))],
        });
        serde_json::from_value(declared).unwrap()
    }

    fn keys(set: Value, fields: Value) -> Vec<String> {
        let fields: Fields = fields.as_object().unwrap().clone();
        let claims = entity(json!([set])).claims(&fields);
        claims.into_iter().map(|claim| claim.key).collect()
    }

    #[test]
    fn a_claim_is_the_same_where_the_form_says_so() {
        let table = [
            ("plain", json!("A-1"), json!("A-1"), true),
            ("plain", json!("A-1"), json!("a-1"), false),
            ("plain", json!("A-1"), json!("A-1 "), false),
            ("folded", json!("A-1"), json!(" ａ-１"), true),
            ("folded", json!("Café"), json!("CAFE\u{301}"), true),
            ("folded", json!("Café"), json!("Cafe"), false),
            ("composed", json!("Café"), json!("Cafe\u{301}"), true),
            ("composed", json!("Café"), json!("café"), false),
            ("number", json!(1), json!(1.0), true),
            (
                "number",
                json!(9_007_199_254_740_992_u64),
                json!(9_007_199_254_740_993_u64),
                false,
            ),
            ("number", json!(1), json!("1.0"), true),
            ("number", json!(1), json!("one"), false),
            (
                "time",
                json!("2026-11-21T01:00:00+05:00"),
                json!("2026-11-20T20:00:00.000Z"),
                true,
            ),
            (
                "tags",
                json!(["Red", "blue"]),
                json!(["BLUE", "red", "RED"]),
                true,
            ),
            ("tags", json!(["Red"]), json!(["blue"]), false),
        ];
        for (field, a, b, same) in table {
            let key = |value: &Value| keys(json!([field]), json!({ field: value }));
            assert_eq!(key(&a).len(), 1, "{a}");
            assert_eq!(key(&a) == key(&b), same, "{field}: {a} and {b}");
        }
    }

    #[test]
    fn what_is_no_value_claims_nothing() {
        let table = [
            (json!(["plain"]), json!({}), 0),
            (json!(["plain"]), json!({ "plain": null }), 0),
            (json!(["plain"]), json!({ "plain": "" }), 0),
            (json!(["plain"]), json!({ "plain": " " }), 1),
            (json!(["folded"]), json!({ "folded": " \u{3000}\u{200b}" }), 0),
            (
                json!(["plain", "folded"]),
                json!({ "plain": "a", "folded": "b" }),
                1,
            ),
            (
                json!(["plain", "folded"]),
                json!({ "plain": "a", "folded": "" }),
                0,
            ),
            (json!(["plain", "folded"]), json!({ "plain": "a" }), 0),
        ];
        for (set, fields, claims) in table {
            assert_eq!(keys(set, fields.clone()).len(), claims, "{fields}");
        }
    }
}
