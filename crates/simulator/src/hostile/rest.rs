//! The same attacks by plain REST: with forged ids, tags, keys, filters and pages.

use holdfast_core::{pack::Packs, protocol::entity_tag};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Attack, Knowledge, Verb, operations};
use crate::rng::Seeded;

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A request for one record, a list, its history, a conflict or the audit.
pub fn request(rng: &Seeded, packs: &Packs, known: &mut Knowledge) -> Attack {
    let mut operation = operations::operation(rng, packs, known);
    let plural = packs
        .entity(&operation.entity_type)
        .map_or("people", |entity| entity.plural.as_str());
    let id = encoded(&operation.entity_id);
    let of_record = format!("/api/v1/{plural}/{id}");
    let fields = Value::Object(std::mem::take(&mut operation.payload));
    let (name, verb, path, body) = match rng.below(14) {
        0 | 1 => ("a list", Verb::Get, list(rng, packs, known, plural), None),
        2 | 3 => ("a record", Verb::Get, of_record, None),
        4 | 5 => ("a history", Verb::Get, history(rng, &of_record), None),
        6 | 7 => (
            "a REST create",
            Verb::Post,
            format!("/api/v1/{plural}"),
            Some(claimed(rng, known, fields)),
        ),
        8 | 9 => ("a REST update", Verb::Patch, of_record, Some(fields)),
        10 => ("a REST delete", Verb::Delete, of_record, None),
        11 => (
            "a REST resolution",
            Verb::Post,
            format!("/api/v1/conflicts/{id}/resolve"),
            Some(json!({ "resolution": { "title": { "choice": "mine" } } })),
        ),
        12 => ("the audit", Verb::Get, "/api/v1/audit?limit=100".to_owned(), None),
        _ => (
            "a restore from the audit",
            Verb::Post,
            format!("/api/v1/audit/{id}/restore"),
            Some(json!({})),
        ),
    };
    Attack {
        name,
        verb,
        path,
        body: body.map(|body| body.to_string()),
        headers: headers(rng, known, verb),
    }
}

/// A page of a list: filtered by what others typed or are, from anywhere, of any size.
fn list(rng: &Seeded, packs: &Packs, known: &Knowledge, plural: &str) -> String {
    let mut path = format!("/api/v1/{plural}?limit=");
    path.push_str(
        rng.pick(&["50", "500", "501", "0", "-1", "1"])
            .copied()
            .unwrap_or("50"),
    );
    let fields = packs.entity_by_plural(plural).map(|entity| &entity.fields);
    if let Some(field) = fields
        .and_then(|fields| rng.pick(fields))
        .filter(|_| rng.chance(500))
    {
        let seen = rng
            .pick(&known.records)
            .and_then(|seen| seen.fields.get(&field.name));
        let seen = seen.map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
        let guessed = rng.pick(&known.foreign.users).cloned();
        let value = seen.filter(|_| rng.chance(500)).or(guessed).unwrap_or_default();
        path.push_str(&format!("&{}={}", encoded(&field.name), encoded(&value)));
    }
    if rng.chance(300) {
        let page = rng.pick(&known.foreign.ids).cloned().unwrap_or_default();
        path.push_str(&format!("&page={}", encoded(&page)));
    }
    if rng.chance(60) {
        path.push_str("&_localId=x");
    }
    path
}

fn history(rng: &Seeded, of_record: &str) -> String {
    match rng.below(4) {
        0 => format!("{of_record}/history"),
        1 => format!("{of_record}/history?after={}", rng.below(4)),
        2 => format!("{of_record}/history?before={}&limit=500", u64::MAX),
        _ => format!("{of_record}/history?before={}&limit=1", rng.between(1, 9)),
    }
}

/// A create may claim to be known already, under an id of its device or of the server's.
fn claimed(rng: &Seeded, known: &Knowledge, mut fields: Value) -> Value {
    if rng.chance(400) {
        let ids = [known.made_ids.as_slice(), &known.foreign.ids].concat();
        fields["_localId"] = json!(rng.pick(&ids));
    }
    fields
}

/// A tag of what it was shown or of nothing, a key of its own or of others.
fn headers(rng: &Seeded, known: &Knowledge, verb: Verb) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if verb != Verb::Get && rng.chance(600) {
        headers.push(("if-match", tag(rng, known)));
    }
    if verb == Verb::Get && rng.chance(300) {
        headers.push(("if-none-match", tag(rng, known)));
    }
    if verb != Verb::Get && rng.chance(400) {
        let keys = &known.foreign.keys;
        headers.extend(rng.pick(keys).map(|key| ("idempotency-key", key.clone())));
    }
    headers
}

fn tag(rng: &Seeded, known: &Knowledge) -> String {
    let cursors = [known.cursors.as_slice(), &known.foreign.cursors].concat();
    let parts: Vec<&str> = rng
        .pick(&cursors)
        .map_or(Vec::new(), |cursor| cursor.split('.').collect());
    let part = |at: usize| parts.get(at).copied().unwrap_or("e");
    let (epoch, start) = (part(1), part(2));
    let version = rng.below(9);
    match rng.below(8) {
        0 | 1 => "*".to_owned(),
        2 => entity_tag(epoch, version),
        3 => format!("W/{}", entity_tag(&format!("{epoch}-{start}"), version)),
        4 => "\"3\", \"".to_owned(),
        5 => (1..9)
            .map(|version| entity_tag(&format!("{epoch}-{start}"), version))
            .collect::<Vec<_>>()
            .join(", "),
        _ => entity_tag(&format!("{epoch}-{start}"), version),
    }
}
