//! Values given with a decision (protocol C5, C6, C8, C11): which fields they may reach, and who gets a notice.

use holdfast_core::protocol::{OperationResult, ResultStatus};
use serde_json::{Value, json};

use super::{World, delete, on_both, system_update, update};
use crate::storage::port::Storage;
use crate::sync::Caller;

on_both!(
    a_value_reaches_no_field_outside_the_conflict,
    a_recreated_record_keeps_what_others_changed_since,
    a_recreated_record_reports_what_its_payload_overwrites,
    a_recreation_of_a_record_that_is_back_is_undone_without_deleting_it,
    a_value_in_another_form_can_be_undone,
    a_settlement_stored_in_another_form_can_be_undone,
    a_second_resolution_reports_other_values_instead,
    a_second_undo_reports_values_that_are_not_applied,
    an_undo_reports_the_resolvers_value_to_them,
    a_redacted_conflict_shows_no_values_instead,
);

fn decide(
    world: &World<impl Storage>,
    by: &Caller,
    key: &str,
    conflict: &str,
    payload: Value,
) -> OperationResult {
    world.push_one(by, system_update(key, "conflict", conflict, payload))
}

fn faults(result: &OperationResult) -> Vec<String> {
    assert_eq!(result.status, ResultStatus::Rejected, "{result:?}");
    let fields = &result.error.as_ref().unwrap().fields;
    fields
        .iter()
        .map(|fault| format!("{} {}", fault.field, fault.message))
        .collect()
}

/// Tara's conflict about a manual field of `WO-1`, where samir wrote `theirs` first.
fn conflict_over(world: &World<impl Storage>, field: &str, theirs: Value, mine: Value) -> String {
    let fields = json!({ "title": "Leak", "owner": "tara", "siteId": "north" });
    world.given("order", "WO-1", fields);
    world.push_one(&world.samir(), update("s", "WO-1", 1, json!({ field: theirs })));
    let result = world.push_one(&world.tara(), update("t", "WO-1", 1, json!({ field: mine })));
    result.conflict.unwrap().conflict_id
}

fn settle(choice: Value, instead: Value) -> Value {
    json!({ "resolution": choice, "instead": instead })
}

fn mine(field: &str) -> Value {
    json!({ field: { "choice": "mine" } })
}

fn undo(instead: Value) -> Value {
    json!({ "undo": true, "instead": instead })
}

fn ok(result: &OperationResult) {
    assert_eq!(result.status, ResultStatus::Success, "{result:?}");
}

fn a_value_reaches_no_field_outside_the_conflict(world: World<impl Storage>) {
    let (tara, samir) = (world.tara(), world.samir());
    let conflict = conflict_over(&world, "cause", json!("wear"), json!("crack"));
    let version = world.record("order", "WO-1").version;
    world.push_one(&samir, update("s2", "WO-1", version, json!({ "completion": "samir's" })));
    let others = [
        ("completion", json!("overwritten")),
        ("completion", Value::Null),
        ("plan", json!("p")),
        ("finding", json!("f")),
        ("status", json!("done")),
        ("title", json!("t")),
        ("parts", json!([])),
        ("reference", json!("R-1")),
    ];
    let choices = [
        mine("cause"),
        json!({ "cause": { "choice": "theirs" } }),
        json!({ "cause": { "choice": "value", "value": "x" } }),
    ];
    for (number, (field, value)) in others.iter().enumerate() {
        for (at, choice) in choices.iter().enumerate() {
            let payload = settle(choice.clone(), json!({ *field: value }));
            let refused = decide(&world, &tara, &format!("r{number}-{at}"), &conflict, payload);
            assert_eq!(faults(&refused), [format!("{field} is in no conflict")]);
        }
    }
    assert_eq!(world.record("order", "WO-1").fields["completion"], "samir's");
    ok(&decide(&world, &tara, "r", &conflict, settle(mine("cause"), json!({ "cause": "both" }))));
    for (number, (field, value)) in others.iter().enumerate() {
        let payload = undo(json!({ *field: value }));
        let refused = decide(&world, &tara, &format!("u{number}"), &conflict, payload);
        assert_eq!(faults(&refused), [format!("{field} is in no conflict")]);
    }
    let order = world.record("order", "WO-1");
    assert_eq!((&order.fields["cause"], &order.fields["completion"]), (&json!("both"), &json!("samir's")));
}

