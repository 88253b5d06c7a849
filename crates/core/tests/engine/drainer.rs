//! The drainer: rows D1 to D12, and the breaker.

use std::{cell::RefCell, rc::Rc};

use holdfast_core::{
    engine::{Election, Round, SignInError, Trigger},
    ports::{Clock, Ports},
    queue::WriteStatus,
    record::Operation,
    status::Status,
    store::{Lease, Row},
};
use serde_json::json;

use crate::support::{
    Answer, Device, answer_to, answers, block_on, busy, dead, device, error, job, page, refusal, status, text,
};

#[test]
fn d1_a_round_holds_the_lease_while_it_runs_and_gives_it_back() {
    let device = device();
    device.update(json!({ "title": "A" }));
    let shared = device.shared.clone();
    let seen = Rc::new(RefCell::new(None));
    let note = Rc::clone(&seen);
    *device.script().during_push.borrow_mut() = Some(Box::new(move || {
        *note.borrow_mut() = shared.open().replica().lease().cloned();
    }));
    device.sync(Trigger::Write);
    let lease = seen.borrow().clone().unwrap();
    assert_eq!((lease.expires_at - device.shared.instant()).num_seconds(), 60);
    assert_eq!(device.engine.replica().lease(), None);
}

#[test]
fn d1_under_the_platforms_lock_a_round_that_sends_commits_twice() {
    let device = device();
    let round = || block_on(device.engine.sync(Trigger::Write, Election::Lock));
    for title in ["A", "B"] {
        let write = device.update(json!({ "title": title }));
        let before = device.engine.replica().revision();
        assert_eq!(
            round(),
            Round::Done,
            "what is left of the last lease is taken over"
        );
        assert_eq!(device.write(&write.id).status, WriteStatus::Synced);
        let commits = device.engine.replica().revision() - before;
        assert_eq!(commits, 2, "the lease with the batch, and the answers");
    }
}

#[test]
fn d1_a_running_lease_is_respected_until_it_expires_unless_the_platforms_lock_says_otherwise() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    let lease = |seconds: i64| {
        let expires_at = device.shared.instant() + chrono::Duration::seconds(seconds);
        Row::Lease(Lease {
            token: "another".into(),
            expires_at,
        })
    };
    device.shared.put([lease(30)]);
    assert_eq!(device.sync(Trigger::Manual), Round::Elsewhere);
    device.shared.pass(31_000);
    assert_eq!(device.sync(Trigger::Manual), Round::Done, "expired");
    assert_eq!(device.write(&write.id).status, WriteStatus::Synced);
    device.shared.put([lease(30)]);
    assert_eq!(
        block_on(device.engine.sync(Trigger::Manual, Election::Lock)),
        Round::Done
    );
    device.shared.put([lease(3_000_000)]);
    assert_eq!(
        device.sync(Trigger::Manual),
        Round::Done,
        "no lease runs so long: the clock was set back"
    );
}

#[test]
fn d2_what_another_context_queues_during_a_round_is_sent_before_it_ends() {
    let device = device();
    device.update(json!({ "title": "A" }));
    let shared = device.shared.clone();
    *device.script().during_push.borrow_mut() = Some(Box::new(move || {
        let other = shared.open();
        let edit = holdfast_core::plan::Edit {
            key: job("J-1"),
            operation: Operation::Update,
            fields: crate::support::fields(json!({ "count": 6 })),
            seen: None,
            kind: None,
        };
        block_on(other.edit(&edit)).unwrap();
        assert_eq!(
            block_on(other.sync(Trigger::Write, Election::LeaseAlone)),
            Round::Elsewhere
        );
    }));
    assert_eq!(device.sync(Trigger::Write), Round::Done);
    assert_eq!(device.engine.replica().unsent(), 0);
}

