//! Stamped fields and writers as a pack declares them.

use holdfast_core::{
    json::from_slice,
    pack::{Pack, Packs, Stamp, defaults, unwritable},
};
use serde_json::{Value, json};

use super::{fields, packs};

fn yard(declared: Value) -> Result<Packs, String> {
    let pack = json!({
        "name": "yard", "version": 1, "title": "Yard", "roles": { "guard": [], "boss": [] },
        "entities": [{
            "name": "gate", "plural": "gates", "title": "Gate", "titlePlural": "Gates", "idField": "gateId",
            "idPrefix": "G-", "titleField": "name", "operations": ["create", "update"], "access": [],
            "fields": declared,
        }],
    });
    let pack: Pack = from_slice(pack.to_string().as_bytes()).map_err(|error| format!("{error:?}"))?;
    Packs::new(vec![pack]).map_err(|error| error.to_string())
}

fn with(field: Value) -> Result<Packs, String> {
    yard(json!([{ "name": "name", "label": "Name", "type": "text" }, field]))
}

fn part(part: Value) -> Value {
    let flag = json!({ "name": "done", "label": "Done", "type": "bool" });
    json!({ "name": "log", "label": "Log", "type": "log", "key": "id", "fields": [{ "name": "id", "label": "Id", "type": "text" }, flag, part] })
}

#[test]
fn a_stamp_fits_its_field() {
    let good = [
        json!({ "name": "by", "label": "By", "type": "text", "stamped": "user" }),
        json!({ "name": "by", "label": "By", "type": "reference", "entity": "person", "stamped": "user" }),
        json!({ "name": "by", "label": "By", "type": "reference", "entity": "user", "stamped": "user" }),
        json!({ "name": "at", "label": "At", "type": "datetime", "stamped": "time" }),
        part(json!({ "name": "by", "label": "By", "type": "text", "stamped": "user", "stampedWhen": "done" })),
        json!({ "name": "sum", "label": "Sum", "type": "number", "writers": ["boss"] }),
        part(json!({ "name": "ok", "label": "Ok", "type": "bool", "writers": ["boss", "guard"] })),
    ];
    for field in good {
        with(field.clone()).unwrap_or_else(|error| panic!("{field}: {error}"));
    }
    let bad = [
        (json!({ "name": "by", "label": "By", "type": "number", "stamped": "user" }), "gate.by: is stamped with a user: it must be text"),
        (json!({ "name": "by", "label": "By", "type": "reference", "entity": "gate", "stamped": "user" }), "gate.by: is stamped with a user"),
        (json!({ "name": "at", "label": "At", "type": "text", "stamped": "time" }), "gate.at: is stamped with a time: it must be a datetime"),
        (json!({ "name": "by", "label": "By", "type": "text", "stamped": "user", "readOnly": true }), "cannot be read-only"),
        (json!({ "name": "by", "label": "By", "type": "text", "stamped": "user", "default": "$user" }), "has no default"),
        (json!({ "name": "by", "label": "By", "type": "text", "stamped": "user", "writers": ["boss"] }), "nobody writes it but the server"),
        (json!({ "name": "by", "label": "By", "type": "text", "stamped": "user", "stampedWhen": "name" }), "only parts of lists"),
        (json!({ "name": "at", "label": "At", "type": "datetime", "stamped": "received", "readOnly": true }), "there is none beside it"),
        (part(json!({ "name": "by", "label": "By", "type": "text", "stamped": "user", "stampedWhen": "id" })), "gate.log.by: is stamped when \"id\" becomes true"),
        (part(json!({ "name": "by", "label": "By", "type": "text", "stampedWhen": "done" })), "gate.log.by: says when it is stamped"),
        (part(json!({ "name": "by", "label": "By", "type": "bool", "stamped": "user" })), "gate.log.by: is stamped with a user"),
        (part(json!({ "name": "ok", "label": "Ok", "type": "bool", "writers": ["chief"] })), "gate.log.ok: no pack declares the role \"chief\""),
        (json!({ "name": "sum", "label": "Sum", "type": "number", "writers": ["chief"] }), "no pack declares the role \"chief\""),
        (json!({ "name": "sum", "label": "Sum", "type": "number", "readOnly": true, "writers": ["boss"] }), "nobody writes it but the server"),
        (json!({ "name": "log", "label": "Log", "type": "log", "key": "by", "fields": [{ "name": "by", "label": "By", "type": "text", "stamped": "user" }] }), "tells its items apart"),
    ];
    for (field, message) in bad {
        let error = with(field.clone()).expect_err(&format!("accepted: {field}"));
        assert!(error.contains(message), "{field}\n  wanted {message}\n  said {error}");
    }
    assert!(with(json!({ "name": "by", "label": "By", "type": "text", "stamped": "owner" })).is_err());
}

