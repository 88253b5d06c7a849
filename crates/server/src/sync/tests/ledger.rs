//! `POST /sync/push`: a write that comes again, under its key or another one.

use holdfast_core::protocol::{ErrorCode, ResultStatus};
use serde_json::json;

use super::push::rejected;
use super::{World, create, delete, local, on_both, update};
use crate::storage::port::Storage;

on_both!(
    a_resent_key_gets_the_first_answer,
    a_resent_key_is_told_what_the_record_is_now,
    a_refusal_of_access_is_judged_anew,
    folded_keys_get_the_answer_too,
    the_same_local_id_under_another_key_merges,
    a_rejected_write_is_in_the_ledger_and_a_dependant_is_not,
);

fn a_resent_key_gets_the_first_answer(world: World<impl Storage>) {
    let tara = world.tara();
    let first = world.push_one(&tara, create("k1", "local-1", json!({ "title": "Leak" })));
    let again = world.push_one(&tara, create("k1", "local-1", json!({ "title": "Leak" })));
    assert_eq!(first, again);
    assert_eq!(world.all("order").len(), 1);
    // The ledger is by device: another device's key is another write.
    world.push_one(
        &world.jonas(),
        create("k1", "local-9", json!({ "title": "Leak" })),
    );
    assert_eq!(world.all("order").len(), 2);
}

fn a_resent_key_is_told_what_the_record_is_now(world: World<impl Storage>) {
    let tara = world.tara();
    let leak = || create("k1", "local-1", json!({ "title": "Leak" }));
    world.push_one(&tara, leak());
    world.push_one(
        &world.samir(),
        update("s1", "WO-000001", 1, json!({ "plan": "Monday" })),
    );
    let again = world.push_one(&tara, leak());
    assert_eq!(
        (again.status, again.new_version),
        (ResultStatus::Success, Some(2))
    );
    assert_eq!(again.record.unwrap().0["plan"], "Monday");
    world.push_one(&world.samir(), delete("s2", "WO-000001", 2));
    let gone = world.push_one(&tara, leak());
    assert_eq!(
        (gone.status, gone.record),
        (ResultStatus::Success, None),
        "it does not bring back what was deleted"
    );
}

fn a_refusal_of_access_is_judged_anew(world: World<impl Storage>) {
    world.given("order", "WO-000050", json!({ "title": "Leak", "owner": "jonas" }));
    let write = || update("k1", "WO-000050", 1, json!({ "finding": "hose" }));
    assert_eq!(
        rejected(&world.push_one(&world.tara(), write())).0,
        ErrorCode::NotFound
    );
    world.push_one(
        &world.samir(),
        update("s1", "WO-000050", 1, json!({ "owner": "tara" })),
    );
    assert_eq!(
        world.push_one(&world.tara(), write()).status,
        ResultStatus::Success
    );
}

fn folded_keys_get_the_answer_too(world: World<impl Storage>) {
    let mut folded = create("k3", "local-1", json!({ "title": "Leak" }));
    folded.client_mutation_ids = vec!["k1".into(), "k2".into()];
    world.push_one(&world.tara(), folded);
    let early = world.push_one(&world.tara(), create("k1", "local-1", json!({ "title": "Le" })));
    assert_eq!(early.queue_id.as_deref(), Some("k1"));
    assert_eq!(early.entity_id.as_deref(), Some("WO-000001"));
    assert_eq!(world.record("order", "WO-000001").fields["title"], "Leak");
}

fn the_same_local_id_under_another_key_merges(world: World<impl Storage>) {
    let tara = world.tara();
    world.push_one(&tara, create("k1", "local-1", json!({ "title": "Leak" })));
    world.push_one(&tara, update("k2", "WO-000001", 1, json!({ "finding": "hose" })));
    let again = world.push_one(
        &tara,
        create("k3", "local-1", json!({ "title": "Leak", "plan": "Monday" })),
    );
    assert_eq!(
        (again.status, again.entity_id.as_deref()),
        (ResultStatus::Success, Some("WO-000001"))
    );
    assert_eq!(again.new_version, Some(3));
    let record = world.record("order", "WO-000001");
    assert_eq!(
        (&record.fields["finding"], &record.fields["plan"]),
        (&json!("hose"), &json!("Monday"))
    );
    assert_eq!(world.all("order").len(), 1);
}

fn a_rejected_write_is_in_the_ledger_and_a_dependant_is_not(world: World<impl Storage>) {
    let tara = world.tara();
    let mut child = create("child", "l2", json!({ "title": "Child", "parent": local("l1") }));
    child.depends_on = vec!["parent".into()];
    let batch = vec![
        create("parent", "l1", json!({})),
        child.clone(),
        create("other", "l3", json!({ "title": "Other" })),
    ];
    let results = world.push(&tara, batch);
    assert_eq!(rejected(&results[0]).0, ErrorCode::ValidationError);
    assert_eq!(results[1].status, ResultStatus::Retry);
    assert_eq!(
        results[1].error.as_ref().unwrap().code,
        ErrorCode::DependencyFailed
    );
    assert_eq!(
        results[2].status,
        ResultStatus::Success,
        "neighbours are not held up"
    );
    let corrected = world.push(
        &tara,
        vec![create("parent-2", "l1", json!({ "title": "Parent" })), child],
    );
    assert!(
        corrected
            .iter()
            .all(|result| result.status == ResultStatus::Success),
        "{corrected:?}"
    );
    let parent = corrected[0].entity_id.clone().unwrap();
    assert_eq!(
        world
            .record("order", corrected[1].entity_id.as_deref().unwrap())
            .fields["parent"],
        json!(parent)
    );
}
