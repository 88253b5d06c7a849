//! The life of a queued write while it is sent and answered: rows W1 to W13 of the protocol.

use holdfast_core::{
    engine::{Round, Trigger},
    protocol::ErrorCode,
    queue::{QueuedWrite, WriteStatus},
    record::Operation,
};
use serde_json::json;

use crate::support::{answer_to, answers, busy, dead, device, error, job, page, text};

#[test]
fn w1_an_edit_is_pending_with_what_its_author_saw_and_shown_at_once() {
    let device = device();
    let write = device.update(json!({ "title": "Pump 2", "count": 6 }));
    assert_eq!(write.status, WriteStatus::Pending);
    assert_eq!(json!(write.base), json!({ "title": "Pump", "count": 5 }));
    assert_eq!((write.base_version, write.sent), (3, false));
    assert_eq!(device.shown("J-1", "title"), "Pump 2");
    let next = device
        .edit(job("J-2"), Operation::Create, json!({ "title": "New" }))
        .unwrap();
    let next = device.write(&next.queue_id.unwrap());
    assert!(
        next.sequence > write.sequence,
        "later writes have larger sequences"
    );
}

#[test]
fn w2_unsent_edits_of_a_record_fold_and_the_earliest_base_stays() {
    let device = device();
    let first = device.update(json!({ "title": "A" }));
    let folded = device.update(json!({ "title": "B", "finding": "leak" }));
    assert_eq!(folded.id, first.id);
    assert_eq!(json!(folded.payload), json!({ "title": "B", "finding": "leak" }));
    assert_eq!(json!(folded.base), json!({ "title": "Pump", "finding": null }));
    assert_eq!(folded.coalesced.len(), 1, "the later key rides along");
    assert_eq!(device.engine.replica().unsent(), 1);
}

#[test]
fn w2_an_edit_of_a_sent_write_is_a_write_of_its_own() {
    let device = device();
    let first = device.update(json!({ "title": "A" }));
    device.answer_push(dead());
    device.script().probe.borrow_mut().push_back(dead());
    device.sync(Trigger::Write);
    let second = device.update(json!({ "title": "B" }));
    assert_ne!(first.id, second.id, "a write that was ever sent is frozen");
    assert_eq!(
        second.base["title"], "A",
        "its base is what its author saw: the first one's value"
    );
    assert_eq!(json!(device.write(&first.id).payload), json!({ "title": "A" }));
}

#[test]
fn w3_a_request_says_no_more_than_it_must() {
    let device = device();
    let first = device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    let push = device.script().pushes().remove(0);
    assert!(push.by_position, "results need not be named");
    let sent = &push.operations[0];
    assert_eq!((sent.key(), &sent.client_mutation_id), (first.id.as_str(), &None));
    let again = QueuedWrite {
        client_mutation_id: "another".into(),
        ..first
    };
    let named = again.to_operation(None);
    assert_eq!(
        named.key(),
        "another",
        "a key of its own, as after a retry, is said"
    );
}

#[test]
fn w4_unnamed_results_are_the_writes_in_their_order() {
    let device = device();
    device.update(json!({ "title": "A" }));
    device
        .edit(job("J-2"), Operation::Create, json!({ "title": "New" }))
        .unwrap();
    let mut refused = error("VALIDATION_ERROR");
    refused["status"] = json!("rejected");
    device.answer_push(answers(
        json!([{ "status": "success", "newVersion": 4 }, refused]),
    ));
    device.sync(Trigger::Write);
    let sent = device.script().pushes().remove(0).operations;
    let status = |at: usize| device.write(&sent[at].queue_id).status;
    assert_eq!([status(0), status(1)], [WriteStatus::Synced, WriteStatus::Failed]);
}

#[test]
fn w3_a_write_is_marked_as_sent_before_the_request_leaves() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    let (shared, id) = (device.shared.clone(), write.id.clone());
    let seen = std::rc::Rc::new(std::cell::Cell::new(false));
    let note = std::rc::Rc::clone(&seen);
    *device.script().during_push.borrow_mut() = Some(Box::new(move || {
        let stored = shared.open().replica().write(&id).cloned().unwrap();
        note.set(stored.sent && stored.status == WriteStatus::Syncing && stored.last_attempt_at.is_some());
    }));
    device.sync(Trigger::Write);
    assert!(seen.get(), "the store says so while the request is under way");
}

#[test]
fn w4_success_makes_the_mirror_from_the_authors_version_and_payload() {
    let device = device();
    let write = device.update(json!({ "title": "A", "count": null }));
    device.answer_push(answers(json!([answer_to(
        &write,
        "success",
        json!({ "newVersion": 4 })
    )])));
    assert_eq!(device.sync(Trigger::Write), Round::Done);
    let done = device.write(&write.id);
    assert_eq!(done.status, WriteStatus::Synced);
    assert!(done.synced_at.is_some());
    let mirror = device.held("J-1").unwrap();
    assert_eq!(
        (mirror.version, json!(mirror.fields)),
        (4, json!({ "title": "A", "status": "open" }))
    );
}

