//! A write over a record: verdicts, who wrote what, remembered choices, computed fields.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    merge::{Author, MergeInput, MergedRecord, Verdict, merge_record},
    pack::{Entity, Pack, Packs, Strategy},
};
use serde_json::{Value, json};

use super::object;

fn work_order() -> Entity {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../domains/maintenance.toml");
    let pack = Pack::from_toml("maintenance", &std::fs::read_to_string(path).unwrap()).unwrap();
    Packs::new(vec![pack]).unwrap().entity("work-order").unwrap().clone()
}

/// Everything that `role` wrote since the author looked.
fn written_by(role: &str, current: &Fields) -> BTreeMap<String, Author> {
    let author = Author { user_id: format!("the {role}"), roles: vec![role.to_owned()] };
    current.keys().map(|name| (name.clone(), author.clone())).collect()
}

fn merge(role: &str, base: Value, payload: Value, current: Value, remembered: &[(&str, &str)]) -> MergedRecord {
    let (base, payload, current) = (object(base), object(payload), object(current));
    let remembered = remembered.iter().map(|(field, choice)| ((*field).to_owned(), (*choice).to_owned())).collect();
    merge_record(&MergeInput {
        entity: &work_order(),
        current: &current,
        written_by: &written_by(role, &current),
        payload: &payload,
        base: &base,
        remembered: &remembered,
    })
}

fn verdicts(merged: &MergedRecord) -> Vec<(&str, Verdict)> {
    merged.settled.iter().map(|change| (change.field.as_str(), change.verdict)).collect()
}

#[test]
fn what_does_not_overlap_applies() {
    let merged = merge("supervisor",
        json!({ "meterReading": 10 }), json!({ "meterReading": 20 }), json!({ "meterReading": 10, "priority": "high" }), &[]);
    assert_eq!((merged.fields["meterReading"].clone(), merged.fields["priority"].clone()), (json!(20), json!("high")));
    assert!(merged.settled.is_empty());
    assert!(merged.changed.contains(&"meterReading".to_owned()) && !merged.changed.contains(&"priority".to_owned()));
}

#[test]
fn status_goes_by_who_changed_it() {
    let meet = |role: &str| merge(role, json!({ "status": "in-progress" }), json!({ "status": "completed" }), json!({ "status": "on-hold" }), &[]);
    let table = [
        ("technician", "completed", Verdict::MineStands, Strategy::ClientWins),
        ("supervisor", "on-hold", Verdict::TheirsStand, Strategy::ServerWins),
        ("admin", "on-hold", Verdict::TheirsStand, Strategy::ServerWins),
    ];
    for (role, status, verdict, strategy) in table {
        let merged = meet(role);
        let change = &merged.settled[0];
        assert_eq!(merged.fields["status"], status, "against a {role}");
        assert_eq!((change.verdict, change.strategy), (verdict, strategy));
        assert_eq!(change.theirs_by, format!("the {role}"));
        assert_eq!((&change.base, &change.mine, &change.theirs), (&json!("in-progress"), &json!("completed"), &json!("on-hold")));
    }
}

#[test]
fn a_manual_field_waits_and_holds_nothing_up() {
    let merged = merge("supervisor",
        json!({ "completionNotes": null, "meterReading": 1, "tags": [] }),
        json!({ "completionNotes": "Hose replaced.", "meterReading": 2, "tags": ["hose"] }),
        json!({ "completionNotes": "Seal replaced.", "meterReading": 1, "tags": ["seal"] }), &[]);
    assert_eq!(verdicts(&merged), [("completionNotes", Verdict::Conflict), ("tags", Verdict::Merged)]);
    assert_eq!(merged.fields["completionNotes"], "Seal replaced.");
    assert_eq!(merged.fields["meterReading"], 2);
    assert_eq!(merged.fields["tags"], json!(["hose", "seal"]));
}

#[test]
fn a_remembered_choice_settles_what_would_wait() {
    let meet = |field: &str, choice: &str| {
        let side = |text: &str| Value::Object(Fields::from_iter([(field.to_owned(), json!(text))]));
        merge("supervisor", side("b"), side("m"), side("t"), &[(field, choice)])
    };
    for field in ["completionNotes", "rootCause", "description"] {
        let (mine, theirs) = (meet(field, "mine"), meet(field, "theirs"));
        assert_eq!((mine.fields[field].clone(), verdicts(&mine)), (json!("m"), vec![(field, Verdict::MineStands)]));
        assert_eq!((theirs.fields[field].clone(), verdicts(&theirs)), (json!("t"), vec![(field, Verdict::TheirsStand)]));
    }
    let status = merge("supervisor", json!({ "status": "open" }), json!({ "status": "assigned" }), json!({ "status": "on-hold" }), &[("status", "mine")]);
    assert_eq!(verdicts(&status), [("status", Verdict::TheirsStand)], "a choice does not overrule a strategy");
}

#[test]
fn null_removes_and_equal_values_change_nothing() {
    let merged = merge("technician", json!({ "failureCode": "leak" }), json!({ "failureCode": null }), json!({ "failureCode": "leak" }), &[]);
    assert!(!merged.fields.contains_key("failureCode") && merged.changed.contains(&"failureCode".to_owned()));
    let current = merge("technician", json!({}), json!({}), json!({ "costEstimate": 5, "tags": ["a"] }), &[]).fields;
    let again = merge("technician", json!({}), json!({ "costEstimate": 5.0, "tags": ["a"] }), Value::Object(current.clone()), &[]);
    assert_eq!((again.fields, again.changed), (current, vec![]));
}

#[test]
fn computed_fields_follow_both_sides() {
    let parts = |rows: &[(&str, f64, f64)]| -> Value {
        rows.iter().map(|(id, quantity, cost)| json!({ "partId": id, "quantity": quantity, "unitCost": cost })).collect()
    };
    let merged = merge("technician",
        json!({ "partsUsed": null, "laborRecords": null, "tasks": [{ "taskId": "1", "title": "a" }, { "taskId": "2", "title": "b" }] }),
        json!({ "partsUsed": parts(&[("A", 3.0, 0.1)]), "laborRecords": [{ "laborId": "1", "hours": 1.25 }, { "laborId": "2", "start": "2026-11-21T08:00:00Z" }],
                "tasks": [{ "taskId": "1", "title": "a", "done": true }, { "taskId": "2", "title": "b" }] }),
        json!({ "partsUsed": parts(&[("B", 2.0, 4.0)]), "tasks": [{ "taskId": "1", "title": "a" }, { "taskId": "2", "title": "b", "done": true }, { "taskId": "3", "title": "c" }] }), &[]);
    assert_eq!(merged.fields["partsCost"], json!(8.3), "3 at 0.10 and 2 at 4.00");
    assert_eq!(merged.fields["laborHours"], json!(1.25), "a running timer has no hours yet");
    assert_eq!((&merged.fields["tasksTotal"], &merged.fields["tasksDone"]), (&json!(3), &json!(2)));
}

#[test]
fn a_sum_beyond_all_numbers_is_no_value() {
    let huge = json!([{ "partId": "A", "quantity": 1e308, "unitCost": 1e308 }]);
    let merged = merge("technician", json!({}), json!({ "partsUsed": huge }), json!({ "partsCost": 5 }), &[]);
    assert!(!merged.fields.contains_key("partsCost") && merged.changed.contains(&"partsCost".to_owned()));
}

#[test]
fn a_field_that_the_entity_does_not_have_is_not_invented() {
    let merged = merge("technician", json!({}), json!({ "colour": "red" }), json!({ "title": "x" }), &[]);
    assert!(!merged.fields.contains_key("colour"));
}
