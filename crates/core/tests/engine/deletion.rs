//! Records that were created here and are deleted again: before, while and after they are sent.

use holdfast_core::{
    engine::{Round, Trigger},
    plan::Edit,
    queue::WriteStatus,
    record::Operation,
    store::Row,
};
use serde_json::json;

use crate::support::{Device, answer_to, answers, block_on, device, error, fields, job, page};

fn delete(device: &Device, id: &str) -> holdfast_core::queue::QueuedWrite {
    let edited = device.edit(job(id), Operation::Delete, json!({})).unwrap();
    device.write(&edited.queue_id.unwrap())
}

/// What was sent, in order: id and operation.
fn sent(device: &Device) -> Vec<(String, Operation)> {
    let pushes = device.script().pushes();
    let operations = pushes.iter().flat_map(|push| &push.operations);
    operations.map(|o| (o.entity_id.clone(), o.operation)).collect()
}

#[test]
fn one_that_was_never_sent_goes_out_and_goes_in_order() {
    let device = device();
    device.create("local", json!({ "title": "New" }));
    device
        .edit(job("local"), Operation::Update, json!({ "count": 1 }))
        .unwrap();
    delete(&device, "local");
    assert!(
        device.engine.replica().view(&job("local")).is_none(),
        "gone from the screen at once"
    );
    assert_eq!(device.sync(Trigger::Write), Round::Done);
    let order: Vec<Operation> = sent(&device)
        .into_iter()
        .map(|(_, operation)| operation)
        .collect();
    assert_eq!(order, [Operation::Create, Operation::Update, Operation::Delete]);
    assert!(device.held("local").is_none());
}

#[test]
fn a_deletion_made_while_the_create_is_under_way_finds_its_record_under_the_servers_id() {
    let device = device();
    let create = device.create("local", json!({ "title": "New" }));
    let shared = device.shared.clone();
    *device.script().during_push.borrow_mut() = Some(Box::new(move || {
        let other = shared.open();
        let edit = Edit {
            key: job("local"),
            operation: Operation::Delete,
            fields: fields(json!({})),
            seen: None,
            kind: None,
        };
        block_on(other.edit(&edit)).unwrap();
    }));
    let record = json!({ "jobId": "S-9", "title": "New", "_localId": "local", "_version": 1, "updatedAt": "2026-01-01T00:00:04Z" });
    device.answer_push(answers(json!([answer_to(
        &create,
        "success",
        json!({ "newVersion": 1, "entityId": "S-9", "record": record })
    )])));
    assert_eq!(device.sync(Trigger::Write), Round::Done);
    assert_eq!(
        sent(&device),
        [
            ("local".to_owned(), Operation::Create),
            ("S-9".to_owned(), Operation::Delete)
        ]
    );
    assert!(device.held("S-9").is_none() && device.held("local").is_none());
}

#[test]
fn a_deletion_behind_a_refused_create_waits_for_its_author_and_goes_with_it() {
    let device = device();
    let create = device.create("local", json!({ "title": "New" }));
    let gone = delete(&device, "local");
    device.answer_push(answers(json!([
        answer_to(&create, "rejected", error("VALIDATION_ERROR")),
        answer_to(&gone, "retry", error("DEPENDENCY_FAILED")),
    ])));
    device.sync(Trigger::Write);
    assert_eq!(
        (device.write(&create.id).status, device.write(&gone.id).status),
        (WriteStatus::Failed, WriteStatus::Pending)
    );
    let taken = block_on(device.engine.discard(&create.id)).unwrap();
    assert_eq!(taken.len(), 2, "nothing is left that it could apply to");
    assert_eq!(device.engine.replica().open_writes().count(), 0);
}

#[test]
fn an_edit_of_a_record_that_others_deleted_goes_to_the_server_and_so_does_a_deletion_of_what_others_edited() {
    let device = device();
    let edit = device.update(json!({ "title": "A" }));
    device.answer_push(crate::support::busy(429, 1));
    device.sync(Trigger::Write);
    device.shared.pass(2_000);
    // The page comes first: the record is gone, the edit stays.
    device.answer_push(answers(json!([answer_to(&edit, "retry", error("SERVER_ERROR"))])));
    device.answer_delta(page("c1", false, json!({ "deletedIds": { "jobs": ["J-1"] } })));
    device.sync(Trigger::Timer);
    assert!(device.held("J-1").is_none());
    assert_eq!(device.shown("J-1", "title"), "A", "what was typed is still shown");
    assert_eq!(device.write(&edit.id).status, WriteStatus::Pending);

    let other = crate::support::device();
    let gone = delete(&other, "J-1");
    other.shared.put([Row::Mirror(crate::support::mirror(
        "J-1",
        4,
        json!({ "title": "Theirs" }),
    ))]);
    block_on(other.engine.catch_up()).unwrap();
    assert_eq!(
        other.write(&gone.id).base_version,
        3,
        "the version that its author saw"
    );
    let conflict = json!({ "conflictId": "c-1", "fields": ["record"], "record": { "conflictId": "c-1", "status": "open",
        "recordType": "job", "recordId": "J-1", "_version": 1, "updatedAt": "2026-01-01T00:00:04Z" } });
    let record =
        json!({ "jobId": "J-1", "title": "Theirs", "_version": 4, "updatedAt": "2026-01-01T00:00:04Z" });
    let answer = json!({ "newVersion": 4, "conflict": conflict, "record": record });
    other.answer_push(answers(json!([answer_to(&gone, "conflict", answer)])));
    other.sync(Trigger::Write);
    assert_eq!(
        other.shown("J-1", "title"),
        "Theirs",
        "it is back until a person has decided"
    );
    assert_eq!(other.engine.replica().open_conflicts().count(), 1);
}