#[test]
fn w5_a_merged_answer_brings_the_record_as_it_is() {
    let device = device();
    let write = device.update(json!({ "count": 7 }));
    let record = json!({ "jobId": "J-1", "title": "Pump", "count": 9, "_version": 6, "updatedAt": "2026-01-01T00:00:04Z" });
    let merged = json!({ "newVersion": 6, "merged": ["count"], "record": record });
    device.answer_push(answers(json!([answer_to(&write, "success", merged)])));
    device.sync(Trigger::Write);
    assert_eq!(device.write(&write.id).merged, ["count"]);
    let mirror = device.held("J-1").unwrap();
    assert_eq!(
        (mirror.version, json!(mirror.fields)),
        (6, json!({ "title": "Pump", "count": 9 }))
    );
}

#[test]
fn w5_an_old_answer_never_sets_a_record_back() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    let record =
        json!({ "jobId": "J-1", "title": "old", "_version": 2, "updatedAt": "2026-01-01T00:00:04Z" });
    device.answer_push(answers(json!([answer_to(
        &write,
        "success",
        json!({ "newVersion": 2, "record": record })
    )])));
    device.sync(Trigger::Write);
    assert_eq!(device.held("J-1").unwrap().version, 3);
}

#[test]
fn w6_a_conflict_reaches_the_inbox_with_the_answer_and_the_lane_goes_on() {
    let device = device();
    let write = device.update(json!({ "finding": "leak" }));
    let conflict = |version: u64, state: &str| {
        json!({ "conflictId": "c-1", "fields": ["finding"], "record": { "conflictId": "c-1", "status": state,
            "recordType": "job", "recordId": "J-1", "_version": version, "updatedAt": "2026-01-01T00:00:04Z" } })
    };
    let answer = json!({ "newVersion": 3, "conflict": conflict(2, "open") });
    device.answer_push(answers(json!([answer_to(&write, "conflict", answer)])));
    device.sync(Trigger::Write);
    assert_eq!(device.write(&write.id).status, WriteStatus::Conflict);
    let open: Vec<_> = device.engine.replica().open_conflicts().collect();
    assert_eq!(open, [job("J-1")]);
    let next = device.update(json!({ "finding": "crack" }));
    let stale = json!({ "newVersion": 3, "conflict": conflict(1, "resolved") });
    device.answer_push(answers(json!([answer_to(&next, "conflict", stale)])));
    device.sync(Trigger::Write);
    assert_eq!(
        device.engine.replica().open_conflicts().count(),
        1,
        "an older state of the conflict changes nothing"
    );
}

#[test]
fn w7_a_validation_error_stops_its_lane_and_no_other() {
    let device = device();
    let bad = device.update(json!({ "title": "A" }));
    let other = device.create("new", json!({ "title": "Other" }));
    let invalid = json!({ "error": { "code": "VALIDATION_ERROR", "message": "no", "fields": [{ "field": "title", "message": "too odd" }] } });
    device.answer_push(answers(json!([
        answer_to(&bad, "rejected", invalid),
        answer_to(&other, "success", json!({ "newVersion": 1, "entityId": "S-7" })),
    ])));
    device.sync(Trigger::Write);
    let failed = device.write(&bad.id);
    assert_eq!(failed.status, WriteStatus::Failed);
    assert_eq!(failed.last_error.unwrap().fields[0].field, "title");
    assert_eq!(device.write(&other.id).status, WriteStatus::Synced);
    let behind = device.update(json!({ "count": 6 }));
    let pushes = device.script().pushes().len();
    device.sync(Trigger::Write);
    assert_eq!(
        device.script().pushes().len(),
        pushes,
        "nothing behind a failed write is sent"
    );
    assert_eq!(device.write(&behind.id).status, WriteStatus::Pending);
}

#[test]
fn w8_without_write_access_the_record_stays_and_the_write_fails_with_the_reason() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.answer_push(answers(json!([answer_to(
        &write,
        "rejected",
        error("PERMISSION_DENIED")
    )])));
    device.sync(Trigger::Write);
    let failed = device.write(&write.id);
    assert_eq!(
        (failed.status, failed.last_error.unwrap().code),
        (WriteStatus::Failed, ErrorCode::PermissionDenied)
    );
    assert!(device.held("J-1").is_some());
}

#[test]
fn w9_access_lost_takes_the_record_and_keeps_what_was_typed_and_tells() {
    let device = device();
    let first = device.update(json!({ "title": "A" }));
    device.script().probe.borrow_mut().push_back(dead());
    device.answer_push(dead());
    device.sync(Trigger::Write);
    let second = device.update(json!({ "finding": "leak" }));
    device.answer_push(answers(json!([
        answer_to(&first, "rejected", error("NOT_FOUND")),
        answer_to(&second, "retry", error("DEPENDENCY_FAILED")),
    ])));
    device.sync(Trigger::Manual);
    assert!(device.held("J-1").is_none());
    for (write, payload) in [
        (&first, json!({ "title": "A" })),
        (&second, json!({ "finding": "leak" })),
    ] {
        let failed = device.write(&write.id);
        assert_eq!(
            (failed.status, json!(failed.payload)),
            (WriteStatus::Failed, payload)
        );
    }
    let notices = device.local_notices();
    assert_eq!((notices.len(), &notices[0]["about"]), (1, &json!("access-lost")));
    let told = notices[0].clone();
    device.answer_delta(page("c9", false, json!({ "revokedIds": { "jobs": ["J-1"] } })));
    device.sync(Trigger::Manual);
    assert_eq!(
        device.local_notices(),
        [told],
        "with its title, though the record is gone when it is told again"
    );
    assert!(
        device.engine.replica().view(&job("J-1")).is_none(),
        "nothing of it is shown as a record"
    );
}

