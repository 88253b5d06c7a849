//! Folding never-sent edits: rows W2, W2a and W2b, by the pack's setting.

use holdfast_core::{
    Fields,
    engine::Trigger,
    merge::{MergeInput, merge_record},
    pack::{Coalesce, Pack},
    queue::QueuedWrite,
    record::{Operation, RecordKey},
    replica::Mark,
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use crate::support::{Device, answer_to, answers, block_on, device_with, fields, job, mirror, pack, page};

fn coalescing(coalesce: Coalesce) -> Device {
    device_with(Pack { coalesce, ..pack() })
}

fn by_state() -> Device {
    coalescing(Coalesce::State)
}

fn lane(device: &Device, id: &str) -> Vec<QueuedWrite> {
    device.engine.replica().lane(&job(id)).cloned().collect()
}

#[test]
fn w2_each_setting_folds_what_it_says() {
    let table = [
        (
            Coalesce::Off,
            vec![
                json!({ "title": "A" }),
                json!({ "title": "B" }),
                json!({ "count": 6 }),
            ],
        ),
        (Coalesce::Consecutive, vec![json!({ "title": "B", "count": 6 })]),
        (Coalesce::State, vec![json!({ "title": "B", "count": 6 })]),
    ];
    for (setting, expected) in table {
        let device = coalescing(setting);
        device.update(json!({ "title": "A" }));
        device.update(json!({ "title": "B" }));
        device.update(json!({ "count": 6 }));
        let queued: Vec<Value> = lane(&device, "J-1")
            .iter()
            .map(|write| json!(write.payload))
            .collect();
        assert_eq!(queued, expected, "{setting:?}");
    }
}

#[test]
fn w2_writes_of_two_kinds_fold_by_state_alone() {
    let mut declared = pack();
    let kind = json!({ "name": "job_count", "entity": "job", "operation": "update", "label": "Count", "fields": ["count"] });
    declared.kinds.push(serde_json::from_value(kind).unwrap());
    for (coalesce, writes, kind) in [
        (Coalesce::Consecutive, 2, "job_update"),
        (Coalesce::State, 1, "job_count"),
    ] {
        let device = device_with(Pack {
            coalesce,
            ..declared.clone()
        });
        device.update(json!({ "title": "A" }));
        device.update(json!({ "count": 6 }));
        let lane = lane(&device, "J-1");
        assert_eq!(
            (lane.len(), lane[0].kind.as_str()),
            (writes, kind),
            "{coalesce:?}"
        );
    }
}

#[test]
fn w2_updates_fold_into_a_create_that_was_never_sent() {
    let device = by_state();
    let create = device.create("local", json!({ "title": "New", "tags": ["a"] }));
    let edit = |value: Value| device.edit(job("local"), Operation::Update, value).unwrap();
    assert_eq!(
        edit(json!({ "stage": "begun" })).queue_id,
        Some(create.id.clone())
    );
    edit(json!({ "tags": null, "remark": null }));
    let [only] = &lane(&device, "local")[..] else {
        panic!("one operation")
    };
    assert_eq!((only.operation, &only.kind), (Operation::Create, &create.kind));
    assert_eq!(
        json!(only.payload),
        json!({ "title": "New", "stage": "begun", "remark": null }),
        "what was emptied falls out, unless its default would come back"
    );
    assert_eq!(only.coalesced.len(), 2);
}

#[test]
fn w2_a_frozen_write_takes_nothing_in() {
    let device = by_state();
    let first = device.update(json!({ "title": "A" }));
    device.answer_push(answers(json!([answer_to(
        &first,
        "retry",
        crate::support::error("SERVER_ERROR")
    )])));
    device.sync(Trigger::Write);
    device.update(json!({ "title": "B" }));
    device.update(json!({ "title": "C" }));
    let lane = lane(&device, "J-1");
    assert_eq!(lane.len(), 2, "the sent one, and one of all that came after it");
    assert_eq!(
        (&lane[0].payload["title"], &lane[1].payload["title"]),
        (&json!("A"), &json!("C"))
    );
    assert_eq!(lane[1].base["title"], "A");
}

#[test]
fn w2_an_edit_over_an_older_value_is_merged_or_kept_apart() {
    let device = by_state();
    let stale = |value: Value, seen: Value| {
        let edit = holdfast_core::plan::Edit {
            key: job("J-1"),
            operation: Operation::Update,
            fields: fields(value),
            seen: Some(fields(seen)),
            kind: None,
        };
        block_on(device.engine.edit(&edit)).unwrap()
    };
    // Two forms were open over the same state: both count, neither erases the other.
    stale(
        json!({ "tags": ["one"], "count": 6 }),
        json!({ "title": "Pump", "count": 5 }),
    );
    stale(
        json!({ "tags": ["two"], "count": 7 }),
        json!({ "title": "Pump", "count": 5 }),
    );
    let [only] = &lane(&device, "J-1")[..] else {
        panic!("lists and sums fold")
    };
    assert_eq!(
        (&only.payload["tags"], &only.payload["count"]),
        (&json!(["one", "two"]), &json!(8))
    );
    stale(json!({ "title": "A" }), json!({ "title": "Pump" }));
    stale(json!({ "title": "B" }), json!({ "title": "Pump" }));
    assert_eq!(
        lane(&device, "J-1").len(),
        2,
        "which title stands is the server's to say"
    );
}

#[test]
fn w2_no_step_that_the_transitions_demand_is_skipped() {
    let device = by_state();
    device.shared.put([holdfast_core::store::Row::Mirror(mirror(
        "J-1",
        3,
        json!({ "title": "Pump", "stage": "new" }),
    ))]);
    block_on(device.engine.catch_up()).unwrap();
    device.update(json!({ "stage": "begun" }));
    device.update(json!({ "stage": "done", "title": "A" }));
    let steps: Vec<Value> = lane(&device, "J-1")
        .iter()
        .map(|write| write.payload["stage"].clone())
        .collect();
    assert_eq!(steps, ["begun", "done"], "new may not become done at once");
    device.update(json!({ "title": "B" }));
    assert_eq!(lane(&device, "J-1").len(), 2);
}

#[test]
fn w2_nothing_comes_to_wait_for_itself() {
    let device = by_state();
    device.create("local", json!({ "title": "Job" }));
    let asset = RecordKey::new("asset", "pump");
    device
        .edit(asset, Operation::Create, json!({ "title": "Pump" }))
        .unwrap();
    device
        .edit(job("local"), Operation::Update, json!({ "assetId": "pump" }))
        .unwrap();
    let [only] = &lane(&device, "local")[..] else {
        panic!("the create waits for the asset")
    };
    assert_eq!(only.depends_on.len(), 1);
    // A job that names the first one, and that the first one then names: a circle, if it went into the create.
    let other = by_state();
    let first = other.create("local", json!({ "title": "Job" }));
    other
        .edit(
            RecordKey::new("asset", "pump"),
            Operation::Create,
            json!({ "title": "Pump" }),
        )
        .unwrap();
    let waiting: Vec<QueuedWrite> = other
        .engine
        .replica()
        .open_writes()
        .filter(|w| w.entity_type == "asset")
        .cloned()
        .collect();
    let waits = QueuedWrite {
        depends_on: vec![first.id.clone()],
        ..waiting[0].clone()
    };
    other
        .shared
        .put([holdfast_core::store::Row::Write(Box::new(waits))]);
    block_on(other.engine.catch_up()).unwrap();
    other
        .edit(job("local"), Operation::Update, json!({ "assetId": "pump" }))
        .unwrap();
    assert_eq!(
        lane(&other, "local").len(),
        2,
        "the update stays behind the create"
    );
    other.sync(Trigger::Write);
    assert_eq!(other.engine.replica().unsent(), 0, "and everything is sent");
}

#[test]
fn w2a_what_came_back_falls_out_and_a_write_with_nothing_left_vanishes() {
    let device = by_state();
    let first = device.update(json!({ "title": "A", "count": 6 }));
    let back = device
        .edit(job("J-1"), Operation::Update, json!({ "title": "Pump" }))
        .unwrap();
    assert_eq!(back.queue_id, Some(first.id.clone()));
    assert_eq!(json!(device.write(&first.id).payload), json!({ "count": 6 }));
    let gone = device
        .edit(job("J-1"), Operation::Update, json!({ "count": 5 }))
        .unwrap();
    assert_eq!(gone.queue_id, None, "as an edit that changes nothing");
    assert!(lane(&device, "J-1").is_empty() && device.engine.replica().write(&first.id).is_none());
    assert_eq!(
        device.engine.replica().view(&job("J-1")).unwrap().mark,
        Mark::Synced
    );
    device.sync(Trigger::Write);
    assert!(device.script().pushes().is_empty());
}

#[test]
fn w2a_a_return_to_the_base_that_somebody_left_meanwhile_is_sent() {
    let device = by_state();
    device.update(json!({ "stage": "begun" }));
    device.update(json!({ "stage": null, "title": "A" }));
    let kept = |device: &Device| {
        lane(device, "J-1")
            .iter()
            .any(|write| write.payload.contains_key("stage"))
    };
    assert!(!kept(&device), "nobody else was there");
    device.update(json!({ "title": "B" }));
    device.shared.put([holdfast_core::store::Row::Mirror(mirror(
        "J-1",
        4,
        json!({ "title": "C", "count": 5 }),
    ))]);
    block_on(device.engine.catch_up()).unwrap();
    device.update(json!({ "title": "Pump" }));
    let queued = lane(&device, "J-1");
    let [first, last] = &queued[..] else {
        panic!("the return is a change of its own: {queued:?}")
    };
    assert_eq!(
        (&first.payload["title"], &last.payload["title"]),
        (&json!("B"), &json!("Pump"))
    );
    assert_eq!(
        last.base["title"], "B",
        "over the base itself it would be no change"
    );
}

#[test]
fn w2b_a_record_that_was_never_sent_and_is_deleted_was_never_there() {
    let device = by_state();
    device.create("local", json!({ "title": "New" }));
    device
        .edit(job("local"), Operation::Update, json!({ "count": 1 }))
        .unwrap();
    let deleted = device.edit(job("local"), Operation::Delete, json!({})).unwrap();
    assert_eq!(deleted.queue_id, None);
    assert!(lane(&device, "local").is_empty() && device.engine.replica().view(&job("local")).is_none());
    // One that something else waits for is sent, and deleted after it.
    let parent = RecordKey::new("asset", "pump");
    device
        .edit(parent.clone(), Operation::Create, json!({ "title": "Pump" }))
        .unwrap();
    device.create("child", json!({ "title": "Job", "assetId": "pump" }));
    assert!(
        device
            .edit(parent, Operation::Delete, json!({}))
            .unwrap()
            .queue_id
            .is_some()
    );
    device.sync(Trigger::Write);
    let sent: Vec<(String, Operation)> = device
        .script()
        .pushes()
        .iter()
        .flat_map(|push| push.operations.clone())
        .map(|o| (o.entity_id, o.operation))
        .collect();
    assert_eq!(sent.len(), 3);
    let place = |id: &str, operation: Operation| {
        sent.iter()
            .position(|s| *s == (id.to_owned(), operation))
            .unwrap()
    };
    assert!(place("pump", Operation::Create) < place("child", Operation::Create));
    assert!(place("pump", Operation::Create) < place("pump", Operation::Delete));
}

#[test]
fn w2_all_keys_ride_along_and_are_known_again() {
    let device = by_state();
    let edit = |key: &str, value: Value| {
        let edit = holdfast_core::plan::Edit {
            key: job("J-1"),
            operation: Operation::Update,
            fields: fields(value),
            seen: None,
            kind: None,
        };
        block_on(device.engine.edit_once(&edit, key.into())).unwrap()
    };
    let first = edit("k1", json!({ "count": 6 }));
    edit("k2", json!({ "count": 7 }));
    edit("k3", json!({ "title": "A" }));
    let again = edit("k2", json!({ "count": 9 }));
    assert_eq!(
        again.queue_id, first.queue_id,
        "asked again, it queues nothing more"
    );
    device.answer_delta(page("c1", false, json!({})));
    device.sync(Trigger::Write);
    let sent = &device.script().pushes()[0].operations[0];
    assert_eq!(
        (sent.key(), &sent.client_mutation_ids[..]),
        ("k1", &["k2".to_owned(), "k3".to_owned()][..])
    );
    assert_eq!(sent.payload["count"], 7);
}

fn values() -> impl Strategy<Value = (&'static str, Value)> {
    let tags = |tags: &[&str]| ("tags", json!(tags));
    select(vec![
        ("title", json!("A")),
        ("title", json!("B")),
        ("title", json!("Pump")),
        ("count", json!(5)),
        ("count", json!(6)),
        ("count", json!(9)),
        ("stage", json!("new")),
        ("stage", json!("begun")),
        ("stage", json!("done")),
        ("stage", Value::Null),
        tags(&[]),
        tags(&["a"]),
        tags(&["b", "a"]),
        tags(&["c"]),
        ("notes", json!([{ "id": "1" }])),
        ("notes", json!([{ "id": "1" }, { "id": "2" }])),
        ("notes", json!([])),
        ("finding", json!("leak")),
        ("finding", Value::Null),
    ])
}

/// The record at the server once all that waits has come, one write after the other.
fn delivered(device: &Device) -> Fields {
    let replica = device.engine.replica();
    let entity = replica.packs().entity("job").unwrap();
    let start = replica.mirror(&job("J-1")).unwrap().fields().into_owned();
    replica.lane(&job("J-1")).fold(start, |current, write| {
        let (written_by, remembered) = Default::default();
        merge_record(&MergeInput {
            entity,
            current: &current,
            written_by: &written_by,
            payload: &write.payload,
            base: &write.base,
            remembered: &remembered,
        })
        .fields
    })
}

fn comparable(mut fields: Fields) -> Fields {
    fields.retain(|_, value| !value.is_null() && *value != json!([]));
    if let Some(Value::Array(tags)) = fields.get_mut("tags") {
        tags.sort_by_key(Value::to_string);
    }
    fields
}

proptest! {
    #[test]
    fn folding_changes_nothing_of_what_the_server_ends_up_with(edits in prop::collection::vec(prop::collection::vec(values(), 1..3), 1..9)) {
        let [apart, consecutive, state] = [Coalesce::Off, Coalesce::Consecutive, Coalesce::State].map(coalescing);
        for edit in &edits {
            let value = Value::Object(edit.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
            let outcome = [&apart, &consecutive, &state].map(|device| device.edit(job("J-1"), Operation::Update, value.clone()).is_ok());
            prop_assert!(outcome == [true; 3] || outcome == [false; 3], "{:?}", outcome);
        }
        let expected = comparable(delivered(&apart));
        prop_assert_eq!(comparable(delivered(&consecutive)), expected.clone());
        prop_assert_eq!(comparable(delivered(&state)), expected.clone());
        let shown = |device: &Device| comparable(device.engine.replica().view(&job("J-1")).unwrap().fields.into_owned());
        prop_assert_eq!(shown(&state), expected);
        let folded = lane(&state, "J-1");
        prop_assert!(folded.len() <= lane(&apart, "J-1").len());
        prop_assert!(folded.iter().all(|write| !write.payload.is_empty()));
    }
}
