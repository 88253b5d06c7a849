//! A decision whose value another record has taken meanwhile (protocol C11): it is refused at the field, and another value can
//! be given.

use holdfast_core::pack::{Pack, Packs};
use holdfast_core::protocol::{OperationResult, ResultStatus};
use serde_json::{Value, json};

use super::{World, delete, on_both, system_update, update};
use crate::storage::model::StoredRecord;
use crate::storage::port::Storage;

on_both!(
    a_record_comes_back_with_another_value,
    a_read_only_value_gives_way_only_where_it_is_taken,
    a_chosen_value_and_one_that_is_put_back_give_way,
    values_that_do_not_fit_are_refused_at_their_fields,
);

const FIELD: &str = r#"{ name = "reference", label = "Reference", type = "text" }"#;

/// The pack with the unique field declared like this.
fn with_reference(world: &mut World<impl Storage>, options: &str) {
    let declared = FIELD.replace(" }", &format!(", {options} }}"));
    let text = include_str!("pack.toml").replace(FIELD, &declared);
    world.packs = Packs::new(vec![Pack::from_toml("works", &text).unwrap()]).unwrap();
}

/// Tara's conflict about `WO-1`, which was deleted; its reference is `R-1`, and `WO-2` has it now.
fn deleted_and_taken(world: &World<impl Storage>) -> String {
    let fields = json!({ "title": "Leak", "owner": "tara", "siteId": "north", "reference": "R-1" });
    world.given("order", "WO-1", fields.clone());
    world.push_one(&world.samir(), delete("gone", "WO-1", 1));
    world.given("order", "WO-2", fields);
    let write = update("late", "WO-1", 1, json!({ "finding": "hose", "plan": "p" }));
    world.push_one(&world.tara(), write).conflict.unwrap().conflict_id
}

fn decide(world: &World<impl Storage>, key: &str, conflict: &str, payload: Value) -> OperationResult {
    world.push_one(&world.samir(), system_update(key, "conflict", conflict, payload))
}

fn recreate(instead: Value) -> Value {
    json!({ "resolution": { "record": { "choice": "recreate" } }, "instead": instead })
}

fn faults(result: &OperationResult) -> Vec<String> {
    assert_eq!(result.status, ResultStatus::Rejected, "{result:?}");
    let error = result.error.as_ref().unwrap();
    let told = error
        .fields
        .iter()
        .map(|fault| format!("{} {}", fault.field, fault.message));
    told.collect()
}

fn is_open(world: &World<impl Storage>, conflict: &str) -> bool {
    world.record("conflict", conflict).fields["status"] == "open"
}

fn holder(world: &World<impl Storage>, value: &str) -> Option<String> {
    let value = format!("[\"{value}\"]");
    world.write(|tx| tx.key_holder("order", "reference", &value, None))
}

fn a_record_comes_back_with_another_value(world: World<impl Storage>) {
    let conflict = deleted_and_taken(&world);
    let order = |id: &str| -> StoredRecord { world.record("order", id) };
    for (key, instead) in [
        ("a", json!({})),
        ("b", Value::Null),
        ("c", json!({ "reference": "R-1" })),
        ("d", json!({ "plan": "q" })),
    ] {
        let refused = decide(&world, key, &conflict, recreate(instead));
        assert_eq!(
            faults(&refused),
            ["reference is already used by WO-2; choose another"],
            "{key}"
        );
        assert!(is_open(&world, &conflict) && order("WO-1").deleted);
    }
    let done = decide(&world, "e", &conflict, recreate(json!({ "reference": "R-9" })));
    assert_eq!(done.status, ResultStatus::Success, "{done:?}");
    let back = order("WO-1");
    assert_eq!(
        (
            &back.fields["reference"],
            &back.fields["finding"],
            back.deleted,
            back.version
        ),
        (&json!("R-9"), &json!("hose"), false, 3)
    );
    assert_eq!(holder(&world, "R-1").as_deref(), Some("WO-2"));
    assert_eq!(holder(&world, "R-9").as_deref(), Some("WO-1"));
    // Taken back it is deleted again, and can come back in the same way.
    assert_eq!(
        decide(&world, "undo", &conflict, json!({ "undo": true })).status,
        ResultStatus::Success
    );
    assert!(order("WO-1").deleted && is_open(&world, &conflict));
    assert_eq!(holder(&world, "R-9"), None);
    let values = &world.record("conflict", &conflict).fields["values"];
    assert_eq!(values.as_object().unwrap().keys().collect::<Vec<_>>(), ["record"]);
    let again = decide(&world, "f", &conflict, recreate(json!({ "reference": null })));
    assert_eq!(again.status, ResultStatus::Success, "{again:?}");
    assert!(!order("WO-1").fields.contains_key("reference"));
}