/// Tara's conflict about `WO-1`, which samir changed and deleted after she saw its first version.
fn deleted(world: &World<impl Storage>, finding: Value) -> String {
    let fields = json!({ "title": "Leak", "owner": "tara", "siteId": "north", "trips": 2 });
    world.given("order", "WO-1", fields);
    let changed = json!({ "completion": "samir's", "finding": "samir's" });
    world.push_one(&world.samir(), update("s", "WO-1", 1, changed));
    world.push_one(&world.samir(), delete("d", "WO-1", 2));
    let write = update("t", "WO-1", 1, json!({ "finding": finding }));
    world.push_one(&world.tara(), write).conflict.unwrap().conflict_id
}

fn recreate() -> Value {
    json!({ "record": { "choice": "recreate" } })
}

fn a_recreated_record_keeps_what_others_changed_since(world: World<impl Storage>) {
    let conflict = deleted(&world, json!("hose"));
    // An administrator decides: those who changed nothing themselves.
    for (at, value) in [json!("overwritten"), Value::Null].into_iter().enumerate() {
        let payload = settle(recreate(), json!({ "completion": value }));
        let refused = decide(&world, &world.ada(), &format!("a{at}"), &conflict, payload);
        let expected = "completion was changed by somebody else; recreate the record first";
        assert_eq!(faults(&refused), [expected]);
    }
    assert!(world.record("order", "WO-1").deleted);
    let given = json!({ "finding": "pipe", "plan": "p" });
    ok(&decide(&world, &world.ada(), "b", &conflict, settle(recreate(), given)));
    let order = world.record("order", "WO-1");
    assert_eq!(
        (&order.fields["completion"], &order.fields["finding"], &order.fields["plan"]),
        (&json!("samir's"), &json!("pipe"), &json!("p"))
    );
    let let_go = settle(json!({ "record": { "choice": "let-go" } }), json!({ "plan": "q" }));
    let late = decide(&world, &world.samir(), "c", &conflict, let_go);
    assert_eq!(late.superseded.len(), 2, "{late:?}");
}

fn a_recreated_record_reports_what_its_payload_overwrites(world: World<impl Storage>) {
    let conflict = deleted(&world, json!("hose"));
    ok(&decide(&world, &world.ada(), "a", &conflict, settle(recreate(), json!({}))));
    assert_eq!(world.record("order", "WO-1").fields["finding"], "hose");
    assert_eq!(world.notices("samir"), ["superseded finding"]);
    assert_eq!(world.notices("tara"), ["settled record"]);
}

fn a_recreation_of_a_record_that_is_back_is_undone_without_deleting_it(world: World<impl Storage>) {
    let first = deleted(&world, json!("tara's"));
    let write = update("j", "WO-1", 1, json!({ "finding": "ada's" }));
    let second = world.push_one(&world.ada(), write).conflict.unwrap().conflict_id;
    ok(&decide(&world, &world.samir(), "a", &first, settle(recreate(), json!({}))));
    let version = world.record("order", "WO-1").version;
    world.push_one(&world.samir(), update("s3", "WO-1", version, json!({ "plan": "samir's" })));
    let refused = decide(&world, &world.samir(), "b", &second, settle(recreate(), json!({ "plan": "x" })));
    assert_eq!(faults(&refused), ["plan is in no conflict"]);
    ok(&decide(&world, &world.samir(), "c", &second, settle(recreate(), json!({}))));
    assert_eq!(world.record("order", "WO-1").fields["finding"], "ada's");
    ok(&decide(&world, &world.samir(), "back", &second, undo(json!({}))));
    let order = world.record("order", "WO-1");
    assert_eq!((order.deleted, &order.fields["finding"]), (false, &json!("tara's")));
}