#[test]
fn a_stamped_time_has_its_receipt_beside_it_once() {
    let once = with(part(json!({ "name": "at", "label": "At", "type": "datetime", "stamped": "time", "stampedWhen": "done" }))).unwrap();
    let names = |packs: &Packs| {
        let parts = packs.entity("gate").unwrap().field("log").unwrap().kind.parts();
        parts.iter().map(|part| part.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&once), ["id", "done", "at", "atReceived"]);
    let received = once.entity("gate").unwrap().field("log").unwrap().kind.parts()[3].clone();
    assert_eq!((received.stamped, received.stamped_when.as_deref()), (Some(Stamp::Received), Some("done")));
    assert!(received.read_only);
    // As a device reads what the server sends.
    let sent = serde_json::to_vec(once.pack_of("gate").unwrap()).unwrap();
    let again = Packs::new(vec![from_slice(&sent).unwrap()]).unwrap();
    assert_eq!(names(&again), names(&once));
    assert_eq!(again, once);
}

#[test]
fn a_name_that_a_receipt_would_take_is_told() {
    let clash = yard(json!([
        { "name": "name", "label": "Name", "type": "text" },
        { "name": "at", "label": "At", "type": "datetime", "stamped": "time" },
        { "name": "atReceived", "label": "Other", "type": "text" },
    ]));
    assert!(clash.unwrap_err().contains("\"atReceived\" is declared twice"));
}

#[test]
fn the_packs_stamp_who_did_it() {
    let packs = packs();
    let table = [
        ("work-order", "notes", &["by", "at", "atReceived"][..]),
        ("work-order", "laborRecords", &["personId"]),
        ("work-order", "tasks", &["doneBy", "doneAt", "doneAtReceived"]),
        ("work-order", "partsUsed", &["usedBy", "usedAt", "usedAtReceived"]),
        ("ticket", "comments", &["by", "at", "atReceived"]),
    ];
    for (entity, field, expected) in table {
        let parts = packs.entity(entity).unwrap().field(field).unwrap().kind.parts();
        let stamped = parts.iter().filter(|part| part.stamped.is_some());
        assert_eq!(stamped.map(|part| part.name.as_str()).collect::<Vec<_>>(), expected, "{entity}.{field}");
    }
    let alert = packs.entity("alert").unwrap();
    assert_eq!(alert.field("acknowledgedBy").unwrap().stamped, Some(Stamp::User));
    assert_eq!(alert.field("acknowledgedAt").unwrap().stamped, Some(Stamp::Time));
}

/// Fields before and after, and what of it a guard may not do.
#[test]
fn what_is_not_a_roles_to_write() {
    let packs = yard(json!([
        { "name": "name", "label": "Name", "type": "text" },
        { "name": "sum", "label": "Sum", "type": "number", "default": 1, "writers": ["boss"] },
        { "name": "tags", "label": "Tags", "type": "set", "writers": ["boss"] },
        part(json!({ "name": "ok", "label": "Ok", "type": "bool", "writers": ["boss"] })),
        { "name": "box", "label": "Box", "type": "object", "fields": [{ "name": "lid", "label": "Lid", "type": "text", "writers": ["boss"] }] },
    ]));
    let packs = packs.unwrap();
    let gate = packs.entity("gate").unwrap();
    let table = [
        (json!({ "name": "a" }), json!({ "name": "b" }), vec![]),
        (json!({ "sum": 2 }), json!({ "sum": 2.0 }), vec![]),
        (json!({}), json!({ "sum": 2 }), vec!["sum"]),
        (json!({ "sum": 2 }), json!({}), vec!["sum"]),
        (json!({ "tags": ["a", "b"] }), json!({ "tags": ["b", "a"] }), vec![]),
        (json!({ "log": [{ "id": "1", "ok": true }] }), json!({ "log": [{ "id": "2" }, { "id": "1", "ok": true }] }), vec![]),
        (json!({ "log": [{ "id": "1", "ok": true }] }), json!({ "log": [{ "id": "1", "ok": false }] }), vec!["log[0].ok"]),
        (json!({ "log": [{ "id": "1" }] }), json!({ "log": [{ "id": "1" }, { "id": "2", "ok": true }] }), vec!["log[1].ok"]),
        (json!({ "log": [{ "id": "1", "ok": true }] }), json!({ "log": [] }), vec!["log[1].ok"]),
        (json!({ "box": { "lid": "a" } }), json!({ "box": null }), vec!["box.lid"]),
        (json!({}), json!({ "box": { "lid": "a" } }), vec!["box.lid"]),
    ];
    let roles = |role: &str| [role.to_owned()];
    for (before, after, expected) in table {
        let (before, after) = (fields(before), fields(after));
        let found = unwritable(gate, &roles("guard"), &before, &after);
        let names: Vec<&str> = found.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(names, expected, "{before:?} to {after:?}");
        assert!(unwritable(gate, &roles("boss"), &before, &after).is_empty());
    }
    assert_eq!(defaults(gate), fields(json!({ "sum": 1 })));
}
