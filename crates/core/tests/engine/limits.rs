//! What a device lets nobody write, and how it parts what would be too much for one request.

use holdfast_core::{
    engine::{TransactError, Trigger},
    limits::{MAX_COALESCED, MAX_COALESCED_IN_BATCH, MAX_ITEMS, MAX_NAME_BYTES, MAX_TEXT_CHARS, oversized},
    pack::{Coalesce, Pack},
    plan::{EditError, QueueError},
    queue::{QueuedWrite, WriteStatus},
    record::Operation,
    store::Row,
};
use serde_json::{Value, json};

use crate::support::{Device, answer_to, answers, block_on, device, device_with, job, pack};

fn members(count: usize) -> Value {
    (0..count).map(|at| json!(at.to_string())).collect()
}

fn faults(refused: Result<impl std::fmt::Debug, EditError>) -> Vec<String> {
    match refused {
        Err(EditError::Invalid(faults)) => faults.into_iter().map(|fault| fault.field).collect(),
        other => panic!("it is too large, and became {other:?}"),
    }
}

#[test]
fn what_the_server_would_refuse_for_its_size_is_refused_at_the_field() {
    let device = device();
    let long = "x".repeat(MAX_TEXT_CHARS + 1);
    for (field, value) in [("tags", members(MAX_ITEMS + 1)), ("finding", json!(long))] {
        assert_eq!(faults(device.edit(job("J-1"), Operation::Update, json!({ field: value }))), [field]);
    }
    let id = "x".repeat(MAX_NAME_BYTES + 1);
    let created = device.edit(job(&id), Operation::Create, json!({ "title": "New" }));
    assert_eq!(faults(created), ["entityId"]);
    assert_eq!(device.engine.replica().unsent(), 0, "nothing is queued");
    device.update(json!({ "tags": members(MAX_ITEMS), "finding": "x".repeat(MAX_TEXT_CHARS) }));
}

#[test]
fn a_correction_is_held_to_the_same() {
    let device = device();
    let write = device.update(json!({ "finding": "short" }));
    let values = crate::support::fields(json!({ "tags": members(MAX_ITEMS + 1) }));
    let refused = block_on(device.engine.correct(&write.id, &values));
    match refused {
        Err(TransactError::Plan(QueueError::Invalid(faults))) => assert_eq!(faults[0].field, "tags"),
        other => panic!("it is too large, and became {other:?}"),
    }
}

fn lane(device: &Device) -> Vec<QueuedWrite> {
    device.engine.replica().lane(&job("J-1")).cloned().collect()
}

#[test]
fn a_write_stands_for_only_so_many_edits() {
    for coalesce in [Coalesce::Consecutive, Coalesce::State] {
        let device = device_with(Pack { coalesce, ..pack() });
        for count in 0..MAX_COALESCED * 2 + 5 {
            device.update(json!({ "title": format!("Pump {count}") }));
        }
        let lane = lane(&device);
        let edits: Vec<usize> = lane.iter().map(|write| write.coalesced.len() + 1).collect();
        assert_eq!(edits.iter().sum::<usize>(), MAX_COALESCED * 2 + 5, "no edit is lost");
        assert!(edits.iter().all(|edits| *edits <= MAX_COALESCED + 1), "{edits:?}");
        assert_eq!(device.shown("J-1", "title"), json!(format!("Pump {}", MAX_COALESCED * 2 + 4)));
    }
}

#[test]
fn edits_that_are_too_large_together_stay_apart() {
    let device = device_with(Pack { coalesce: Coalesce::State, ..pack() });
    let tags: Value = (0..MAX_ITEMS).map(|at| json!(format!("{at}{}", "x".repeat(400)))).collect();
    device.update(json!({ "tags": tags }));
    let text = |letter: &str| json!(letter.repeat(MAX_TEXT_CHARS));
    device.update(json!({ "title": text("a") }));
    device.update(json!({ "finding": text("b") }));
    device.update(json!({ "remark": text("c") }));
    let fields: Vec<usize> = lane(&device).iter().map(|write| write.payload.len()).collect();
    assert_eq!(fields, [2, 2]);
    assert!(lane(&device).iter().all(|write| oversized(&write.payload).is_empty()));
}

#[test]
fn a_push_carries_only_so_much() {
    let device = device();
    let text = "x".repeat(MAX_TEXT_CHARS);
    for at in 0..30 {
        device.create(&format!("00000000-0000-4000-8000-0000000000{at:02}"), json!({ "title": "New", "finding": text }));
    }
    device.sync(Trigger::Manual);
    let batches: Vec<usize> = device.script().pushes().iter().map(|push| push.operations.len()).collect();
    assert_eq!(batches.iter().sum::<usize>(), 30, "all are sent: {batches:?}");
    assert!(batches.len() > 1 && batches.iter().all(|count| *count <= 20), "{batches:?}");
}

/// An earlier version of the app coalesced without end.
#[test]
fn a_write_that_stands_for_too_many_edits_is_sent_with_the_newest_of_their_keys() {
    let device = device();
    let write = device.update(json!({ "title": "Belt" }));
    let old = QueuedWrite { coalesced: (0..1_000).map(|at| format!("edit-{at}")).collect(), ..write };
    let operation = old.to_operation(None);
    assert_eq!(operation.client_mutation_ids.len(), MAX_COALESCED);
    assert_eq!(operation.client_mutation_ids.last().map(String::as_str), Some("edit-999"));

    let many = (0..20).map(|at| QueuedWrite { id: format!("q{at}"), client_mutation_id: format!("k{at}"), entity_id: format!("J-{at}"), sequence: 100 + at, status: WriteStatus::Pending, ..old.clone() });
    device.shared.put(many.map(|write| Row::Write(Box::new(write))));
    device.sync(Trigger::Manual);
    for push in device.script().pushes() {
        let keys: usize = push.operations.iter().map(|operation| operation.client_mutation_ids.len()).sum();
        assert!(keys <= MAX_COALESCED_IN_BATCH, "{keys}");
    }
}

/// What waits in the queue still names the create that was settled long ago.
#[test]
fn an_operation_waits_for_others_of_its_batch_alone() {
    let device = device();
    let create = device.create("00000000-0000-4000-8000-000000000001", json!({ "title": "New" }));
    let child = device.update(json!({ "parent": "00000000-0000-4000-8000-000000000001" }));
    device.answer_push(answers(json!([
        answer_to(&create, "success", json!({ "newVersion": 1, "entityId": "J-9" })),
        answer_to(&child, "retry", json!({ "error": { "code": "SERVER_ERROR", "message": "later" } })),
    ])));
    device.sync(Trigger::Manual);
    let pushes = device.script().pushes();
    let first: Vec<_> = pushes[0].operations.iter().map(|operation| operation.depends_on.clone()).collect();
    assert_eq!(first, [vec![], vec![create.id]]);
    assert!(pushes[1..].iter().flat_map(|push| &push.operations).all(|operation| operation.depends_on.is_empty()));
}