fn a_value_in_another_form_can_be_undone(world: World<impl Storage>) {
    let table = [
        ("asked", json!("2026-11-30T08:00:00Z"), json!("2026-11-30T10:00:00+01:00"), json!("2026-11-30T09:00:00Z")),
        ("budget", json!(1), json!("12.50"), json!(12.5)),
        ("measures", json!([{ "id": "a", "value": 1 }]), json!([{ "id": "a", "value": "2.50" }]), json!(2.5)),
    ];
    let samir = world.samir();
    for (number, (field, theirs, given, stored)) in table.into_iter().enumerate() {
        let id = format!("WO-{number}");
        world.given("order", &id, json!({ "title": "Leak", "owner": "tara", "siteId": "north" }));
        let key = |name: &str| format!("{name}{number}");
        let mut lost = update(&key("s"), &id, 1, json!({ field: theirs }));
        world.push_one(&world.ada(), lost);
        lost = update(&key("t"), &id, 1, json!({ field: given }));
        let conflict = world.push_one(&samir, lost).conflict.unwrap().conflict_id;
        let decisions = [
            settle(json!({ field: { "choice": "theirs" } }), json!({ field: given })),
            settle(json!({ field: { "choice": "value", "value": given } }), json!({})),
            settle(mine(field), json!({})),
        ];
        for (at, decision) in decisions.into_iter().enumerate() {
            let former = world.record("order", &id).fields[field].clone();
            ok(&decide(&world, &samir, &key(&format!("r{at}-")), &conflict, decision));
            let value = world.record("order", &id).fields[field].clone();
            let value = if field == "measures" { value[0]["value"].clone() } else { value };
            assert_eq!(value, stored, "{field} {at}");
            ok(&decide(&world, &samir, &key(&format!("u{at}-")), &conflict, json!({ "undo": true })));
            assert_eq!(world.record("order", &id).fields[field], former, "{field} {at}");
        }
    }
}

/// As an earlier version of the server stored one: with the value as it was sent.
fn a_settlement_stored_in_another_form_can_be_undone(world: World<impl Storage>) {
    let conflict = conflict_over(&world, "asked", json!("2026-11-30T08:00:00Z"), json!("2026-11-30T09:00:00Z"));
    ok(&decide(&world, &world.tara(), "r", &conflict, settle(mine("asked"), json!({}))));
    let mut values = world.record("conflict", &conflict).fields["values"].clone();
    values["asked"]["after"] = json!("2026-11-30T10:00:00+01:00");
    world.given("conflict", &conflict, json!({ "values": values }));
    ok(&decide(&world, &world.tara(), "u", &conflict, json!({ "undo": true })));
    assert_eq!(world.record("order", "WO-1").fields["asked"], "2026-11-30T08:00:00Z");
}

