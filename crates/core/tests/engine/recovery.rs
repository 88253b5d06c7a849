//! A context that died, a server that was set back, and the digest: W14, W19, D10.

use holdfast_core::{
    engine::{Round, Trigger},
    protocol::WireOperation,
    queue::{QueuedWrite, WriteStatus},
    record::Operation,
    store::Row,
};
use serde_json::json;

use crate::support::{answer_to, answers, block_on, device, job, mirror, ok, page, refusal, status};

#[test]
fn w14_what_a_dead_context_left_syncing_is_resent_with_the_same_key() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    let left = QueuedWrite {
        status: WriteStatus::Syncing,
        sent: true,
        ..write.clone()
    };
    device.shared.put([Row::Write(Box::new(left))]);
    let successor = device.shared.open();
    let round = block_on(successor.sync(Trigger::Launch, holdfast_core::engine::Election::Lock));
    assert_eq!(round, Round::Done);
    let sent = device.script().pushes()[0].operations[0].clone();
    assert_eq!(sent.key(), write.client_mutation_id);
    assert_eq!(
        successor.replica().write(&write.id).unwrap().status,
        WriteStatus::Synced
    );
}

#[test]
fn w19_d10_a_restored_server_is_read_anew_and_offered_again_what_it_acknowledged() {
    let device = device();
    let recent = device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    let old = QueuedWrite {
        id: "old".into(),
        client_mutation_id: "old".into(),
        sequence: 1,
        synced_at: Some(device.shared.instant() - chrono::Duration::days(8)),
        ..device.write(&recent.id)
    };
    device.shared.put([
        Row::Write(Box::new(old)),
        Row::Mirror(mirror("J-8", 9, json!({ "title": "Lost" }))),
    ]);
    device.answer_delta(refusal(410, "GONE"));
    let row = json!({ "jobId": "J-1", "title": "Pump", "_version": 2, "updatedAt": "2026-01-01T00:00:00Z" });
    device.answer_delta(page("d1", false, json!({ "jobs": [row] })));
    let again = answer_to(
        &recent,
        "success",
        json!({ "newVersion": 3, "record": { "jobId": "J-1", "title": "A", "_version": 3 } }),
    );
    device.answer_push(answers(json!([again])));
    device.sync(Trigger::Timer);
    assert_eq!(
        device.script().count("/api/v1/sync/delta?limit"),
        1,
        "asked again without a cursor"
    );
    let offered: Vec<String> = device
        .script()
        .pushes()
        .last()
        .unwrap()
        .operations
        .iter()
        .map(|o| o.key().to_owned())
        .collect();
    assert_eq!(
        offered,
        [recent.client_mutation_id],
        "under its first key; what is over a week old is not offered"
    );
    let mirror = device.held("J-1").unwrap();
    assert_eq!(
        (mirror.version, &mirror.fields["title"]),
        (3, &json!("A")),
        "lower versions of the new history are believed"
    );
    assert!(device.held("J-8").is_none(), "what did not come again is dropped");
    assert!(device.engine.replica().sync().epoch_changed_at.is_some());
}

#[test]
fn d10_a_scan_cut_off_half_way_goes_on_and_drops_nothing_early() {
    let device = device();
    device
        .shared
        .put([Row::Mirror(mirror("J-8", 9, json!({ "title": "Later" })))]);
    device.answer_delta(refusal(410, "GONE"));
    let row =
        |id: &str| json!({ "jobId": id, "title": "x", "_version": 1, "updatedAt": "2026-01-01T00:00:00Z" });
    device.answer_delta(page("d1", true, json!({ "jobs": [row("J-1")] })));
    device.answer_delta(crate::support::busy(429, 5));
    device.sync(Trigger::Timer);
    assert!(device.held("J-8").is_some(), "the scan has not come to it yet");
    assert!(device.engine.replica().cursor().unwrap().partial);
    device.shared.pass(6_000);
    device.answer_delta(page("d2", false, json!({ "jobs": [row("J-8")] })));
    device.sync(Trigger::Timer);
    assert_eq!(device.held("J-8").unwrap().version, 1);
    assert!(!device.engine.replica().cursor().unwrap().partial);
}

