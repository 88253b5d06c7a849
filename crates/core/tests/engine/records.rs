//! The life of a record on a device: rows R1 to R7.

use holdfast_core::{
    engine::{Round, Trigger},
    protocol::ErrorCode,
    queue::WriteStatus,
    record::RecordKey,
};
use serde_json::{Value, json};

use crate::support::{dead, device, job, ok, page};

fn row(id: &str, version: u64, more: Value) -> Value {
    let mut row = json!({ "jobId": id, "_version": version, "updatedAt": "2026-01-02T00:00:00Z" });
    row.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    row
}

#[test]
fn r1_a_whole_row_becomes_a_mirror() {
    let device = device();
    device.answer_delta(page(
        "c1",
        false,
        json!({ "jobs": [row("J-2", 4, json!({ "title": "Belt", "count": null }))] }),
    ));
    device.sync(Trigger::Timer);
    let mirror = device.held("J-2").unwrap();
    assert_eq!(
        (mirror.version, json!(mirror.fields)),
        (4, json!({ "title": "Belt" }))
    );
}

#[test]
fn r2_changed_fields_replace_and_null_removes() {
    let device = device();
    let changes = row(
        "J-1",
        5,
        json!({ "_baseVersion": 2, "title": "Pump 2", "count": null }),
    );
    device.answer_delta(page("c1", false, json!({ "jobs": [changes] })));
    device.sync(Trigger::Timer);
    let mirror = device.held("J-1").unwrap();
    assert_eq!(
        (mirror.version, json!(mirror.fields)),
        (5, json!({ "title": "Pump 2", "status": "open" }))
    );
    assert_eq!(device.script().count("/api/v1/sync/records"), 0);
}

#[test]
fn r3_what_is_held_already_moves_only_the_cursor() {
    let device = device();
    let before = device.held("J-1");
    let rows = json!({ "jobs": [row("J-1", 3, json!({ "_baseVersion": 2, "title": "old" })), row("J-1", 2, json!({ "title": "older" }))] });
    device.answer_delta(page("c1", false, rows));
    device.sync(Trigger::Timer);
    assert_eq!(device.held("J-1"), before);
    assert_eq!(device.engine.replica().cursor().unwrap().cursor, "c1");
}

#[test]
fn r3_a_conflict_is_taken_again_at_its_version_once_its_record_is_in_sight() {
    let device = device();
    let conflict = |values: serde_json::Value| json!({ "conflicts": [{ "conflictId": "C-1", "status": "open", "values": values, "_version": 1, "updatedAt": "2026-01-01T00:00:00Z" }] });
    device.answer_delta(page("c1", false, conflict(json!({ "title": { "mine": "m" } }))));
    device.sync(Trigger::Timer);
    let whole = json!({ "title": { "mine": "m", "theirs": "t" } });
    device.answer_delta(page("c2", false, conflict(whole.clone())));
    device.sync(Trigger::Timer);
    let replica = device.engine.replica();
    let key = RecordKey::new("conflict", "C-1");
    assert_eq!(replica.mirror(&key).unwrap().fields()["values"], whole);
}

#[test]
fn r4_changes_of_an_unknown_version_are_fetched_whole_before_the_page_is_committed() {
    let device = device();
    let changes = json!({ "jobs": [
        row("J-1", 9, json!({ "_baseVersion": 8, "title": "Pump 9" })),
        row("J-7", 3, json!({ "_baseVersion": 2, "title": "Belt" })),
    ] });
    device.answer_delta(page("c1", false, changes));
    let whole = json!({ "jobs": [row("J-1", 9, json!({ "title": "Pump 9", "count": 1 })), row("J-7", 3, json!({ "title": "Belt" }))] });
    device.script().records.borrow_mut().push_back(ok(whole));
    device.sync(Trigger::Timer);
    assert_eq!(
        json!(device.held("J-1").unwrap().fields),
        json!({ "title": "Pump 9", "count": 1 })
    );
    assert_eq!(device.held("J-7").unwrap().version, 3);
}

#[test]
fn r4_without_the_whole_record_nothing_of_the_page_is_kept() {
    let device = device();
    let changes = json!({ "jobs": [row("J-2", 1, json!({ "title": "New" })), row("J-7", 3, json!({ "_baseVersion": 2, "title": "Belt" }))] });
    device.answer_delta(page("c1", false, changes));
    assert!(matches!(device.sync(Trigger::Timer), Round::Waiting(Some(_))));
    assert!(device.held("J-2").is_none());
    assert_eq!(
        device.engine.replica().cursor().unwrap().cursor,
        "c0",
        "the page is asked for again"
    );
}

