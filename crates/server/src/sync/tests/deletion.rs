//! Delete against edit, both ways round, and what hangs on a deleted record.

use holdfast_core::protocol::{ErrorCode, OperationResult, ResultStatus, WireOperation};
use serde_json::{Value, json};

use super::{World, create, delete, object, on_both, update};
use crate::storage::port::Storage;

on_both!(
    created_and_deleted_out_of_reach_leaves_a_tombstone_and_nothing_twice,
    what_a_colleague_did_meanwhile_holds_a_deletion_up_and_own_edits_do_not,
    what_is_too_long_ago_to_be_looked_at_holds_a_deletion_up,
    an_edit_meets_a_deletion_and_loses_nothing,
    a_record_that_names_a_deleted_one_is_refused_to_be_corrected,
    what_names_it_already_goes_on,
    both_delete,
);

fn dependent(mut operation: WireOperation, on: &str) -> WireOperation {
    operation.depends_on = vec![on.into()];
    operation
}

fn statuses(results: &[OperationResult]) -> Vec<ResultStatus> {
    results.iter().map(|result| result.status).collect()
}

fn created_and_deleted_out_of_reach_leaves_a_tombstone_and_nothing_twice(world: World<impl Storage>) {
    let samir = world.samir();
    let batch = || {
        vec![
            create("c", "local", json!({ "title": "Leak", "siteId": "north" })),
            dependent(update("u", "local", 0, json!({ "plan": "Monday" })), "c"),
            dependent(delete("d", "local", 0), "u"),
        ]
    };
    let results = world.push(&samir, batch());
    assert_eq!(statuses(&results), [ResultStatus::Success; 3], "{results:?}");
    let id = results[0].entity_id.clone().unwrap();
    let tombstone = world.record("order", &id);
    assert!(tombstone.deleted && tombstone.version == 3 && tombstone.fields["plan"] == "Monday");
    let again = world.push(&samir, batch());
    assert_eq!(statuses(&again), [ResultStatus::Success; 3], "{again:?}");
    assert!(
        again.iter().all(|result| result.record.is_none()),
        "a lost answer brings nothing back"
    );
    assert_eq!(world.record("order", &id), tombstone);
    assert!(world.all("order").is_empty() && world.all("conflict").is_empty());
}

fn what_a_colleague_did_meanwhile_holds_a_deletion_up_and_own_edits_do_not(world: World<impl Storage>) {
    let samir = world.samir();
    let created = world.push_one(
        &samir,
        create("c", "local", json!({ "title": "Leak", "siteId": "north" })),
    );
    let id = created.entity_id.unwrap();
    let results = world.push(
        &samir,
        vec![
            update("own", "local", 1, json!({ "plan": "Monday" })),
            dependent(delete("d", "local", 1), "own"),
        ],
    );
    assert_eq!(
        statuses(&results),
        [ResultStatus::Success; 2],
        "own edits in the same lane do not count"
    );
    assert!(world.record("order", &id).deleted);

    world.given(
        "order",
        "WO-1",
        json!({ "title": "Leak", "siteId": "north", "owner": "tara" }),
    );
    world.push_one(
        &world.tara(),
        update("t", "WO-1", 1, json!({ "finding": "Hose" })),
    );
    let results = world.push(
        &samir,
        vec![
            update("own2", "WO-1", 1, json!({ "plan": "Monday" })),
            dependent(delete("d2", "WO-1", 1), "own2"),
        ],
    );
    assert_eq!(
        statuses(&results),
        [ResultStatus::Success, ResultStatus::Conflict]
    );
    let record = world.record("order", "WO-1");
    assert!(!record.deleted && record.fields["finding"] == "Hose" && record.fields["plan"] == "Monday");
}

/// A colleague's edit, and behind it more own ones than are looked at.
fn what_is_too_long_ago_to_be_looked_at_holds_a_deletion_up(world: World<impl Storage>) {
    let fields = json!({ "title": "Leak", "siteId": "north", "owner": "tara" });
    world.given("order", "WO-1", fields);
    world.push_one(
        &world.tara(),
        update("t", "WO-1", 1, json!({ "finding": "Hose" })),
    );
    world.replanned(&world.samir(), "WO-1", 1_000);
    let result = world.push_one(&world.samir(), delete("d", "WO-1", 1));
    assert_eq!(result.status, ResultStatus::Conflict, "{result:?}");
    assert!(!world.record("order", "WO-1").deleted);
}