#[test]
fn d2_triggers_during_a_round_of_the_same_context_begin_no_second_one() {
    let device = device();
    device.update(json!({ "title": "A" }));
    let engine = Rc::new(device.shared.open());
    let same = Rc::clone(&engine);
    *device.script().during_push.borrow_mut() = Some(Box::new(move || {
        for _ in 0..3 {
            let round = block_on(same.sync(Trigger::Manual, Election::Lock));
            assert_eq!(round, Round::Elsewhere);
        }
    }));
    assert_eq!(block_on(engine.sync(Trigger::Write, Election::Lock)), Round::Done);
    assert_eq!(
        device.script().pushes().len(),
        1,
        "what is under way is not sent again"
    );
    assert_eq!(engine.replica().unsent(), 0);
}

#[test]
fn d3_with_nothing_to_send_a_trigger_that_pulls_pulls_and_a_write_alone_does_not() {
    let device = device();
    device.sync(Trigger::Write);
    assert_eq!(device.script().asked.borrow().len(), 0);
    device.sync(Trigger::Timer);
    assert_eq!(device.script().count("/api/v1/sync/delta?since=c0&"), 1);
}

#[test]
fn d5_out_of_reach_the_breaker_opens_and_only_the_probe_is_asked() {
    let device = device();
    device.update(json!({ "title": "A" }));
    device.answer_push(dead());
    (0..2).for_each(|_| device.script().probe.borrow_mut().push_back(dead()));
    let Round::Waiting(Some(probe_at)) = device.sync(Trigger::Write) else {
        panic!("it waits")
    };
    assert!(device.engine.breaker().is_open());
    assert_eq!(
        device.sync(Trigger::Timer),
        Round::Waiting(Some(probe_at)),
        "before the probe is due: nothing"
    );
    let asked = device.script().asked.borrow().len();
    device.shared.now.set(probe_at.timestamp_millis());
    assert!(matches!(device.sync(Trigger::Timer), Round::Waiting(Some(_))));
    assert_eq!(
        device.script().asked.borrow().len(),
        asked + 1,
        "the probe and nothing else"
    );
    device.engine.came_online();
    assert_eq!(
        device.sync(Trigger::Timer),
        Round::Done,
        "an online event probes at once"
    );
    assert_eq!(device.engine.replica().unsent(), 0);
}

#[test]
fn d5_a_clock_that_was_set_back_does_not_keep_the_breaker_open() {
    let device = device();
    device.engine.went_offline();
    device.shared.pass(0);
    device.shared.now.set(device.shared.now.get() - 86_400_000);
    assert_eq!(device.sync(Trigger::Timer), Round::Done);
}

#[test]
fn d6_a_batch_that_fails_whole_is_halved_until_the_culprit_stands_alone() {
    let device = device();
    let writes: Vec<_> = (0..8)
        .map(|n| device.create(&format!("n{n}"), json!({ "title": format!("N{n}") })))
        .collect();
    let poison = writes[5].id.clone();
    *device.script().poison.borrow_mut() = Some(poison.clone());
    for _ in 0..6 {
        device.sync(Trigger::Manual);
        device.shared.pass(6_000);
    }
    let poisoned = device.write(&poison);
    assert!(poisoned.retries >= 1, "alone, the failure counts on it");
    let rest = device
        .engine
        .replica()
        .writes()
        .filter(|write| write.id != poison)
        .cloned()
        .collect::<Vec<_>>();
    assert!(
        rest.iter()
            .all(|write| write.status == WriteStatus::Synced && write.retries == 0),
        "its neighbours got through"
    );
    for _ in 0..6 {
        device.shared.pass(400_000);
        device.sync(Trigger::Timer);
    }
    assert_eq!(
        device.write(&poison).status,
        WriteStatus::Failed,
        "in the end it is a dead letter"
    );
}

#[test]
fn d6_a_failure_on_the_way_to_a_token_is_laid_on_no_write() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.engine.forget_token();
    for _ in 0..20 {
        device
            .script()
            .token
            .borrow_mut()
            .push_back(status(500, json!({})));
        device.sync(Trigger::Manual);
        device.shared.pass(400_000);
    }
    let write = device.write(&write.id);
    assert_eq!((write.status, write.retries), (WriteStatus::Pending, 0));
}