#[test]
fn a_launch_after_an_hour_mends_what_the_digest_tells() {
    let device = device();
    device.shared.put([
        Row::Mirror(mirror("J-2", 1, json!({ "title": "stale" }))),
        Row::Mirror(mirror("J-3", 1, json!({ "title": "surplus" }))),
    ]);
    let entry = |versions: serde_json::Value| json!({ "epoch": "e", "entities": { "jobs": { "count": 2, "sha256": "x", "versions": versions } } });
    device
        .script()
        .digest
        .borrow_mut()
        .push_back(ok(entry(serde_json::Value::Null)));
    device
        .script()
        .digest
        .borrow_mut()
        .push_back(ok(entry(json!({ "J-1": 3, "J-2": 2, "J-4": 1 }))));
    let row = |id: &str, version: u64| json!({ "jobId": id, "title": "mended", "_version": version, "updatedAt": "2026-01-01T00:00:00Z" });
    device
        .script()
        .records
        .borrow_mut()
        .push_back(ok(json!({ "jobs": [row("J-2", 2), row("J-4", 1)] })));
    device.sync(Trigger::Launch);
    assert_eq!(device.held("J-2").unwrap().fields["title"], "mended");
    assert_eq!(device.held("J-4").unwrap().version, 1);
    assert!(device.held("J-3").is_none());
    assert_eq!(
        device.held("J-1").unwrap().fields["title"],
        "Pump",
        "what agrees is left alone"
    );
    let checked = device.script().count("/api/v1/sync/digest");
    device.sync(Trigger::Launch);
    assert_eq!(
        device.script().count("/api/v1/sync/digest"),
        checked,
        "not again within the hour"
    );
    assert!(device.engine.replica().view(&job("J-1")).is_some());
}

#[test]
fn w19_a_device_that_never_pulled_offers_again_what_a_server_without_memory_acknowledged() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    // The first pull never came through; the server that acknowledged the write is gone meanwhile.
    let mut gone = holdfast_core::store::Changes::default();
    gone.delete(holdfast_core::store::RowKey::Cursor);
    let revision = device.engine.replica().revision();
    block_on(holdfast_core::store::Store::commit(
        &device.shared.store,
        revision,
        &gone,
    ))
    .unwrap();
    device.sync(Trigger::Timer);
    let pushes = device.script().pushes();
    assert_eq!(pushes.len(), 2);
    assert_eq!(
        pushes[1].operations[0].key(),
        write.client_mutation_id,
        "under its first key"
    );
    assert_eq!(device.write(&write.id).status, WriteStatus::Synced);
}

#[test]
fn w19_a_push_to_a_restored_server_offers_what_it_lost_before_what_is_new() {
    let device = device();
    let lost = device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    let new = device.update(json!({ "title": "B" }));
    device.answer_push(refusal(410, "GONE"));
    device.sync(Trigger::Write);
    let pushes = device.script().pushes();
    let keys = |at: usize| -> Vec<&str> {
        let operations = pushes[at].operations.iter();
        operations.map(WireOperation::key).collect()
    };
    assert_eq!(
        pushes[1].cursor.as_deref(),
        Some("c0"),
        "says which history it knows"
    );
    assert_eq!(keys(1), [&new.client_mutation_id]);
    assert_eq!(
        keys(2),
        [&lost.client_mutation_id, &new.client_mutation_id],
        "in the order they were made"
    );
    assert_eq!(pushes[2].cursor, None);
    for operation in &pushes[2].operations {
        assert_eq!(
            operation.payload["_version"],
            json!(0),
            "versions of the lost history mean nothing"
        );
    }
    assert_eq!(device.write(&new.id).status, WriteStatus::Synced);
}

/// 410 of a server that lost nothing: only the cursor is of no use.
fn cursor_refused() -> crate::support::Answer {
    let error = json!({ "code": "GONE", "message": "This cursor was not issued to this device." });
    status(410, json!({ "error": error, "offerAgain": false }))
}

