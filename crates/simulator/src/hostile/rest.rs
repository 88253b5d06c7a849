//! The same attacks by plain REST, where the server speaks HTTP.

use holdfast_core::pack::Packs;
use serde_json::{Value, json};

use super::{Attack, Knowledge, Verb, operations};
use crate::rng::Seeded;

/// A request for one record, a list, its history, a conflict or the audit.
pub fn request(rng: &Seeded, packs: &Packs, known: &mut Knowledge) -> Attack {
    let mut operation = operations::operation(rng, packs, known);
    let plural = packs
        .entity(&operation.entity_type)
        .map_or("people", |entity| entity.plural.as_str());
    let id = percent_encoding::utf8_percent_encode(&operation.entity_id, percent_encoding::NON_ALPHANUMERIC);
    let of_record = format!("/api/v1/{plural}/{id}");
    let fields = Value::Object(std::mem::take(&mut operation.payload));
    let (name, verb, path, body) = match rng.below(12) {
        0 => ("a list", Verb::Get, format!("/api/v1/{plural}?limit=50"), None),
        1 | 2 => ("a record", Verb::Get, of_record, None),
        3 => ("a history", Verb::Get, format!("{of_record}/history"), None),
        4 | 5 => (
            "a REST create",
            Verb::Post,
            format!("/api/v1/{plural}"),
            Some(fields),
        ),
        6 | 7 => ("a REST update", Verb::Patch, of_record, Some(fields)),
        8 => ("a REST delete", Verb::Delete, of_record, None),
        9 => (
            "a REST resolution",
            Verb::Post,
            format!("/api/v1/conflicts/{id}/resolve"),
            Some(json!({ "resolution": { "title": { "choice": "mine" } } })),
        ),
        10 => ("the audit", Verb::Get, "/api/v1/audit?limit=100".to_owned(), None),
        _ => (
            "a restore from the audit",
            Verb::Post,
            format!("/api/v1/audit/{id}/restore"),
            Some(json!({})),
        ),
    };
    let body = body.map(|body| body.to_string());
    Attack {
        name,
        verb,
        path,
        body,
    }
}
