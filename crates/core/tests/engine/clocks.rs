//! What the device knows of the server's clock, and what it counts by it: rows D4, D9, W18 and R10.

use chrono::TimeDelta;
use holdfast_core::{
    Timestamp,
    engine::Trigger,
    record::{Mirror, Operation},
    status::Status,
    store::Row,
    timestamp,
};
use serde_json::json;

use crate::support::{Answer, Device, answers, block_on, device, job, mirror, page};

const YEAR_MS: u64 = 365 * 86_400_000;

/// An answer that came with this `Date`.
fn dated(answer: Answer, date: Timestamp) -> Answer {
    answer.map(|response| response.with_header("Date", timestamp::in_http(date)))
}

fn offset(device: &Device) -> TimeDelta {
    TimeDelta::milliseconds(device.engine.replica().sync().clock_offset_ms)
}

/// Pulls a page without a row, which the server answered at this time.
fn pull_at(device: &Device, server_time: Timestamp) {
    device.answer_delta(dated(page("c1", false, json!({})), server_time));
    device.sync(Trigger::Timer);
}

#[test]
fn d4_answers_meet_the_newest_state_and_the_clock_offset_is_kept() {
    let device = device();
    device.update(json!({ "title": "A" }));
    let shared = device.shared.clone();
    *device.script().during_push.borrow_mut() = Some(Box::new(move || {
        let edit = holdfast_core::plan::Edit {
            key: job("J-1"),
            operation: Operation::Update,
            fields: crate::support::fields(json!({ "count": 8 })),
            seen: None,
            kind: None,
        };
        block_on(shared.open().edit(&edit)).unwrap();
        shared.pass(2_000);
    }));
    device.sync(Trigger::Write);
    assert_eq!(device.held("J-1").unwrap().fields["title"], "A");
    assert_eq!(
        device.engine.replica().unsent(),
        0,
        "the edit made meanwhile was kept, and sent by the next batch"
    );
    assert_eq!(
        device.script().pushes()[1].operations[0].base.as_ref().unwrap()["count"],
        5
    );
    let offset = device.engine.replica().sync().clock_offset_ms;
    assert_eq!(
        offset, 3_000,
        "the server said 5 s; the second push was made and answered at 2 s"
    );
}

#[test]
fn d9_a_page_measures_the_clock_of_a_device_that_sends_nothing() {
    for ahead in [TimeDelta::days(-365), TimeDelta::days(365)] {
        let device = device();
        let server_time = device.shared.instant() + ahead;
        pull_at(&device, server_time);
        let error = offset(&device) - ahead;
        assert!(error.abs() < TimeDelta::seconds(1), "{ahead}: off by {error}");
        assert_eq!(device.engine.replica().sync().last_synced_at, Some(server_time));
        let Status::Synced { at } = device.engine.status() else {
            panic!("{:?}", device.engine.status());
        };
        let shown = at - device.shared.instant();
        assert!(shown.abs() < TimeDelta::seconds(1), "shown as {shown} from now");
    }
}

#[test]
fn d9_a_page_without_a_date_or_with_one_that_fits_leaves_what_is_known() {
    let device = device();
    device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    let known = offset(&device);
    assert_ne!(known, TimeDelta::zero());
    device.answer_delta(page("c1", false, json!({})));
    device.sync(Trigger::Timer);
    assert_eq!(offset(&device), known);
    // A date leaves the fraction of a second away.
    device.shared.pass(400);
    pull_at(&device, device.shared.instant() + known);
    assert_eq!(
        offset(&device),
        known,
        "to the millisecond, as the push measured it"
    );
}

#[test]
fn w18_a_clock_that_jumps_ahead_ages_no_acknowledged_write() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.answer_push(answers(json!([{
        "queueId": write.id, "status": "success", "newVersion": 4,
    }])));
    device.sync(Trigger::Write);
    let server_time = device
        .engine
        .replica()
        .write(&write.id)
        .unwrap()
        .synced_at
        .unwrap();
    device.shared.pass(YEAR_MS);
    pull_at(&device, server_time + TimeDelta::hours(1));
    block_on(device.engine.clean_up()).unwrap();
    assert!(
        device.engine.replica().write(&write.id).is_some(),
        "an hour passed, whatever the device's clock says"
    );
    pull_at(&device, server_time + TimeDelta::days(8));
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.engine.replica().write(&write.id).is_none());
}

#[test]
fn r10_a_clock_that_jumps_ahead_lets_no_finished_work_go() {
    let device = device();
    let reached_at = device.shared.instant() + TimeDelta::days(1_000);
    device.shared.put([Row::Mirror(Mirror {
        reached_at,
        ..mirror("J-2", 1, json!({ "title": "x", "status": "closed" }))
    })]);
    block_on(device.engine.catch_up()).unwrap();
    device.shared.pass(YEAR_MS);
    for (passed, there) in [(TimeDelta::days(89), true), (TimeDelta::days(91), false)] {
        pull_at(&device, reached_at + passed);
        block_on(device.engine.clean_up()).unwrap();
        assert_eq!(device.held("J-2").is_some(), there, "after {passed}");
    }
}

#[test]
fn r10_finished_work_does_not_age_while_the_device_is_away() {
    let device = device();
    device.shared.put([Row::Mirror(Mirror {
        reached_at: device.shared.instant(),
        ..mirror("J-2", 1, json!({ "title": "x", "status": "closed" }))
    })]);
    block_on(device.engine.catch_up()).unwrap();
    device.shared.pass(YEAR_MS);
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.held("J-2").is_some());
}