#[test]
fn r5_a_deletion_takes_the_record_and_is_told() {
    let device = device();
    device.answer_delta(page("c1", false, json!({ "deletedIds": { "jobs": ["J-1"] } })));
    device.sync(Trigger::Timer);
    assert!(device.held("J-1").is_none());
    let notices = device.local_notices();
    assert_eq!(
        (notices.len(), &notices[0]["about"], &notices[0]["title"]),
        (1, &json!("deleted"), &json!("Pump"))
    );
}

#[test]
fn r6_a_deletion_leaves_unsent_work_to_be_seen_and_sent() {
    let device = device();
    let write = device.update(json!({ "title": "Mine", "status": "busy" }));
    device.answer_push(dead());
    (0..1).for_each(|_| device.script().probe.borrow_mut().push_back(dead()));
    device.sync(Trigger::Write);
    device.answer_push(crate::support::busy(429, 1));
    device.sync(Trigger::Reconnect);
    device.shared.pass(2_000);
    // A pull without a push before it, as when the write has to wait for its turn.
    let waiting = holdfast_core::queue::QueuedWrite {
        not_before: Some(device.shared.instant() + chrono::Duration::seconds(30)),
        ..device.write(&write.id)
    };
    device
        .shared
        .put([holdfast_core::store::Row::Write(Box::new(waiting))]);
    device.answer_delta(page("c1", false, json!({ "deletedIds": { "jobs": ["J-1"] } })));
    device.sync(Trigger::Timer);
    assert!(device.held("J-1").is_none());
    assert_eq!(
        device.write(&write.id).status,
        WriteStatus::Pending,
        "it goes on to the server"
    );
    assert_eq!(device.shown("J-1", "title"), "Mine");
    assert_eq!(
        device.shown("J-1", "status"),
        "busy",
        "what was typed shows, whatever its strategy"
    );
    let replica = device.engine.replica();
    assert!(replica.view(&job("J-1")).unwrap().only_here);
}

#[test]
fn r7_a_revocation_takes_the_record_and_keeps_what_was_typed() {
    let device = device();
    device.update(json!({ "title": "Mine" }));
    let waiting = holdfast_core::queue::QueuedWrite {
        not_before: Some(device.shared.instant() + chrono::Duration::seconds(30)),
        ..device.engine.replica().open_writes().next().cloned().unwrap()
    };
    device
        .shared
        .put([holdfast_core::store::Row::Write(Box::new(waiting.clone()))]);
    device.answer_delta(page("c1", false, json!({ "revokedIds": { "jobs": ["J-1"] } })));
    device.sync(Trigger::Timer);
    assert!(device.held("J-1").is_none());
    let failed = device.write(&waiting.id);
    assert_eq!(
        (failed.status, failed.last_error.unwrap().code),
        (WriteStatus::Failed, ErrorCode::PermissionDenied)
    );
    assert_eq!(json!(failed.payload), json!({ "title": "Mine" }));
    assert_eq!(device.local_notices()[0]["about"], "access-lost");
    assert!(device.engine.replica().view(&job("J-1")).is_none());
}

#[test]
fn what_others_changed_shows_under_the_pending_edits() {
    let device = device();
    device.update(json!({ "count": 7, "finding": "mine" }));
    let waiting = holdfast_core::queue::QueuedWrite {
        not_before: Some(device.shared.instant() + chrono::Duration::seconds(30)),
        ..device.engine.replica().open_writes().next().cloned().unwrap()
    };
    device
        .shared
        .put([holdfast_core::store::Row::Write(Box::new(waiting))]);
    let changes = row(
        "J-1",
        4,
        json!({ "_baseVersion": 3, "title": "Pump 4", "count": 10, "finding": "theirs" }),
    );
    device.answer_delta(page("c1", false, json!({ "jobs": [changes] })));
    device.sync(Trigger::Timer);
    assert_eq!(device.shown("J-1", "title"), "Pump 4");
    assert_eq!(device.shown("J-1", "count"), 12, "5 became 10 there and 7 here");
    assert_eq!(
        device.shown("J-1", "finding"),
        "mine",
        "until the server has said that a person must decide"
    );
}
