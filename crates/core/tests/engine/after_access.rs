//! A record that is taken from its author while work on it waits: rows W5a and R7.

use holdfast_core::{
    engine::Trigger,
    pack::{AfterAccess, Pack},
    queue::{QueuedWrite, WriteStatus},
    record::Operation,
};
use serde_json::json;

use crate::support::{Device, answer_to, answers, device_with, error, job, pack, page};

fn device() -> Device {
    let mut pack: Pack = pack();
    pack.entities[0].after_access = Some(AfterAccess {
        fields: vec!["notes".into()],
        days: 30,
    });
    device_with(pack)
}

/// Two writes of one lane, of two kinds of matter.
fn two_writes(device: &Device) -> [QueuedWrite; 2] {
    let first = device.update(json!({ "title": "A" }));
    let sent = answers(json!([answer_to(&first, "retry", error("SERVER_ERROR"))]));
    device.answer_push(sent);
    device.sync(Trigger::Write);
    device.shared.pass(6_000);
    let second = device.update(json!({ "notes": [{ "id": "n1" }] }));
    [first, second]
}

#[test]
fn w5a_what_was_taken_is_settled_and_the_record_leaves() {
    let device = device();
    let [first, second] = two_writes(&device);
    let taken = json!({ "accessLost": true, "superseded": [
        { "field": "title", "kept": null, "lost": "A", "lostBy": "tim", "strategy": "access-lost" }] });
    device.answer_push(answers(json!([
        answer_to(&first, "success", taken),
        answer_to(&second, "success", json!({ "accessLost": true })),
    ])));
    device.sync(Trigger::Write);
    for write in [&first, &second] {
        assert_eq!(device.write(&write.id).status, WriteStatus::Synced);
    }
    assert_eq!(
        device.write(&first.id).merged,
        ["title"],
        "its author sees that it gave way"
    );
    assert!(device.held("J-1").is_none() && device.engine.replica().view(&job("J-1")).is_none());
    let notices = device.local_notices();
    assert_eq!(notices.len(), 1, "told once");
    assert_eq!(
        (&notices[0]["about"], &notices[0]["title"]),
        (&json!("access-lost"), &json!("A"))
    );
}

#[test]
fn w5a_the_rest_of_the_lane_goes_on() {
    let device = device();
    let [first, second] = two_writes(&device);
    device.answer_push(answers(json!([
        answer_to(&first, "success", json!({ "accessLost": true })),
        answer_to(&second, "retry", error("DEPENDENCY_FAILED")),
    ])));
    device.answer_push(answers(json!([answer_to(
        &second,
        "success",
        json!({ "accessLost": true })
    )])));
    device.sync(Trigger::Write);
    assert_eq!(device.write(&second.id).status, WriteStatus::Synced);
    assert_eq!(device.script().pushes().len(), 3);
}

#[test]
fn r7_waiting_work_goes_on_to_the_server_and_is_a_dead_letter_only_if_it_says_so() {
    for (answer, becomes) in [
        (json!({ "accessLost": true }), WriteStatus::Synced),
        (error("NOT_FOUND"), WriteStatus::Failed),
    ] {
        let device = device();
        let [first, second] = two_writes(&device);
        let revoked = json!({ "revokedIds": { "jobs": ["J-1"] } });
        // The page comes while the writes wait: the first push of the round is cut short.
        device.answer_push(answers(json!([
            answer_to(&first, "retry", error("SERVER_ERROR")),
            answer_to(&second, "retry", error("DEPENDENCY_FAILED")),
        ])));
        device.answer_delta(page("c1", false, revoked));
        device.sync(Trigger::Timer);
        assert!(device.held("J-1").is_none());
        for write in [&first, &second] {
            assert_eq!(
                device.write(&write.id).status,
                WriteStatus::Pending,
                "the server judges it"
            );
        }
        device.shared.pass(60_000);
        let status = if becomes == WriteStatus::Synced {
            "success"
        } else {
            "rejected"
        };
        device.answer_push(answers(json!([
            answer_to(&first, status, answer.clone()),
            answer_to(&second, status, answer),
        ])));
        device.sync(Trigger::Write);
        assert_eq!(device.write(&first.id).status, becomes);
        assert_eq!(device.write(&second.id).status, becomes);
        assert_eq!(device.engine.replica().unsent(), 0);
    }
}

#[test]
fn r7_a_create_and_a_delete_do_not_go_on() {
    let device = device();
    device.update(json!({ "title": "A" }));
    let deleted = device.edit(job("J-1"), Operation::Delete, json!({})).unwrap();
    let deleted = device.write(&deleted.queue_id.unwrap());
    device.answer_push(crate::support::busy(429, 1));
    device.sync(Trigger::Write);
    device.shared.pass(2_000);
    device.answer_push(crate::support::busy(429, 1));
    device.sync(Trigger::Timer);
    let incoming = json!({ "revokedIds": { "jobs": ["J-1"] } });
    let delta = json!({ "syncTimestamp": "2026-01-01T00:00:00Z", "cursor": "c1", "hasMore": false, "changes": incoming });
    let delta = delta.to_string();
    let delta = holdfast_core::protocol::DeltaText::read(&delta).unwrap();
    let replica = device.engine.replica();
    let incoming = holdfast_core::plan::incoming(&replica, &delta).unwrap();
    let clock = holdfast_core::plan::Measured {
        offset_ms: 0,
        server_time: device.shared.instant(),
    };
    let changes = holdfast_core::plan::pull(&replica, &incoming, &[], clock).unwrap();
    let put: Vec<(String, WriteStatus)> = changes
        .put
        .iter()
        .filter_map(|row| match row {
            holdfast_core::store::Row::Write(write) => Some((write.id.clone(), write.status)),
            _ => None,
        })
        .collect();
    assert_eq!(put, [(deleted.id, WriteStatus::Failed)]);
}