#[test]
fn d7_an_expired_token_is_refreshed_once_and_the_batch_resent() {
    let device = device();
    device.update(json!({ "title": "A" }));
    device.answer_push(refusal(401, "AUTH_ERROR"));
    assert_eq!(device.sync(Trigger::Write), Round::Done);
    let pushes = device.script().pushes();
    assert_eq!(pushes.len(), 2);
    assert_eq!(pushes[0].operations, pushes[1].operations);
}

#[test]
fn d7_w20_a_refused_refresh_parks_the_queue_and_loses_nothing() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.answer_push(refusal(401, "AUTH_ERROR"));
    device
        .script()
        .token
        .borrow_mut()
        .push_back(status(400, json!({ "error": "invalid_grant" })));
    assert_eq!(device.sync(Trigger::Write), Round::Parked);
    let parked = device.write(&write.id);
    assert_eq!((parked.status, parked.retries), (WriteStatus::Pending, 0));
    let asked = device.script().asked.borrow().len();
    assert_eq!(device.sync(Trigger::Timer), Round::Parked);
    assert_eq!(
        device.script().asked.borrow().len(),
        asked,
        "parked, nothing is asked"
    );
}

#[test]
fn d12_signed_in_again_the_queue_goes_on() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.answer_push(refusal(401, "AUTH_ERROR"));
    device
        .script()
        .token
        .borrow_mut()
        .push_back(status(400, json!({ "error": "invalid_grant" })));
    device.sync(Trigger::Write);
    block_on(device.engine.sign_in("grant_type=authorization_code".into())).unwrap();
    assert_eq!(device.sync(Trigger::Write), Round::Done);
    assert_eq!(device.write(&write.id).status, WriteStatus::Synced);
}

#[test]
fn d12_a_manual_sync_wakes_a_parked_queue_if_the_cookie_is_good_again() {
    let device = device();
    device.update(json!({ "title": "A" }));
    device.answer_push(refusal(401, "AUTH_ERROR"));
    device
        .script()
        .token
        .borrow_mut()
        .push_back(status(400, json!({ "error": "invalid_grant" })));
    device.sync(Trigger::Write);
    assert_eq!(device.sync(Trigger::Manual), Round::Done);
    assert!(!device.engine.replica().sync().parked);
    assert_eq!(device.engine.replica().unsent(), 0);
}

#[test]
fn d12_somebody_else_signed_in_sends_nothing_under_their_name() {
    let device = device();
    device.update(json!({ "title": "A" }));
    device.engine.forget_token();
    let other = json!({ "access_token": "x", "token_type": "Bearer", "expires_in": 60, "device_id": "device", "user_id": "eve" });
    device.script().token.borrow_mut().push_back(status(200, other));
    assert_eq!(device.sync(Trigger::Write), Round::Parked);
    assert_eq!(device.script().pushes().len(), 0);
}

#[test]
fn d12_a_session_of_another_device_sends_nothing_until_this_one_signs_in_again() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.engine.forget_token();
    let other = json!({ "access_token": "x", "token_type": "Bearer", "expires_in": 60, "device_id": "second", "user_id": "tim" });
    device
        .script()
        .token
        .borrow_mut()
        .push_back(status(200, other.clone()));
    assert_eq!(device.sync(Trigger::Write), Round::Parked);
    assert_eq!(device.script().pushes().len(), 0);
    device.script().token.borrow_mut().push_back(status(200, other));
    let again = block_on(device.engine.sign_in("grant_type=authorization_code".into()));
    assert_eq!(again.unwrap_err(), SignInError::AnotherTab);
    block_on(device.engine.sign_in("grant_type=authorization_code".into())).unwrap();
    assert_eq!(device.sync(Trigger::Write), Round::Done);
    assert_eq!(device.write(&write.id).status, WriteStatus::Synced);
}