fn an_edit_meets_a_deletion_and_loses_nothing(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-1",
        json!({ "title": "Leak", "siteId": "north", "owner": "tara" }),
    );
    world.push_one(&world.samir(), delete("d", "WO-1", 1));
    let labor = json!({ "labor": [{ "id": "l1", "hours": 2 }], "notes": [{ "id": "n1" }] });
    let mut first = update("t1", "WO-1", 1, labor.clone());
    first.base = Some(object(json!({ "labor": null, "notes": null })));
    let second = dependent(update("t2", "WO-1", 1, json!({ "finding": "Hose" })), "t1");
    let results = world.push(&world.tara(), vec![first, second]);
    assert_eq!(
        statuses(&results),
        [ResultStatus::Conflict; 2],
        "the lane goes on"
    );
    assert_eq!(
        results[0].conflict.as_ref().unwrap().conflict_id,
        results[1].conflict.as_ref().unwrap().conflict_id
    );
    let conflict = world.all("conflict").remove(0);
    let mut typed = labor;
    typed["finding"] = json!("Hose");
    assert_eq!(
        conflict.fields["values"]["record"]["mine"], typed,
        "all of it waits for a word"
    );
    assert!(world.record("order", "WO-1").deleted);
    assert_eq!(world.audit_count(), 2);
}

fn a_record_that_names_a_deleted_one_is_refused_to_be_corrected(world: World<impl Storage>) {
    let samir = world.samir();
    let child = |key: &str, parent: Value| {
        create(
            key,
            key,
            json!({ "title": "Child", "siteId": "north", "parent": parent }),
        )
    };
    let results = world.push(
        &samir,
        vec![
            create("p", "parent", json!({ "title": "Parent", "siteId": "north" })),
            delete("d", "parent", 0),
            dependent(child("c", json!("parent")), "p"),
            create("x", "beside", json!({ "title": "Beside it", "siteId": "north" })),
        ],
    );
    let [_, _, refused, beside] = &results[..] else {
        panic!("{results:?}")
    };
    let error = refused.error.as_ref().unwrap();
    assert_eq!(
        (error.code, error.fields[0].field.as_str()),
        (ErrorCode::ValidationError, "parent")
    );
    assert_eq!(beside.status, ResultStatus::Success, "nothing else is held up");
    let corrected = world.push_one(&samir, child("c2", Value::Null));
    assert_eq!(corrected.status, ResultStatus::Success);
    assert_eq!(world.all("order").len(), 2);
}

fn what_names_it_already_goes_on(world: World<impl Storage>) {
    world.given("order", "WO-1", json!({ "title": "Parent", "siteId": "north" }));
    world.given(
        "order",
        "WO-2",
        json!({ "title": "Child", "siteId": "north", "owner": "tara", "parent": "WO-1" }),
    );
    assert_eq!(
        world.push_one(&world.samir(), delete("d", "WO-1", 1)).status,
        ResultStatus::Success
    );
    let edit = world.push_one(
        &world.tara(),
        update("t", "WO-2", 1, json!({ "finding": "Hose" })),
    );
    assert_eq!(edit.status, ResultStatus::Success, "{:?}", edit.error);
    assert_eq!(world.record("order", "WO-2").fields["parent"], "WO-1");
}

fn both_delete(world: World<impl Storage>) {
    world.given("order", "WO-1", json!({ "title": "Leak", "siteId": "north" }));
    assert_eq!(
        world.push_one(&world.samir(), delete("s", "WO-1", 1)).status,
        ResultStatus::Success
    );
    let again = world.push_one(&world.ada(), delete("a", "WO-1", 1));
    assert_eq!(
        (again.status, again.new_version),
        (ResultStatus::Success, Some(2))
    );
    assert!(world.all("conflict").is_empty());
}