fn a_read_only_value_gives_way_only_where_it_is_taken(mut world: World<impl Storage>) {
    with_reference(&mut world, "readOnly = true");
    let conflict = deleted_and_taken(&world);
    let refused = decide(
        &world,
        "a",
        &conflict,
        recreate(json!({ "reference": "R-9", "createdBy": "samir" })),
    );
    assert_eq!(faults(&refused), ["createdBy cannot be changed"]);
    let done = decide(&world, "b", &conflict, recreate(json!({ "reference": "R-9" })));
    assert_eq!(done.status, ResultStatus::Success, "{done:?}");
    assert_eq!(world.record("order", "WO-1").fields["reference"], "R-9");
    // Nobody has the value of another record that comes back.
    world.given(
        "order",
        "WO-3",
        json!({ "title": "Third", "owner": "tara", "reference": "R-3" }),
    );
    world.push_one(&world.samir(), delete("gone-3", "WO-3", 1));
    let write = update("late-3", "WO-3", 1, json!({ "finding": "hose" }));
    let free = world.push_one(&world.tara(), write).conflict.unwrap().conflict_id;
    let refused = decide(&world, "c", &free, recreate(json!({ "reference": "R-7" })));
    assert_eq!(faults(&refused), ["reference cannot be changed"]);
    assert_eq!(
        decide(&world, "d", &free, recreate(json!({}))).status,
        ResultStatus::Success
    );
}

fn a_chosen_value_and_one_that_is_put_back_give_way(mut world: World<impl Storage>) {
    with_reference(&mut world, "strategy = \"manual\"");
    let given = |id: &str, reference: &str| {
        let fields = json!({ "title": id, "owner": "tara", "siteId": "north", "reference": reference });
        world.given("order", id, fields);
    };
    given("WO-1", "R-1");
    world.push_one(
        &world.samir(),
        update("s", "WO-1", 1, json!({ "reference": "theirs" })),
    );
    let lost = world.push_one(
        &world.tara(),
        update("t", "WO-1", 1, json!({ "reference": "mine" })),
    );
    let conflict = lost.conflict.unwrap().conflict_id;
    given("WO-2", "mine");
    let mine =
        |instead: Value| json!({ "resolution": { "reference": { "choice": "mine" } }, "instead": instead });
    let refused = decide(&world, "a", &conflict, mine(json!({})));
    assert_eq!(
        faults(&refused),
        ["reference is already used by WO-2; choose another"]
    );
    let done = decide(&world, "b", &conflict, mine(json!({ "reference": "ours" })));
    assert_eq!(done.status, ResultStatus::Success, "{done:?}");
    given("WO-3", "theirs");
    let refused = decide(&world, "c", &conflict, json!({ "undo": true }));
    assert_eq!(
        faults(&refused),
        ["reference is already used by WO-3; choose another"]
    );
    let undone = decide(
        &world,
        "d",
        &conflict,
        json!({ "undo": true, "instead": { "reference": "yet another" } }),
    );
    assert_eq!(undone.status, ResultStatus::Success, "{undone:?}");
    let order = world.record("order", "WO-1");
    assert_eq!(order.fields["reference"], "yet another");
    assert!(is_open(&world, &conflict));
    // The audit has every value that was ever chosen.
    let filter = crate::storage::model::AuditFilter {
        limit: 50,
        ..Default::default()
    };
    let audits = world.write(|tx| tx.audits(&filter));
    let text: String = audits.iter().map(|row| row.entry.as_str()).collect();
    for value in ["mine", "theirs", "ours", "yet another"] {
        assert!(text.contains(&format!("\"{value}\"")), "{value}");
    }
}

fn values_that_do_not_fit_are_refused_at_their_fields(world: World<impl Storage>) {
    let conflict = deleted_and_taken(&world);
    let table = [
        (json!("R-9"), "instead must hold values by field"),
        (json!(["R-9"]), "instead must hold values by field"),
        (json!({ "colour": "red" }), "colour is not a field of this record"),
        (
            json!({ "orderId": "WO-9" }),
            "orderId is not a field of this record",
        ),
        (json!({ "partCount": 9 }), "partCount cannot be changed"),
        (json!({ "createdBy": "tara" }), "createdBy cannot be changed"),
        (json!({ "title": null }), "title is needed"),
        (json!({ "title": " " }), "title is needed"),
        (json!({ "reference": 7 }), "reference must be text"),
        (json!({ "signedBy": "tara" }), "signedBy"),
    ];
    for (number, (instead, expected)) in table.into_iter().enumerate() {
        let refused = decide(
            &world,
            &format!("k{number}"),
            &conflict,
            recreate(instead.clone()),
        );
        let told = faults(&refused);
        assert!(
            told.iter().any(|fault| fault.starts_with(expected)),
            "{instead}: {told:?}"
        );
        assert!(is_open(&world, &conflict), "{instead}");
    }
    // A technician may not bring a record back, whatever they give.
    let payload = recreate(json!({ "reference": "R-9" }));
    let refused = world.push_one(&world.jonas(), system_update("j", "conflict", &conflict, payload));
    assert_eq!(refused.status, ResultStatus::Rejected);
    assert!(is_open(&world, &conflict));
}