#[test]
fn d8_retry_after_holds_the_whole_device_whoever_is_in_a_hurry() {
    for answer in [busy(429, 40), busy(503, 40)] {
        let device = device();
        let write = device.update(json!({ "title": "A" }));
        device.answer_push(answer);
        let until = device.shared.instant() + chrono::Duration::seconds(40);
        assert_eq!(device.sync(Trigger::Write), Round::Waiting(Some(until)));
        let asked = device.script().asked.borrow().len();
        for trigger in [Trigger::Timer, Trigger::Manual, Trigger::Reconnect] {
            assert_eq!(device.sync(trigger), Round::Waiting(Some(until)), "{trigger:?}");
        }
        assert_eq!(device.script().asked.borrow().len(), asked);
        assert_eq!(device.write(&write.id).retries, 0);
        device.shared.pass(40_001);
        assert_eq!(device.sync(Trigger::Write), Round::Done);
    }
}

#[test]
fn d9_rows_and_their_cursor_are_one_commit() {
    let device = device();
    let row = json!({ "jobId": "J-5", "title": "New", "_version": 1, "updatedAt": "2026-01-01T00:00:00Z" });
    device.answer_delta(page("c1", true, json!({ "jobs": [row] })));
    device.answer_delta(text(200, "{\"cut"));
    device.sync(Trigger::Timer);
    let replica = device.engine.replica();
    assert_eq!(
        replica.cursor().unwrap().cursor,
        "c1",
        "as far as what came whole"
    );
    assert!(replica.mirror(&job("J-5")).is_some());
}

#[test]
fn d9_on_a_line_that_breaks_after_each_page_the_waits_do_not_grow() {
    let device = device();
    let waited = |answers: &[Answer]| {
        answers
            .iter()
            .for_each(|answer| device.answer_delta(answer.clone()));
        let begun = device.engine.ports().clock().now();
        let Round::Waiting(Some(until)) = device.sync(Trigger::Timer) else {
            panic!("the line broke");
        };
        device.shared.pass(3_600_000);
        (until - begun).num_seconds()
    };
    let cut = text(200, "{\"cut");
    for cursor in ["c1", "c2", "c3", "c4", "c5"] {
        let waited = waited(&[page(cursor, true, json!({})), cut.clone()]);
        assert!(
            (5..=6).contains(&waited),
            "{cursor} was kept, and {waited} s are waited"
        );
    }
    let grown: Vec<i64> = (0..3).map(|_| waited(std::slice::from_ref(&cut))).collect();
    assert!(
        grown.is_sorted() && grown[2] >= 30,
        "without progress they grow: {grown:?}"
    );
}

/// What the status line says in the course of a round.
fn said_in_a_round(device: &Device) -> Vec<Status> {
    let engine = Rc::new(device.shared.open());
    let said = Rc::new(RefCell::new(Vec::new()));
    let (weak, heard) = (Rc::downgrade(&engine), said.clone());
    engine.listen(move |_| {
        if let Some(engine) = weak.upgrade() {
            heard.borrow_mut().push(engine.status());
        }
    });
    block_on(engine.sync(Trigger::Timer, Election::LeaseAlone));
    said.take()
}

#[test]
fn progress_counts_each_write_and_each_record_once() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.answer_push(answers(json!([answer_to(
        &write,
        "retry",
        error("SERVER_ERROR")
    )])));
    let said = said_in_a_round(&device);
    let counts = said.iter().filter_map(|status| match status {
        Status::Syncing { done, total } => Some((*done, *total)),
        _ => None,
    });
    assert!(counts.clone().count() >= 2, "{said:?}");
    assert!(counts.clone().all(|counts| counts == (0, 1)), "{said:?}");

    device.answer_delta(refusal(410, "GONE"));
    let rows = |from: u32| json!({ "jobs": (from..from + 2).map(job_row).collect::<Vec<_>>() });
    let remaining = |answer: Answer, remaining: u64| {
        answer.map(|mut response| {
            let with_remaining = format!("{{\"remaining\":{remaining},");
            response.body = response.text().replacen('{', &with_remaining, 1).into_bytes();
            response
        })
    };
    device.answer_delta(remaining(page("c1", true, rows(1)), 4));
    device.answer_delta(text(200, "{\"cut"));
    let before = said_in_a_round(&device);
    device.shared.pass(3_600_000);
    device.answer_delta(remaining(page("c2", true, rows(3)), 2));
    device.answer_delta(page("c3", false, rows(5)));
    let after = said_in_a_round(&device);
    assert!(
        before.contains(&Status::FirstSync {
            done: 2,
            total: Some(6)
        }),
        "{before:?}"
    );
    assert!(
        after.contains(&Status::FirstSync {
            done: 4,
            total: Some(6)
        }),
        "{after:?}"
    );
}

