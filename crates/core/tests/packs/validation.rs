use holdfast_core::{
    Fields,
    pack::{Entity, validate},
    record::Operation,
};
use serde_json::{Value, json};

use super::{fields, packs};

/// What is written to a work order, and the errors as `field: message`.
fn errors(operation: Operation, payload: Value, current: Value) -> Vec<String> {
    let packs = packs();
    let found = validate(packs.entity("work-order").unwrap(), operation, &fields(payload), &fields(current));
    found.into_iter().map(|error| format!("{}: {}", error.field, error.message)).collect()
}

#[test]
fn single_values() {
    let table: Vec<(Value, &[&str])> = vec![
        (json!({ "title": "Swap bucket" }), &[]),
        (json!({ "title": "" }), &["title: is needed"]),
        (json!({ "title": "   " }), &["title: is needed"]),
        (json!({ "title": null }), &["title: is needed"]),
        (json!({ "title": 7 }), &["title: must be text"]),
        (json!({ "title": "x".repeat(140) }), &[]),
        (json!({ "title": "ü".repeat(141) }), &["title: may have 140 characters, and has 141"]),
        (json!({ "description": null }), &[]),
        (json!({ "description": "" }), &[]),
        (json!({ "priority": "urgent" }), &["priority: has no choice \"urgent\""]),
        (json!({ "priority": 1 }), &["priority: has no choice 1"]),
        (json!({ "meterReading": 14382.5 }), &[]),
        (json!({ "meterReading": -1 }), &["meterReading: must be at least 0"]),
        (json!({ "meterReading": "many" }), &["meterReading: must be a number"]),
        (json!({ "scheduledStart": "2026-11-21T08:30:00Z" }), &[]),
        (json!({ "scheduledStart": "2026-11-21T08:30:00.123+01:00" }), &[]),
        (json!({ "scheduledStart": "tomorrow" }), &["scheduledStart: must be a time, like 2026-11-21T08:30:00Z"]),
        (json!({ "scheduledStart": 1763712000 }), &["scheduledStart: must be a time, like 2026-11-21T08:30:00Z"]),
        (json!({ "assetId": ["AST-0001"] }), &["assetId: must be text"]),
        (json!({ "tags": ["belt", "wet"] }), &[]),
        (json!({ "tags": "belt" }), &["tags: must be a set"]),
        (json!({ "tags": ["belt", 3] }), &["tags: cannot hold 3"]),
        (json!({ "colour": "red" }), &["colour: is not a field of this record"]),
        (json!({ "workOrderId": "WO-7" }), &["workOrderId: is not a field of this record"]),
        (json!({ "createdBy": "me" }), &["createdBy: cannot be changed"]),
        (json!({ "laborHours": 3 }), &["laborHours: cannot be changed"]),
        (json!({ "title": "", "priority": "urgent" }), &["priority: has no choice \"urgent\"", "title: is needed"]),
    ];
    for (payload, expected) in table {
        let mut found = errors(Operation::Update, payload.clone(), json!({ "status": "open" }));
        found.sort();
        assert_eq!(found, expected, "{payload}");
    }
}

#[test]
fn lists_say_which_item_and_which_part() {
    let table: Vec<(Value, &[&str])> = vec![
        (json!({ "tasks": [] }), &[]),
        (json!({ "tasks": [{ "taskId": "a", "title": "Grease", "done": true }] }), &[]),
        (json!({ "tasks": { "taskId": "a" } }), &["tasks: must be a list"]),
        (json!({ "tasks": ["Grease"] }), &["tasks[0]: must be a group of fields", "tasks[0].taskId: is needed"]),
        (json!({ "tasks": [{ "taskId": "a", "title": "Grease" }, { "taskId": "b" }] }), &["tasks[1].title: is needed"]),
        (json!({ "tasks": [{ "taskId": "a", "title": "Grease", "done": "yes" }] }), &["tasks[0].done: must be yes or no"]),
        (json!({ "tasks": [{ "taskId": "a", "title": "Grease", "torque": 9 }] }), &["tasks[0].torque: is not a field here"]),
        (json!({ "tasks": [{ "taskId": "a", "title": "x" }, { "taskId": "a", "title": "y" }] }), &["tasks[1].taskId: stands twice in the list"]),
        (json!({ "laborRecords": [{ "laborId": "l", "start": "2026-11-21T08:00:00Z" }] }), &[]),
        (json!({ "laborRecords": [{ "laborId": "l", "hours": 25 }] }), &["laborRecords[0].hours: must be at most 24"]),
        (json!({ "partsUsed": [{ "partId": "PRT-0001", "quantity": "two" }] }), &["partsUsed[0].quantity: must be a number"]),
        (json!({ "partsUsed": [{ "partId": "PRT-0001" }] }), &["partsUsed[0].quantity: is needed"]),
        (json!({ "notes": [{ "noteId": "n", "text": "" }] }), &["notes[0].text: is needed"]),
    ];
    for (payload, expected) in table {
        assert_eq!(errors(Operation::Update, payload.clone(), json!({})), expected, "{payload}");
    }
}