fn a_second_resolution_reports_other_values_instead(world: World<impl Storage>) {
    let (tara, samir) = (world.tara(), world.samir());
    let conflict = conflict_over(&world, "asked", json!("2026-11-30T08:00:00Z"), json!("2026-11-30T09:00:00Z"));
    let given = |time: &str| settle(mine("asked"), json!({ "asked": time }));
    ok(&decide(&world, &samir, "a", &conflict, given("2026-11-30T12:00:00Z")));
    let told = world.notices("tara").len();
    // The same in another form is the same.
    for (key, time) in [("b", "2026-11-30T12:00:00Z"), ("c", "2026-11-30T13:00:00+01:00")] {
        let same = decide(&world, &tara, key, &conflict, given(time));
        assert_eq!((same.status, same.superseded.len()), (ResultStatus::Success, 0), "{time}");
    }
    assert_eq!(world.notices("tara").len(), told);
    let table = [
        ("d", given("2026-11-30T14:00:00Z"), vec!["instead"]),
        ("e", settle(mine("asked"), json!({})), vec!["instead"]),
        ("f", json!({ "resolution": mine("asked") }), vec!["instead"]),
        (
            "g",
            settle(json!({ "asked": { "choice": "theirs" } }), json!({ "asked": "2026-11-30T12:00:00Z" })),
            vec!["resolution"],
        ),
        ("h", json!({ "resolution": { "asked": { "choice": "theirs" } } }), vec!["resolution", "instead"]),
    ];
    for (number, (key, payload, fields)) in table.into_iter().enumerate() {
        let late = decide(&world, &tara, key, &conflict, payload.clone());
        let named: Vec<_> = late.superseded.iter().map(|lost| lost.field.as_str()).collect();
        assert_eq!((late.status, named), (ResultStatus::Success, fields), "{payload}");
        assert_eq!(world.notices("tara").len(), told + number + 1, "{payload}");
    }
    assert_eq!(world.record("order", "WO-1").fields["asked"], "2026-11-30T12:00:00Z");
}

fn a_second_undo_reports_values_that_are_not_applied(world: World<impl Storage>) {
    let (tara, samir) = (world.tara(), world.samir());
    let conflict = conflict_over(&world, "cause", json!("wear"), json!("crack"));
    ok(&decide(&world, &tara, "r", &conflict, settle(mine("cause"), json!({}))));
    ok(&decide(&world, &tara, "u", &conflict, undo(json!({ "cause": "tara's" }))));
    let same = decide(&world, &samir, "v", &conflict, undo(json!({ "cause": "tara's" })));
    assert_eq!((same.status, same.superseded.len()), (ResultStatus::Success, 0));
    let told = world.notices("samir").len();
    let late = decide(&world, &samir, "w", &conflict, undo(json!({ "cause": "samir's" })));
    ok(&late);
    let lost = &late.superseded[0];
    assert_eq!((&lost.kept, &lost.lost, lost.field.as_str()), (&json!("tara's"), &json!("samir's"), "cause"));
    assert_eq!(world.notices("samir")[told..], ["settled cause"]);
    assert_eq!(world.record("order", "WO-1").fields["cause"], "tara's");
}

fn an_undo_reports_the_resolvers_value_to_them(world: World<impl Storage>) {
    let conflict = conflict_over(&world, "cause", json!("wear"), json!("crack"));
    let value = json!({ "cause": { "choice": "value", "value": "samir's" } });
    ok(&decide(&world, &world.samir(), "r", &conflict, settle(value, json!({}))));
    assert!(world.notices("samir").is_empty());
    ok(&decide(&world, &world.ada(), "u", &conflict, undo(json!({ "cause": "ada's" }))));
    assert_eq!(world.notices("samir"), ["superseded cause"]);
    assert!(world.notices("ada").is_empty());
    assert!(!world.record("conflict", &conflict).fields.contains_key("instead"));
}

fn a_redacted_conflict_shows_no_values_instead(world: World<impl Storage>) {
    let conflict = conflict_over(&world, "cause", json!("wear"), json!("crack"));
    let given = settle(mine("cause"), json!({ "cause": "only for readers" }));
    ok(&decide(&world, &world.samir(), "r", &conflict, given));
    let version = world.record("order", "WO-1").version;
    world.push_one(&world.samir(), update("away", "WO-1", version, json!({ "owner": "jonas" })));
    let seen = world.fetch(&world.tara(), "conflicts", &[&conflict]).unwrap();
    assert!(!json!(seen).to_string().contains("only for readers"), "{seen:?}");
    let late = decide(&world, &world.tara(), "l", &conflict, settle(mine("cause"), json!({ "cause": "x" })));
    assert!(!json!(late).to_string().contains("only for readers"), "{late:?}");
}
