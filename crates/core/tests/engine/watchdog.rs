//! Connected but not draining: row D14.

use holdfast_core::{
    engine::{Round, Trigger},
    queue::WriteStatus,
    status::Status,
};
use serde_json::json;

use crate::support::{Device, answer_to, answers, block_on, busy, dead, device, error, refusal, text};

const MINUTE: u64 = 60_000;

/// Seconds since when nothing is said to drain, or `None` if that is not said.
fn stalled_for(device: &Device) -> Option<i64> {
    match device.engine.status() {
        Status::NotDraining { since, .. } => Some((device.shared.instant() - since).num_seconds()),
        _ => None,
    }
}

/// A device with changes of two records: where both fail alone, neither is to blame.
fn with_two_changes() -> Device {
    let device = device();
    device.update(json!({ "title": "A" }));
    device.create("J-2", json!({ "title": "B" }));
    device
}

/// Tries again and again for so many minutes while the server fails on every push.
fn ill_for(device: &Device, minutes: u64) {
    device.script().ill.set(true);
    for _ in 0..minutes {
        device.sync(Trigger::Timer);
        device.shared.pass(MINUTE);
    }
}

#[test]
fn d14_a_server_that_answers_probes_and_takes_nothing_is_told_after_five_minutes() {
    let device = with_two_changes();
    ill_for(&device, 4);
    assert_eq!(stalled_for(&device), None, "four minutes are no reason to worry");
    ill_for(&device, 2);
    let Status::NotDraining { unsent, error, .. } = device.engine.status() else {
        panic!("no green light: {:?}", device.engine.status());
    };
    assert!(!device.engine.breaker().is_open());
    assert_eq!((unsent, error.is_some()), (2, true));
    assert_eq!(stalled_for(&device), Some(360), "since the first attempt");
    device.script().ill.set(false);
    device.shared.pass(10 * MINUTE);
    assert_eq!(device.sync(Trigger::Timer), Round::Done);
    assert!(matches!(device.engine.status(), Status::Synced { .. }));
}

#[test]
fn d14_so_is_one_that_asks_for_patience_again_and_again() {
    let device = device();
    device.update(json!({ "title": "A" }));
    for _ in 0..7 {
        device.answer_push(busy(429, 50));
        device.sync(Trigger::Timer);
        device.shared.pass(MINUTE);
    }
    assert_eq!(stalled_for(&device), Some(420));
}

#[test]
fn d14_and_one_that_fails_on_each_operation() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    for _ in 0..2 {
        device.answer_push(answers(json!([answer_to(
            &write,
            "retry",
            error("SERVER_ERROR")
        )])));
        device.sync(Trigger::Timer);
        device.shared.pass(3 * MINUTE);
    }
    assert_eq!(
        stalled_for(&device),
        Some(360),
        "though it waits for its next attempt"
    );
    let Status::NotDraining { error: said, .. } = device.engine.status() else {
        panic!("it drains not");
    };
    assert_eq!(said.map(|error| error.message), Some("as scripted".into()));
}

#[test]
fn d14_while_anything_is_accepted_it_drains() {
    let device = device();
    let stuck = device.update(json!({ "title": "A" }));
    let failing = || answer_to(&stuck, "retry", error("SERVER_ERROR"));
    device.answer_push(answers(json!([failing()])));
    device.sync(Trigger::Timer);
    device.shared.pass(3 * MINUTE);
    let other = device.create("J-2", json!({ "title": "B" }));
    device.answer_push(answers(json!([
        failing(),
        answer_to(&other, "success", json!({ "newVersion": 1 }))
    ])));
    device.sync(Trigger::Timer);
    device.shared.pass(3 * MINUTE);
    assert_eq!(
        stalled_for(&device),
        None,
        "something was accepted three minutes ago"
    );
}

#[test]
fn d14_what_waits_for_a_person_or_for_the_network_is_not_called_so() {
    let refused = device();
    let write = refused.update(json!({ "title": "A" }));
    refused.answer_push(answers(json!([answer_to(
        &write,
        "rejected",
        error("VALIDATION_ERROR")
    )])));
    refused.sync(Trigger::Write);
    refused.update(json!({ "title": "B" }));
    refused.shared.pass(10 * MINUTE);
    assert_eq!(refused.write(&write.id).status, WriteStatus::Failed);
    assert_eq!(
        stalled_for(&refused),
        None,
        "the lane is stopped by a dead letter"
    );

    let offline = with_two_changes();
    ill_for(&offline, 7);
    offline.script().ill.set(false);
    offline.shared.pass(10 * MINUTE);
    offline.answer_push(dead());
    offline.script().probe.borrow_mut().push_back(dead());
    offline.sync(Trigger::Manual);
    assert_eq!(offline.engine.status(), Status::Offline { unsent: 2 });
    offline.shared.pass(10 * MINUTE);
    offline.engine.came_online();
    offline.answer_push(text(200, "<html>Welcome to the hotel</html>"));
    offline.sync(Trigger::Reconnect);
    assert_eq!(
        stalled_for(&offline),
        None,
        "the network was away: the run began anew"
    );

    let parked = with_two_changes();
    ill_for(&parked, 7);
    parked.script().ill.set(false);
    parked.answer_push(refusal(401, "AUTH_ERROR"));
    parked.answer_push(refusal(401, "AUTH_ERROR"));
    parked.shared.pass(10 * MINUTE);
    parked.sync(Trigger::Manual);
    assert_eq!(parked.engine.status(), Status::SignInNeeded { unsent: 2 });
}

#[test]
fn d14_a_device_that_lay_switched_off_has_not_tried() {
    let device = with_two_changes();
    ill_for(&device, 7);
    assert!(stalled_for(&device).is_some());
    device.shared.pass(3 * 24 * 60 * MINUTE);
    assert_eq!(stalled_for(&device), None, "nothing was attempted for days");
    device.sync(Trigger::Launch);
    assert_eq!(stalled_for(&device), None, "the first attempt of a new run");
    ill_for(&device, 6);
    assert_eq!(stalled_for(&device), Some(360));
}

#[test]
fn d14_a_clock_that_jumps_makes_it_neither_dumb_nor_cry_for_ever() {
    let ahead = with_two_changes();
    ill_for(&ahead, 1);
    ahead.shared.pass(40 * MINUTE);
    ahead.script().ill.set(false);
    ahead.sync(Trigger::Timer);
    assert_eq!(stalled_for(&ahead), None, "the next accepted change ends it");

    let back = with_two_changes();
    ill_for(&back, 7);
    back.shared.now.set(back.shared.now.get() - 365 * 24 * 3_600_000);
    assert_eq!(stalled_for(&back), None, "what lies ahead tells nothing");
    ill_for(&back, 7);
    assert_eq!(
        stalled_for(&back),
        Some(420),
        "noted anew by the clock as it is now"
    );
}

#[test]
fn d14_a_new_change_after_a_stall_has_its_own_five_minutes() {
    let device = with_two_changes();
    ill_for(&device, 7);
    let stuck: Vec<String> = device
        .engine
        .replica()
        .open_writes()
        .map(|write| write.id.clone())
        .collect();
    for id in stuck {
        block_on(device.engine.discard(&id)).unwrap();
    }
    assert_eq!(stalled_for(&device), None, "nothing waits");
    device.update(json!({ "title": "B" }));
    device.create("J-2", json!({ "title": "C" }));
    assert_eq!(stalled_for(&device), None);
    ill_for(&device, 12);
    let stalled = stalled_for(&device).unwrap();
    assert!(
        (300..=720).contains(&stalled),
        "since it was first tried: {stalled} s"
    );
}