fn job_row(number: u32) -> serde_json::Value {
    json!({ "jobId": format!("J-{number}"), "title": "New", "_version": 1, "updatedAt": "2026-01-01T00:00:00Z" })
}

#[test]
fn d9_pages_are_as_large_as_the_line_is_good() {
    let device = device();
    let asked = |takes: u64, answers: [Answer; 3]| {
        device.script().delta_takes.set(takes);
        answers.into_iter().for_each(|answer| device.answer_delta(answer));
        device.script().asked.borrow_mut().clear();
        device.sync(Trigger::Timer);
        let asked = device.script().asked.borrow();
        let deltas = asked.iter().filter_map(|request| {
            let (_, limit) = request.path.split_once("&limit=")?;
            limit.split('&').next().and_then(|rows| rows.parse().ok())
        });
        deltas.collect::<Vec<u32>>()
    };
    let full = |cursor| page(cursor, true, json!({}));
    let last = |cursor| page(cursor, false, json!({}));
    assert_eq!(
        asked(300, [full("a1"), full("a2"), last("a3")]),
        [1_000, 2_000, 2_000]
    );
    assert_eq!(
        asked(2_500, [full("b1"), full("b2"), last("b3")]),
        [2_000, 1_000, 500]
    );
    let [cut, next] = [text(200, "{\"cut"), last("c2")];
    assert_eq!(asked(1_000, [full("c1"), cut, next]), [500, 500]);
    device.shared.pass(3_600_000);
    assert_eq!(asked(1_000, [last("d1"), last("d2"), last("d3")]), [250]);
}

#[test]
fn d9_a_server_that_promises_more_and_does_not_move_on_is_not_asked_for_ever() {
    let device = device();
    (0..5).for_each(|_| device.answer_delta(page("c0", true, json!({}))));
    assert!(matches!(device.sync(Trigger::Timer), Round::Waiting(Some(_))));
    assert_eq!(device.script().count("/api/v1/sync/delta"), 1);
}

#[test]
fn d11_a_context_that_lost_its_lease_commits_nothing_more() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    let shared = device.shared.clone();
    *device.script().during_push.borrow_mut() = Some(Box::new(move || {
        // It slept for longer than its lease; another context took over.
        shared.pass(61_000);
        let expires_at = shared.instant() + chrono::Duration::seconds(60);
        shared.put([Row::Lease(Lease {
            token: "another".into(),
            expires_at,
        })]);
    }));
    let answer = answer_to(&write, "success", json!({ "newVersion": 4 }));
    device.answer_push(answers(json!([answer])));
    assert_eq!(device.sync(Trigger::Write), Round::LeaseLost);
    let stored = device.shared.open();
    assert_eq!(
        stored.replica().write(&write.id).unwrap().status,
        WriteStatus::Syncing,
        "the answer was not committed"
    );
    assert_eq!(
        stored.replica().lease().unwrap().token,
        "another",
        "nor was the other's lease given back"
    );
}

#[test]
fn a_round_without_progress_ends() {
    let device = device();
    device.update(json!({ "title": "A" }));
    device.answer_push(answers(json!([])));
    assert!(
        matches!(device.sync(Trigger::Write), Round::Waiting(Some(_))),
        "an answer to nobody backs off"
    );
    let other = device.create("n", json!({ "title": "N" }));
    device.answer_push(answers(json!([answer_to(
        &other,
        "retry",
        error("DEPENDENCY_FAILED")
    )])));
    assert!(matches!(device.sync(Trigger::Manual), Round::Waiting(Some(_))));
    assert_eq!(device.script().pushes().len(), 2);
}