#[test]
fn d10a_a_refused_cursor_is_dropped_and_nothing_is_offered_again() {
    let device = device();
    let written = device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    let waiting = device.update(json!({ "title": "B" }));
    device.answer_push(cursor_refused());
    device.sync(Trigger::Write);
    let pushes = device.script().pushes();
    let sent: Vec<&str> = pushes
        .iter()
        .skip(1)
        .flat_map(|push| push.operations.iter().map(WireOperation::key))
        .collect();
    assert_eq!(
        sent,
        [
            waiting.client_mutation_id.as_str(),
            waiting.client_mutation_id.as_str()
        ],
        "sent again without the cursor, and {} is not",
        written.client_mutation_id
    );
    assert_eq!(pushes.last().unwrap().cursor, None);
    let replica = device.engine.replica();
    assert_eq!(replica.write(&written.id).unwrap().status, WriteStatus::Synced);
    assert!(replica.sync().epoch_changed_at.is_none());
    assert!(!replica.sync().history_kept, "the scan that followed has begun");
}

#[test]
fn d10a_a_context_that_dies_before_the_scan_offers_nothing_either() {
    let device = device();
    let written = device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    device.answer_delta(cursor_refused());
    device.answer_delta(crate::support::busy(429, 5));
    device.sync(Trigger::Timer);
    assert!(device.engine.replica().cursor().is_none());
    let successor = device.shared.open();
    device.shared.pass(6_000);
    block_on(successor.sync(Trigger::Launch, holdfast_core::engine::Election::Lock));
    assert_eq!(
        successor.replica().write(&written.id).unwrap().status,
        WriteStatus::Synced
    );
    assert_eq!(device.script().pushes().len(), 1);
}

#[test]
fn a_receipt_is_sent_until_a_pull_has_come_to_its_end() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    let mut answer = json!({ "serverTime": "2026-01-01T00:00:00Z", "receipt": "proof" });
    answer["results"] = json!([answer_to(&write, "success", json!({ "newVersion": 2 }))]);
    device.answer_push(ok(answer));
    device.answer_delta(crate::support::busy(429, 5));
    device.sync(Trigger::Timer);
    assert_eq!(device.engine.replica().sync().receipt.as_deref(), Some("proof"));
    device.shared.pass(6_000);
    let row = json!({ "jobId": "J-9", "title": "x", "_version": 1, "updatedAt": "2026-01-01T00:00:00Z" });
    device.answer_delta(page("d1", true, json!({ "jobs": [row] })));
    device.answer_delta(page("d2", false, json!({})));
    let next = device.update(json!({ "title": "B" }));
    device.sync(Trigger::Timer);
    let pushes = device.script().pushes();
    let with = pushes
        .iter()
        .find(|push| push.operations.iter().any(|o| o.queue_id == next.id));
    assert_eq!(with.unwrap().receipt.as_deref(), Some("proof"));
    let asked = device.script().asked.borrow().clone();
    let with = asked
        .iter()
        .filter(|request| request.path.contains("receipt=proof"));
    assert_eq!(with.count(), 3, "with each page until the last");
    assert_eq!(device.engine.replica().sync().receipt, None);
}

#[test]
fn w19_what_is_offered_again_says_when_the_server_changed_what_was_seen() {
    let device = device();
    device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    let seen_at = device.held("J-1").unwrap().updated_at;
    assert_eq!(device.script().pushes()[0].operations[0].seen_at, None);
    device.answer_delta(refusal(410, "GONE"));
    device.sync(Trigger::Timer);
    let offered = device.script().pushes().last().unwrap().operations[0].clone();
    assert_eq!(offered.seen_at, Some(seen_at));
}

#[test]
fn w19a_an_edit_over_what_the_scan_has_not_confirmed_says_so() {
    let device = device();
    device
        .shared
        .put([Row::Mirror(mirror("J-8", 9, json!({ "title": "Later" })))]);
    device.answer_delta(refusal(410, "GONE"));
    let row = json!({ "jobId": "J-1", "title": "x", "_version": 1, "updatedAt": "2026-01-01T00:00:00Z" });
    device.answer_delta(page("d1", true, json!({ "jobs": [row] })));
    device.answer_delta(crate::support::busy(429, 5));
    device.sync(Trigger::Timer);
    let seen_at = |id: &str| {
        let edited = device.edit(
            crate::support::job(id),
            Operation::Update,
            json!({ "title": "Typed" }),
        );
        device.write(&edited.unwrap().queue_id.unwrap()).seen_at
    };
    assert_eq!(seen_at("J-8"), Some(device.held("J-8").unwrap().updated_at));
    assert_eq!(seen_at("J-1"), None);
}
