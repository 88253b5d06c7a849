//! A local id gives way to the server's: rows W21, R8 and R9, whichever comes first, answer or delta.

use holdfast_core::{
    engine::{Election, Trigger},
    queue::{QueuedWrite, WriteStatus},
    record::{Operation, RecordKey},
    store::Row,
};
use serde_json::{Value, json};

use crate::support::{Device, answer_to, answers, block_on, dead, device, job, page};

fn row() -> Value {
    json!({ "jobId": "S-9", "title": "New", "_version": 1, "_localId": "local", "updatedAt": "2026-01-01T00:00:00Z" })
}

/// A create that was sent, and two writes behind it that name it by its local id.
fn created(device: &Device) -> (QueuedWrite, QueuedWrite, QueuedWrite) {
    let asset = RecordKey::new("asset", "press");
    let create = device.create("local", json!({ "title": "New" }));
    device.answer_push(dead());
    device.script().probe.borrow_mut().push_back(dead());
    device.sync(Trigger::Write);
    let update = device
        .edit(job("local"), Operation::Update, json!({ "count": 1 }))
        .unwrap();
    let asset = device
        .edit(asset, Operation::Create, json!({ "title": "Press" }))
        .unwrap();
    let update = device.write(&update.queue_id.unwrap());
    let asset = device.write(&asset.queue_id.unwrap());
    (create, update, asset)
}

#[test]
fn r8_the_answer_moves_record_queue_and_view_in_one_commit() {
    let device = device();
    let (create, update, _) = created(&device);
    let before = device.engine.replica().revision();
    let answer = answer_to(
        &create,
        "success",
        json!({ "newVersion": 1, "entityId": "S-9", "record": row() }),
    );
    device.answer_push(answers(json!([answer])));
    let (shared, id) = (device.shared.clone(), update.id.clone());
    device.sync(Trigger::Reconnect);
    assert!(device.engine.replica().revision() > before);
    assert_eq!(shared.open().replica().write(&id).unwrap().entity_id, "S-9");
    assert_eq!(device.held("S-9").unwrap().local_id.as_deref(), Some("local"));
    assert_eq!(
        device.shown("local", "title"),
        "New",
        "an open page finds it under its old id"
    );
}

#[test]
fn w21_references_inside_unsent_writes_are_readdressed() {
    let device = device();
    let press = RecordKey::new("asset", "press");
    let create = device
        .edit(press, Operation::Create, json!({ "title": "Press" }))
        .unwrap();
    let create = device.write(&create.queue_id.unwrap());
    let user = device.create(
        "user",
        json!({ "title": "Service", "assetId": "press", "parts": [{ "partId": "press" }] }),
    );
    assert_eq!(user.depends_on, std::slice::from_ref(&create.id));
    // Only the create goes: its dependant is behind it in a batch of one.
    let delta =
        json!({ "assets": [{ "assetId": "S-3", "title": "Press", "_version": 1, "_localId": "press" }] });
    device.answer_push(answers(json!([answer_to(
        &create,
        "retry",
        json!({ "error": { "code": "SERVER_ERROR", "message": "" } })
    )])));
    device.answer_delta(page("c1", false, delta));
    device.sync(Trigger::Timer);
    let stored = device.write(&create.id);
    assert_eq!(stored.entity_id, "S-3");
}

#[test]
fn r9_the_delta_first_gives_the_record_its_id_and_the_create_waits_for_its_answer() {
    let device = device();
    let (create, update, _) = created(&device);
    // The create is answered late: the delta comes by a pull whose push failed for the create alone.
    device.answer_push(answers(json!([answer_to(
        &create,
        "retry",
        json!({ "error": { "code": "SERVER_ERROR", "message": "" } })
    )])));
    device.answer_delta(page("c1", false, json!({ "jobs": [row()] })));
    device.sync(Trigger::Reconnect);
    assert_eq!(device.held("S-9").unwrap().version, 1);
    assert_eq!(
        device.write(&create.id).status,
        WriteStatus::Pending,
        "still queued"
    );
    assert_eq!(device.write(&update.id).entity_id, "S-9");
    assert_eq!(
        device.shown("S-9", "count"),
        1,
        "its own later edit shows over it"
    );
    assert_eq!(
        device.engine.replica().all("job").count(),
        2,
        "one record, not two"
    );
    device.shared.pass(60_000);
    let answer = answer_to(
        &create,
        "success",
        json!({ "newVersion": 1, "entityId": "S-9", "record": row() }),
    );
    let mut second = row();
    (second["_version"], second["count"]) = (json!(2), json!(1));
    let other = answer_to(&update, "success", json!({ "newVersion": 2, "record": second }));
    device.answer_push(answers(json!([answer, other])));
    device.sync(Trigger::Write);
    let resent = device.script().pushes().last().unwrap().operations[0].clone();
    assert_eq!(resent.key(), create.client_mutation_id, "under its first key");
    assert_eq!(device.engine.replica().all("job").count(), 2);
    assert_eq!(device.held("S-9").unwrap().version, 2);
}

#[test]
fn a_record_that_comes_back_under_another_id_takes_its_queue_and_references_along() {
    let device = device();
    let press = RecordKey::new("asset", "press");
    let create = device
        .edit(press, Operation::Create, json!({ "title": "Press" }))
        .unwrap();
    let create = device.write(&create.queue_id.unwrap());
    // As it was acknowledged by a server that lost it since, and gave the id to another record.
    let offered = QueuedWrite {
        entity_id: "S-3".into(),
        ..create.clone()
    };
    let user = device.create("user", json!({ "title": "Service" }));
    let referring = QueuedWrite {
        payload: [
            ("title".to_owned(), json!("Service")),
            ("assetId".to_owned(), json!("S-3")),
        ]
        .into_iter()
        .collect(),
        depends_on: vec![create.id.clone()],
        sent: true,
        ..user.clone()
    };
    let behind = QueuedWrite {
        id: "behind".into(),
        client_mutation_id: "behind".into(),
        operation: Operation::Update,
        sequence: offered.sequence + 1,
        sent: true,
        seen_at: Some(device.shared.instant()),
        ..offered.clone()
    };
    let rows = [offered, referring, behind].map(|write| Row::Write(Box::new(write)));
    device.shared.put(rows);
    let successor = device.shared.open();
    let record =
        json!({ "assetId": "S-9", "title": "Press", "_version": 1, "updatedAt": "2026-01-01T00:00:00Z" });
    let moved = answer_to(
        &create,
        "success",
        json!({ "newVersion": 1, "entityId": "S-9", "record": record }),
    );
    let waits = |write: &str| json!({ "queueId": write, "status": "retry", "error": { "code": "DEPENDENCY_FAILED", "message": "" } });
    device.answer_push(answers(json!([moved, waits("behind"), waits(&user.id)])));
    block_on(successor.sync(Trigger::Launch, Election::Lock));
    let replica = successor.replica();
    let behind = replica.write("behind").unwrap();
    assert_eq!((behind.entity_id.as_str(), behind.seen_at), ("S-9", None));
    assert_eq!(replica.write(&user.id).unwrap().payload["assetId"], "S-9");
}
