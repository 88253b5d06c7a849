//! What leaves with time: W18 and R10.

use holdfast_core::{
    engine::Trigger,
    protocol::Me,
    record::{Mirror, RecordKey},
    store::Row,
};
use serde_json::json;

use crate::support::{block_on, device, fields, mirror};

const DAY_MS: u64 = 86_400_000;

#[test]
fn w18_a_settled_write_is_kept_for_seven_days() {
    let device = device();
    let write = device.update(json!({ "title": "A" }));
    device.sync(Trigger::Write);
    device.shared.pass(7 * DAY_MS - 1_000);
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.engine.replica().write(&write.id).is_some());
    device.shared.pass(2_000);
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.engine.replica().write(&write.id).is_none());
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
        fields: fields(json!({ "pinned": ["job/J-3"] })),
        ..mirror("", 1, json!({}))
    };
    device.shared.put([
        closed("J-2", "closed"),
        closed("J-3", "closed"),
        closed("J-4", "closed"),
        closed("J-5", "open"),
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
            holdfast_core::queue::Operation::Update,
            json!({ "finding": "late" }),
        )
        .unwrap();
    device.shared.pass(90 * DAY_MS - 1_000);
    block_on(device.engine.clean_up()).unwrap();
    assert!(device.held("J-2").is_some(), "not a day early");
    device.shared.pass(2_000);
    block_on(device.engine.clean_up()).unwrap();
    let left = ["J-2", "J-3", "J-4", "J-5"].map(|id| device.held(id).is_some());
    assert_eq!(
        left,
        [false, true, true, true],
        "gone; pinned; with unsent work; not finished"
    );
}
