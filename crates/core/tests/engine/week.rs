//! Seven days offline are an ordinary week.

use std::collections::BTreeMap;

use holdfast_core::{
    engine::{Round, Trigger},
    pack::{Coalesce, Pack},
    protocol::WireOperation,
    queue::{QueuedWrite, WriteStatus},
    record::Operation,
    status::Status,
    store::{PacksRow, Row},
};
use serde_json::json;

use crate::support::{
    Device, answer_to, answers, block_on, dead, device_with, error, fields, job, mirror, ok, pack, refusal,
};

const HOUR: u64 = 3_600_000;
const DAYS: usize = 7;
const A_DAY: usize = 60;

/// A device whose pack sends each edit by itself, so that a week is hundreds of writes.
fn out_of_reach() -> Device {
    let device = device_with(Pack {
        coalesce: Coalesce::Off,
        ..pack()
    });
    // Acknowledged just before, and a finished job that had been here for its days.
    device.update(json!({ "count": 6 }));
    device.sync(Trigger::Write);
    let finished = mirror("J-9", 1, json!({ "title": "Old", "status": "closed" }));
    device.shared.put([Row::Mirror(finished)]);
    block_on(device.engine.catch_up()).unwrap();
    device.engine.forget_token();
    device.engine.went_offline();
    device.script().asked.borrow_mut().clear();
    device
}

/// A day's work: a new job, its edits, notes on an old one; the app is started anew each morning.
fn work(device: &Device, day: usize) -> usize {
    let mut made = 0;
    for at in 0..A_DAY {
        let id = format!("local-{day}-{}", at / 6);
        let (key, operation, value) = match at % 6 {
            0 => (
                job(&id),
                Operation::Create,
                json!({ "title": format!("Found {day}.{at}") }),
            ),
            1 => (
                job(&id),
                Operation::Update,
                json!({ "notes": [{ "id": format!("{day}.{at}") }] }),
            ),
            2 => (job(&id), Operation::Update, json!({ "count": at })),
            3 => (
                job("J-1"),
                Operation::Update,
                json!({ "count": 100 * day + at + 10 }),
            ),
            4 => (job(&id), Operation::Update, json!({ "status": "done" })),
            _ => (
                job("J-1"),
                Operation::Update,
                json!({ "finding": format!("seen on day {day} at {at}") }),
            ),
        };
        device.edit(key, operation, value).unwrap();
        made += 1;
        device.shared.pass(24 * HOUR / A_DAY as u64);
        if at % 20 == 0 {
            device.script().probe.borrow_mut().push_back(dead());
            assert!(matches!(device.sync(Trigger::Timer), Round::Waiting(_)));
        }
    }
    block_on(device.engine.clean_up()).unwrap();
    made
}

fn operations(device: &Device) -> Vec<WireOperation> {
    device
        .script()
        .pushes()
        .into_iter()
        .flat_map(|push| push.operations)
        .collect()
}

#[test]
fn a_week_of_work_comes_through_whole_and_once() {
    let device = out_of_reach();
    let made: usize = (0..DAYS).map(|day| work(&device, day)).sum();
    let waiting: Vec<QueuedWrite> = device.engine.replica().open_writes().cloned().collect();
    assert_eq!(waiting.len(), made, "nothing aged out: {made} writes");
    assert!(
        waiting.iter().all(|write| write.retries == 0 && !write.sent),
        "being offline counts nothing"
    );
    assert_eq!(device.engine.status(), Status::Offline { unsent: made });
    assert!(
        device
            .script()
            .asked
            .borrow()
            .iter()
            .all(|asked| asked.path == "/healthz"),
        "nothing but probes was asked"
    );
    assert!(device.held("J-1").is_some(), "and nothing that is worked on left");

    // Back: the token is long dead, the pack is a newer one, the first answer is lost on the way.
    let mut newer = pack();
    newer.version = 2;
    newer.coalesce = Coalesce::State;
    device.shared.put([Row::Packs(PacksRow { packs: vec![newer] })]);
    device.answer_push(refusal(401, "AUTH_ERROR"));
    device.answer_push(dead());
    device
        .script()
        .probe
        .borrow_mut()
        .extend([ok(json!({ "status": "ok", "service": "holdfast" })), dead()]);
    device.engine.came_online();
    device.sync(Trigger::Reconnect);
    assert_eq!(
        device.engine.replica().unsent(),
        made,
        "the lost answer settles nothing"
    );
    device.shared.pass(HOUR);
    let mut rounds = 0;
    while device.engine.replica().unsent() > 0 && rounds < 20 {
        assert_eq!(device.sync(Trigger::Launch), Round::Done);
        rounds += 1;
    }
    assert_eq!(device.engine.replica().unsent(), 0);
    assert_eq!(device.engine.replica().failed().count(), 0);

    // Once: each key names one payload, however often it was sent, and every write got its answer.
    let mut payloads: BTreeMap<String, WireOperation> = BTreeMap::new();
    for operation in operations(&device) {
        let first = payloads
            .entry(operation.key().to_owned())
            .or_insert_with(|| operation.clone());
        assert_eq!(
            (&first.payload, &first.queue_id),
            (&operation.payload, &operation.queue_id)
        );
    }
    assert_eq!(payloads.len(), made);
    for write in &waiting {
        assert_eq!(device.write(&write.id).status, WriteStatus::Synced);
        assert_eq!(
            payloads[&write.client_mutation_id].queued_at,
            Some(write.recorded_at()),
            "with the time it was made, by the server's clock"
        );
    }
    let tokens = device.script().count("/oauth/token");
    assert!(
        (1..=3).contains(&tokens),
        "one token for all batches, one after 401: {tokens}"
    );
}

#[test]
fn a_rule_that_came_meanwhile_stops_one_lane_and_its_author_corrects_it() {
    let device = out_of_reach();
    let made = work(&device, 0);
    device.shared.pass(7 * 24 * HOUR);
    device.engine.came_online();
    let lane: Vec<QueuedWrite> = device.engine.replica().lane(&job("local-0-0")).cloned().collect();
    let order: Vec<QueuedWrite> = {
        let replica = device.engine.replica();
        holdfast_core::queue::lanes::sending_order(replica.writes(), device.shared.instant())
            .into_iter()
            .cloned()
            .collect()
    };
    let results = order.iter().map(|write| {
        let behind = lane[1..].iter().any(|own| own.id == write.id);
        match write.id == lane[0].id {
            true => answer_to(write, "rejected", error("VALIDATION_ERROR")),
            false if behind => answer_to(write, "retry", error("DEPENDENCY_FAILED")),
            false => answer_to(write, "success", json!({ "newVersion": 1 })),
        }
    });
    device.answer_push(answers(results.collect()));
    device.sync(Trigger::Reconnect);
    assert_eq!(
        (
            device.engine.replica().failed().count(),
            device.engine.replica().unsent()
        ),
        (1, lane.len() - 1)
    );
    block_on(device.engine.correct(
        &lane[0].id,
        &fields(json!({ "title": "As the new rule wants it" })),
    ))
    .unwrap();
    device.sync(Trigger::Write);
    assert_eq!(
        (
            device.engine.replica().failed().count(),
            device.engine.replica().unsent()
        ),
        (0, 0)
    );
    assert_eq!(
        device
            .engine
            .replica()
            .writes()
            .filter(|write| write.status == WriteStatus::Synced)
            .count(),
        made + 1
    );
}