#[test]
fn what_a_form_takes_for_no_value_is_missing() {
    let declared = json!({
        "name": "thing", "plural": "things", "title": "Thing", "titlePlural": "Things", "idField": "thingId",
        "idPrefix": "T-", "titleField": "number", "access": [], "fields": [
            { "name": "number", "label": "Number", "type": "text", "required": true, "normalize": "casefold" },
            { "name": "parts", "label": "Parts", "type": "list", "key": "k", "fields": [
                { "name": "k", "label": "Key", "type": "text", "normalize": ["trim", "casefold"] } ] } ],
    });
    let entity: Entity = serde_json::from_value(declared).unwrap();
    let table = [
        (json!({ "number": "A-1" }), vec![]),
        (json!({ "number": " " }), vec!["number: is needed"]),
        (json!({ "number": "\u{200b}\u{feff}" }), vec!["number: is needed"]),
        (json!({ "parts": [{ "k": "P-1" }, { "k": "P-2" }] }), vec![]),
        (json!({ "parts": [{ "k": "P-1" }, { "k": " p-1" }] }), vec!["parts[1].k: stands twice in the list"]),
        (json!({ "parts": [{ "k": "Ｐ-1" }, { "k": "P-1" }] }), vec!["parts[1].k: stands twice in the list"]),
        (json!({ "parts": [{ "k": " " }] }), vec!["parts[0].k: is needed"]),
    ];
    for (payload, expected) in table {
        let found = validate(&entity, Operation::Update, &fields(payload.clone()), &Fields::new());
        let found: Vec<String> = found.into_iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
        assert_eq!(found, expected, "{payload}");
    }
}

#[test]
fn a_create_needs_what_has_no_default() {
    assert_eq!(errors(Operation::Create, json!({ "title": "Swap bucket", "siteId": "north" }), json!({})), [""; 0]);
    assert_eq!(errors(Operation::Create, json!({ "siteId": "north" }), json!({})), ["title: is needed"]);
    assert_eq!(errors(Operation::Create, json!({}), json!({})), ["title: is needed", "siteId: is needed"]);
}

#[test]
fn a_delete_has_nothing_to_check() {
    let packs = packs();
    assert!(validate(packs.entity("work-order").unwrap(), Operation::Delete, &Fields::new(), &Fields::new()).is_empty());
}

#[test]
fn every_transition() {
    let status = ["open", "assigned", "in-progress", "on-hold", "completed", "closed", "cancelled"];
    // Rows: from; columns: to, in the order above.
    let allowed = [
        [true, true, true, true, true, false, true],
        [true, true, true, true, true, false, true],
        [false, true, true, true, true, false, true],
        [false, true, true, true, true, false, true],
        [false, false, true, false, true, true, false],
        [false, false, false, false, false, true, false],
        [true, false, false, false, false, false, true],
    ];
    for (from, row) in status.iter().zip(allowed) {
        for (to, allowed) in status.iter().zip(row) {
            let found = errors(Operation::Update, json!({ "status": to }), json!({ "status": from }));
            assert_eq!(found.is_empty(), allowed, "{from} to {to}: {found:?}");
        }
    }
    let said = errors(Operation::Update, json!({ "status": "open" }), json!({ "status": "in-progress" }));
    assert_eq!(said, ["status: cannot go from \"In progress\" to \"Open\""]);
}
