//! What leaves with time: W18 and R10.

use std::collections::BTreeSet;

use holdfast_core::{
    engine::Trigger,
    protocol::{DigestEntry, Me},
    record::{Mirror, RecordKey},
    store::{Alias, Row, SyncRow},
};
use serde_json::json;

use crate::support::{Device, block_on, device, fields, mirror, ok, page};

const DAY_MS: u64 = 86_400_000;

/// A full sync ends now.
fn synced(device: &Device) {
    let sync = device.engine.replica().sync().clone();
    device.shared.put([Row::Sync(SyncRow {
        last_synced_at: Some(device.shared.instant()),
        ..sync
    })]);
    block_on(device.engine.catch_up()).unwrap();
}

#[test]
fn w18_a_settled_write_is_kept_for_seven_days() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    device.shared.pass(7 * DAY_MS - 1_000);
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.engine.replica().write(&write.id).is_some());
    device.shared.pass(2_000);
    device.sync(Trigger::Timer);
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.engine.replica().write(&write.id).is_none());
}

#[test]
fn w18_a_settled_write_does_not_age_while_the_device_is_away() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    device.shared.pass(30 * DAY_MS);
    block_on(device.engine.clean_up()).unwrap();
    assert!(
        device.engine.replica().write(&write.id).is_some(),
        "the server may have been restored meanwhile"
    );
}

#[test]
fn w18_open_writes_never_age_out() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.shared.pass(400 * DAY_MS);
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.engine.replica().write(&write.id).is_some());
}

#[test]
fn r10_finished_work_leaves_after_its_days_unless_it_is_needed() {
    let device = device();
    let closed = |id: &str, status: &str| {
        Row::Mirror(Mirror {
            reached_at: device.shared.instant(),
            ..mirror(id, 1, json!({ "title": "x", "status": status }))
        })
    };
    let profile = Mirror {
        key: RecordKey::new("user", "tim"),
        fields: fields(json!({ "pinned": ["job/J-3", "job/made-here"] })),
        ..mirror("", 1, json!({}))
    };
    device.shared.put([
        closed("J-2", "closed"),
        closed("J-3", "closed"),
        closed("J-4", "closed"),
        closed("J-5", "open"),
        closed("J-6", "closed"),
        Row::Alias(Alias {
            local: RecordKey::new("job", "made-here"),
            server_id: "J-6".into(),
        }),
        Row::Mirror(profile),
        Row::Me(Me {
            user_id: "tim".into(),
            ..Me::default()
        }),
    ]);
    block_on(device.engine.catch_up()).unwrap();
    device
        .edit(
            crate::support::job("J-4"),
            holdfast_core::record::Operation::Update,
            json!({ "finding": "late" }),
        )
        .unwrap();
    device.shared.pass(90 * DAY_MS - 1_000);
    synced(&device);
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.held("J-2").is_some(), "not a day early");
    device.shared.pass(2_000);
    synced(&device);
    block_on(device.engine.clean_up()).unwrap();
    let left = ["J-2", "J-3", "J-4", "J-5", "J-6"].map(|id| device.held(id).is_some());
    assert_eq!(
        left,
        [false, true, true, true, true],
        "gone; pinned; with unsent work; not finished; pinned before it had its number"
    );
}

/// A device from which J-2 has aged out; J-1 is still there, at version 3.
fn device_without_j_2() -> Device {
    let device = device();
    let closed = Mirror {
        reached_at: device.shared.instant(),
        updated_at: device.shared.instant(),
        ..mirror("J-2", 1, json!({ "title": "x", "status": "closed" }))
    };
    device.shared.put([Row::Mirror(closed)]);
    block_on(device.engine.catch_up()).unwrap();
    device.shared.pass(91 * DAY_MS);
    synced(&device);
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.held("J-2").is_none());
    device
}

/// What the server says of these jobs, J-2 having had its days.
fn digest(device: &Device, jobs: &[(&str, u64)], versions: bool) {
    let jobs = jobs
        .iter()
        .map(|(id, version)| ((*id).to_owned(), *version))
        .collect();
    let entry = DigestEntry::of(jobs, BTreeSet::from(["J-2".to_owned()]), versions);
    let now = device.shared.instant().to_rfc3339();
    let answer = ok(json!({ "epoch": "e", "asOf": now, "entities": { "jobs": entry } }));
    device.script().digest.borrow_mut().push_back(answer);
}

#[test]
fn r10_a_digest_agrees_without_what_aged_out() {
    let device = device_without_j_2();
    digest(&device, &[("J-1", 3), ("J-2", 1)], false);
    device.sync(Trigger::Launch);
    assert_eq!(device.script().count("/api/v1/sync/digest"), 1, "nothing differs");
    assert!(device.held("J-2").is_none());
}

#[test]
fn r10_what_aged_out_is_not_fetched_with_what_is_missing() {
    let device = device_without_j_2();
    let jobs = [("J-1", 3), ("J-2", 1), ("J-4", 1)];
    digest(&device, &jobs, false);
    digest(&device, &jobs, true);
    device.sync(Trigger::Launch);
    let asked = device.script().asked.borrow();
    let fetched = asked
        .iter()
        .filter(|request| request.path.starts_with("/api/v1/sync/records"));
    let fetched: Vec<&str> = fetched.map(|request| request.path.as_str()).collect();
    assert_eq!(fetched, ["/api/v1/sync/records?entity=jobs&ids=J%2D4"]);
}

#[test]
fn r10_what_is_still_here_after_its_days_is_no_difference() {
    let device = device();
    let closed = Mirror {
        reached_at: device.shared.instant() + chrono::Duration::days(60),
        updated_at: device.shared.instant(),
        ..mirror("J-2", 1, json!({ "title": "x", "status": "closed" }))
    };
    device.shared.put([Row::Mirror(closed)]);
    block_on(device.engine.catch_up()).unwrap();
    device.shared.pass(91 * DAY_MS);
    digest(&device, &[("J-1", 3), ("J-2", 1)], false);
    device.sync(Trigger::Launch);
    assert_eq!(device.script().count("/api/v1/sync/digest"), 1, "nothing differs");
    assert!(
        device.held("J-2").is_some(),
        "it came here later, and has its days from then"
    );
}

#[test]
fn r10_what_aged_out_comes_back_when_it_changes_on_the_server() {
    let device = device_without_j_2();
    let changed = json!({ "jobId": "J-2", "status": "open", "_version": 2, "_baseVersion": 1,
        "updatedAt": "2026-05-01T00:00:00Z" });
    device.answer_delta(page("d1", false, json!({ "jobs": [changed] })));
    let whole = json!({ "jobId": "J-2", "title": "x", "status": "open", "_version": 2,
        "updatedAt": "2026-05-01T00:00:00Z" });
    device
        .script()
        .records
        .borrow_mut()
        .push_back(ok(json!({ "jobs": [whole] })));
    device.sync(Trigger::Timer);
    let back = device.held("J-2").unwrap();
    assert_eq!((back.version, &back.fields["status"]), (2, &json!("open")));
}