#[test]
fn w10_what_waits_for_another_counts_nothing_and_is_not_asked_again_at_once() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.answer_push(answers(json!([answer_to(
        &write,
        "retry",
        error("DEPENDENCY_FAILED")
    )])));
    let round = device.sync(Trigger::Write);
    let write = device.write(&write.id);
    assert_eq!((write.status, write.retries), (WriteStatus::Pending, 0));
    assert!(
        matches!(round, Round::Waiting(Some(_))),
        "a batch that settles nothing backs off: {round:?}"
    );
    assert_eq!(device.script().pushes().len(), 1);
}

#[test]
fn w11_w12_the_servers_own_failures_count_with_growing_waits_until_the_attempts_are_spent() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    let mut waits = Vec::new();
    for _ in 0..2 {
        device.answer_push(answers(json!([answer_to(
            &write,
            "retry",
            error("SERVER_ERROR")
        )])));
        device.sync(Trigger::Write);
        let pending = device.write(&write.id);
        assert_eq!(pending.status, WriteStatus::Pending);
        let wait = pending.not_before.unwrap() - device.shared.instant();
        waits.push(wait.num_seconds());
        device.shared.pass(wait.num_milliseconds() as u64 + 1);
    }
    assert!(
        (5..=6).contains(&waits[0]) && (10..=12).contains(&waits[1]),
        "{waits:?}"
    );
    device.answer_push(answers(json!([answer_to(
        &write,
        "rejected",
        error("SERVER_ERROR")
    )])));
    device.sync(Trigger::Write);
    let failed = device.write(&write.id);
    assert_eq!(
        (failed.status, failed.retries),
        (WriteStatus::Failed, 3),
        "three attempts, as the pack says"
    );
    assert_eq!(failed.last_error.unwrap().code, ErrorCode::ServerError);
}

#[test]
fn w13_no_usable_answer_leaves_the_write_sent_and_uncounted() {
    let unusable = [
        ("nothing", dead(), dead()),
        (
            "a sign-in page",
            text(200, "<html>Sign in</html>"),
            text(200, "<html>Sign in</html>"),
        ),
        (
            "a cut-off answer, then nothing",
            text(200, "{\"serverTime\":"),
            dead(),
        ),
        (
            "a refusal by a stranger",
            text(403, "<html>blocked</html>"),
            dead(),
        ),
        ("patience asked for", busy(429, 20), dead()),
        ("maintenance", busy(503, 20), dead()),
    ];
    for (what, answer, probe) in unusable {
        let device = device();
        let write = device.update(json!({ "title": "A" }));
        device.answer_push(answer);
        device.script().probe.borrow_mut().push_back(probe);
        let round = device.sync(Trigger::Write);
        assert!(matches!(round, Round::Waiting(Some(_))), "{what}: {round:?}");
        let write = device.write(&write.id);
        assert_eq!(
            (write.status, write.sent, write.retries),
            (WriteStatus::Pending, true, 0),
            "{what}"
        );
    }
}

#[test]
fn w13_a_resent_write_goes_under_its_first_key_and_payload() {
    let device = device();
    device.update(json!({ "title": "A" }));
    device.answer_push(dead());
    device.script().probe.borrow_mut().push_back(dead());
    device.sync(Trigger::Write);
    device.sync(Trigger::Reconnect);
    let pushes = device.script().pushes();
    assert_eq!(pushes.len(), 2);
    assert_eq!(pushes[0].operations, pushes[1].operations);
}

#[test]
fn a_bad_line_never_makes_a_dead_letter() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    for _ in 0..30 {
        device.answer_push(text(200, "{\"serverTi"));
        device.sync(Trigger::Manual);
        device.shared.pass(400_000);
    }
    assert_eq!(
        device.write(&write.id).status,
        WriteStatus::Pending,
        "cut off thirty times, though the probe answered"
    );
}

#[test]
fn an_outage_of_the_server_is_laid_on_no_write() {
    let device = device();
    let writes = [
        device.update(json!({ "title": "A" })),
        device.create("b", json!({ "title": "B" })),
    ];
    device.script().ill.set(true);
    for _ in 0..60 {
        let before = device.script().pushes().len();
        device.sync(Trigger::Manual);
        assert!(
            device.script().pushes().len() - before <= 4,
            "an ill server is not hammered"
        );
        device.shared.pass(400_000);
    }
    for write in &writes {
        assert_eq!(device.write(&write.id).status, WriteStatus::Pending);
    }
    device.script().ill.set(false);
    device.sync(Trigger::Manual);
    assert_eq!(device.engine.replica().unsent(), 0);
}
