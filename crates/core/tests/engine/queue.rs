//! What a person does with the queue: rows W15 to W17.

use holdfast_core::{
    engine::{TransactError, Trigger},
    plan::QueueError,
    queue::{QueuedWrite, WriteStatus},
    store::Row,
};
use serde_json::{Value, json};

use crate::support::{Device, answer_to, answers, block_on, dead, device, error, fields};

fn failed(device: &Device, code: &str) -> QueuedWrite {
    let write = device.update(json!({ "title": "A" }));
    device.answer_push(answers(json!([answer_to(&write, "rejected", error(code))])));
    device.sync(Trigger::Write);
    assert_eq!(device.write(&write.id).status, WriteStatus::Failed);
    write
}

#[test]
fn w15_a_refused_write_is_tried_again_under_a_new_key() {
    let device = device();
    let write = failed(&device, "PERMISSION_DENIED");
    block_on(device.engine.retry(&write.id)).unwrap();
    let again = device.write(&write.id);
    assert_eq!(
        (again.status, again.retries, again.not_before),
        (WriteStatus::Pending, 0, None)
    );
    assert_ne!(
        again.client_mutation_id, write.client_mutation_id,
        "the ledger would repeat the refusal"
    );
}

#[test]
fn w15_a_write_that_ran_out_of_attempts_keeps_its_key() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    for _ in 0..3 {
        device.answer_push(answers(json!([answer_to(
            &write,
            "retry",
            error("SERVER_ERROR")
        )])));
        device.sync(Trigger::Write);
        device.shared.pass(60_000);
    }
    assert_eq!(device.write(&write.id).status, WriteStatus::Failed);
    block_on(device.engine.retry(&write.id)).unwrap();
    let again = device.write(&write.id);
    assert_eq!(
        again.client_mutation_id, write.client_mutation_id,
        "the server may have applied it"
    );
    device.sync(Trigger::Write);
    assert_eq!(device.write(&write.id).status, WriteStatus::Synced);
}

#[test]
fn w16_a_corrected_dead_letter_goes_with_new_values_under_a_new_key() {
    let device = device();
    let write = failed(&device, "VALIDATION_ERROR");
    block_on(
        device
            .engine
            .correct(&write.id, &fields(json!({ "title": "B", "count": 9 }))),
    )
    .unwrap();
    let corrected = device.write(&write.id);
    assert_eq!(json!(corrected.payload), json!({ "title": "B", "count": 9 }));
    assert_eq!(json!(corrected.base), json!({ "title": "Pump", "count": 5 }));
    assert_ne!(corrected.client_mutation_id, write.client_mutation_id);
    assert_eq!(
        (corrected.status, corrected.sent, corrected.last_error),
        (WriteStatus::Pending, false, None)
    );
}

#[test]
fn w16_a_correction_is_checked_like_any_edit() {
    let device = device();
    let write = failed(&device, "VALIDATION_ERROR");
    let outcome = block_on(device.engine.correct(&write.id, &fields(json!({ "title": "" }))));
    assert!(
        matches!(outcome, Err(TransactError::Plan(QueueError::Invalid(_)))),
        "{outcome:?}"
    );
    assert_eq!(device.write(&write.id).status, WriteStatus::Failed);
}

#[test]
fn w16_a_correction_that_refers_to_a_new_record_waits_for_its_create() {
    let device = device();
    let write = failed(&device, "VALIDATION_ERROR");
    let asset = holdfast_core::record::RecordKey::new("asset", "local");
    device
        .edit(
            asset,
            holdfast_core::record::Operation::Create,
            json!({ "title": "Press" }),
        )
        .unwrap();
    block_on(
        device
            .engine
            .correct(&write.id, &fields(json!({ "assetId": "local" }))),
    )
    .unwrap();
    assert_eq!(device.write(&write.id).depends_on.len(), 1);
}

#[test]
fn w16_a_write_whose_answer_may_still_come_is_not_corrected() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.answer_push(dead());
    device.script().probe.borrow_mut().push_back(dead());
    device.sync(Trigger::Write);
    let outcome = block_on(device.engine.correct(&write.id, &fields(json!({ "title": "B" }))));
    assert_eq!(outcome, Err(TransactError::Plan(QueueError::InFlight)));
}

#[test]
fn w16_a_write_whose_attempts_ran_out_is_tried_again_and_not_corrected() {
    let device = device();
    let write = device.update(json!({ "count": 6 }));
    device.shared.put([Row::Write(Box::new(QueuedWrite {
        status: WriteStatus::Failed,
        sent: true,
        ..write.clone()
    }))]);
    block_on(device.engine.catch_up()).unwrap();
    let outcome = block_on(device.engine.correct(&write.id, &fields(json!({ "count": 7 }))));
    assert_eq!(outcome, Err(TransactError::Plan(QueueError::InFlight)));
    block_on(device.engine.retry(&write.id)).unwrap();
    let again = device.write(&write.id);
    assert_eq!(
        again.client_mutation_id, write.client_mutation_id,
        "the server may have applied it: its key is kept"
    );
}

#[test]
fn w17_a_discard_takes_along_what_depends_on_it_and_can_be_taken_back() {
    let device = device();
    let asset = holdfast_core::record::RecordKey::new("asset", "local");
    let asset = device
        .edit(
            asset,
            holdfast_core::record::Operation::Create,
            json!({ "title": "Press" }),
        )
        .unwrap();
    let job = device.create("new", json!({ "title": "Service", "assetId": "local" }));
    let unrelated = device.update(json!({ "title": "A" }));
    let gone = block_on(device.engine.discard(asset.queue_id.as_deref().unwrap())).unwrap();
    let ids: Vec<&str> = gone.iter().map(|write| write.id.as_str()).collect();
    assert_eq!(
        ids,
        [asset.queue_id.as_deref().unwrap(), job.id.as_str()],
        "the asked one first"
    );
    let left: Vec<String> = device
        .engine
        .replica()
        .open_writes()
        .map(|write| write.id.clone())
        .collect();
    assert_eq!(left, [unrelated.id]);
    block_on(device.engine.put_back(&gone)).unwrap();
    assert_eq!(device.write(&job.id), job, "as it was, where it was");
}

#[test]
fn w17_a_write_that_was_discarded_before_its_record_got_its_server_id_comes_back_to_that_record() {
    let device = device();
    let create = device.create("local", json!({ "title": "New" }));
    device.answer_push(dead());
    device.script().probe.borrow_mut().push_back(dead());
    device.sync(Trigger::Write);
    let edited = device.edit(
        crate::support::job("local"),
        holdfast_core::record::Operation::Update,
        json!({ "count": 1 }),
    );
    let edited = device.write(&edited.unwrap().queue_id.unwrap());
    let gone = block_on(device.engine.discard(&edited.id)).unwrap();
    let record = json!({ "jobId": "S-9", "title": "New", "_version": 1, "_localId": "local", "updatedAt": "2026-01-01T00:00:00Z" });
    let answer: Value = answer_to(
        &create,
        "success",
        json!({ "newVersion": 1, "entityId": "S-9", "record": record }),
    );
    device.answer_push(answers(json!([answer])));
    device.sync(Trigger::Reconnect);
    block_on(device.engine.put_back(&gone)).unwrap();
    assert_eq!(device.write(&edited.id).entity_id, "S-9");
    assert_eq!(device.shown("S-9", "count"), 1);
}
