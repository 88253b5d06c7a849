//! What waits for what: chains across batches and lanes, and the wait itself.

use std::collections::BTreeMap;

use holdfast_core::{
    engine::{Round, Trigger},
    pack::Pack,
    queue::{QueuedWrite, WriteStatus},
    record::Operation,
};
use serde_json::{Value, json};

use crate::support::{Device, answer_to, answers, block_on, device, device_with, error, fields, job, pack};

/// Each names the one before it; the last ones are the most urgent.
fn chain(device: &Device, length: usize) -> Vec<QueuedWrite> {
    (0..length)
        .map(|at| {
            let mut values = json!({ "title": format!("Job {at}") });
            if at > 0 {
                values["parent"] = json!(format!("local-{}", at - 1));
            }
            if at + 1 == length {
                values["status"] = json!("urgent");
            }
            device.create(&format!("local-{at}"), values)
        })
        .collect()
}

/// Queue ids in the order in which they were sent first.
fn sent(device: &Device) -> Vec<String> {
    let mut order = Vec::new();
    for operation in device
        .script()
        .pushes()
        .into_iter()
        .flat_map(|push| push.operations)
    {
        if !order.contains(&operation.queue_id) {
            order.push(operation.queue_id);
        }
    }
    order
}

#[test]
fn a_chain_of_new_records_keeps_its_order_over_many_batches() {
    let device = device();
    device.update(json!({ "title": "beside it" }));
    let chain = chain(&device, 600);
    let edits: Vec<QueuedWrite> = [0, 300, 599]
        .map(|at| {
            let edited = device
                .edit(
                    job(&format!("local-{at}")),
                    Operation::Update,
                    json!({ "count": 1 }),
                )
                .unwrap();
            device.write(&edited.queue_id.unwrap())
        })
        .into();
    assert_eq!(device.sync(Trigger::Write), Round::Done);
    assert!(
        device.script().pushes().len() >= 3,
        "a batch holds no more than 250"
    );
    let order = sent(&device);
    let place = |write: &QueuedWrite| order.iter().position(|id| *id == write.id).unwrap();
    assert!(chain.windows(2).all(|pair| place(&pair[0]) < place(&pair[1])));
    assert!(place(&edits[1]) > place(&chain[300]) && place(&edits[2]) > place(&chain[599]));
    assert_eq!(order.len(), 604, "each once");
    for push in device.script().pushes() {
        for (at, operation) in push.operations.iter().enumerate() {
            let here = |id: &String| push.operations.iter().position(|other| other.queue_id == *id);
            assert!(
                operation
                    .depends_on
                    .iter()
                    .filter_map(here)
                    .all(|earlier| earlier < at),
                "within a batch too"
            );
        }
    }
}

#[test]
fn a_stopped_parent_stops_what_depends_on_it_and_nothing_else() {
    let device = device();
    let chain = chain(&device, 4);
    let beside = device.update(json!({ "title": "beside it" }));
    let stopped = |from: usize| -> Vec<Value> {
        chain
            .iter()
            .enumerate()
            .map(|(at, write)| match at {
                at if at < from => answer_to(write, "success", json!({ "newVersion": 1 })),
                at if at == from => answer_to(write, "rejected", error("VALIDATION_ERROR")),
                _ => answer_to(write, "retry", error("DEPENDENCY_FAILED")),
            })
            .collect()
    };
    let mut results = stopped(1);
    results.push(answer_to(&beside, "success", json!({ "newVersion": 4 })));
    device.answer_push(answers(json!(results)));
    device.sync(Trigger::Write);
    let status = |write: &QueuedWrite| device.write(&write.id).status;
    assert_eq!(
        chain.iter().map(status).collect::<Vec<_>>(),
        [
            WriteStatus::Synced,
            WriteStatus::Failed,
            WriteStatus::Pending,
            WriteStatus::Pending
        ]
    );
    assert_eq!(status(&beside), WriteStatus::Synced);
    let asked = device.script().pushes().len();
    device.sync(Trigger::Write);
    assert_eq!(
        device.script().pushes().len(),
        asked,
        "and is not asked for in vain"
    );
    block_on(
        device
            .engine
            .correct(&chain[1].id, &fields(json!({ "title": "Better" }))),
    )
    .unwrap();
    device.sync(Trigger::Write);
    assert!(
        chain.iter().all(|write| status(write) == WriteStatus::Synced),
        "corrected, all of it goes"
    );
}

#[test]
fn attempts_age_by_the_table_of_waits() {
    let device = device_with(Pack {
        attempts: 10,
        ..pack()
    });
    let write = device.update(json!({ "title": "A" }));
    let mut waits = Vec::new();
    for _ in 0..10 {
        device.answer_push(answers(json!([answer_to(
            &write,
            "retry",
            error("SERVER_ERROR")
        )])));
        device.sync(Trigger::Write);
        let now = device.shared.instant();
        if let Some(until) = device.write(&write.id).not_before {
            waits.push((until - now).num_seconds());
            let pushes = device.script().pushes().len();
            device.shared.pass((until - now).num_milliseconds() as u64 - 1);
            device.sync(Trigger::Write);
            assert_eq!(device.script().pushes().len(), pushes, "not before its time");
            device.shared.pass(1);
        }
    }
    let table = [5, 10, 30, 60, 300, 300, 300, 300, 300];
    assert_eq!(waits.len(), table.len());
    for (wait, least) in waits.iter().zip(table) {
        assert!((least..=least + least / 5).contains(wait), "{waits:?}");
    }
    assert_eq!(
        device.write(&write.id).status,
        WriteStatus::Failed,
        "a dead letter after ten"
    );
}

/// A pack that was changed while writes waited.
#[test]
fn w7_w16_what_a_newer_pack_refuses_is_kept_and_can_be_corrected() {
    let device = device();
    let mut kinds: Pack = pack();
    kinds.kinds.push(
        serde_json::from_value(
            json!({ "name": "job_note", "entity": "job", "operation": "update", "label": "Note" }),
        )
        .unwrap(),
    );
    device
        .shared
        .put([holdfast_core::store::Row::Packs(holdfast_core::store::PacksRow {
            packs: vec![kinds],
        })]);
    block_on(device.engine.catch_up()).unwrap();
    let write =
        device.update(json!({ "title": "Far too long a title", "remark": "Mind the step", "count": 7 }));
    assert_eq!(write.kind, "job_note");
    // The newer pack has no remarks and no such kind, and asks for shorter titles.
    let mut newer: Pack = pack();
    newer.version = 2;
    newer.entities[0].fields.retain(|field| field.name != "remark");
    let titles = serde_json::from_value(
        json!({ "name": "title", "label": "title", "type": "text", "required": true, "maxLength": 8 }),
    )
    .unwrap();
    newer.entities[0].fields[0] = titles;
    device
        .shared
        .put([holdfast_core::store::Row::Packs(holdfast_core::store::PacksRow {
            packs: vec![newer],
        })]);
    let refused = json!({ "error": { "code": "VALIDATION_ERROR", "message": "Some fields need another look.", "fields": [
        { "field": "title", "message": "may have 8 characters" }, { "field": "remark", "message": "is not a field of this record" }] } });
    device.answer_push(answers(json!([answer_to(&write, "rejected", refused)])));
    device.sync(Trigger::Timer);
    let letter = device.write(&write.id);
    assert_eq!((letter.status, letter.sent), (WriteStatus::Failed, false));
    assert_eq!(
        json!(letter.payload),
        json!(write.payload),
        "nothing of what was typed is dropped"
    );
    let still = block_on(device.engine.correct(&write.id, &fields(json!({}))));
    assert!(still.is_err(), "the pack in force is asked");
    block_on(
        device
            .engine
            .correct(&write.id, &fields(json!({ "title": "Short" }))),
    )
    .unwrap();
    let again = device.write(&write.id);
    assert_ne!(again.client_mutation_id, write.client_mutation_id);
    assert_eq!(
        (again.kind.as_str(), json!(again.payload)),
        ("job_update", json!({ "title": "Short", "count": 7 }))
    );
    device.sync(Trigger::Write);
    assert_eq!(device.write(&write.id).status, WriteStatus::Synced);
}

#[test]
fn w16_a_change_of_nothing_but_what_is_gone_is_left_to_its_author() {
    let device = device();
    let write = device.update(json!({ "remark": "Mind the step" }));
    let mut newer: Pack = pack();
    newer.entities[0].fields.retain(|field| field.name != "remark");
    device
        .shared
        .put([holdfast_core::store::Row::Packs(holdfast_core::store::PacksRow {
            packs: vec![newer],
        })]);
    device.answer_push(answers(json!([answer_to(
        &write,
        "rejected",
        error("VALIDATION_ERROR")
    )])));
    device.sync(Trigger::Write);
    assert!(block_on(device.engine.correct(&write.id, &fields(json!({})))).is_err());
    assert_eq!(
        device.write(&write.id).payload["remark"],
        "Mind the step",
        "kept until its author lets it go"
    );
}

#[test]
fn a_batch_holds_no_more_than_it_may_and_order_within_records_stands() {
    let device = device();
    let mut made: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for at in 0..180 {
        let id = format!("local-{}", at % 30);
        let operation = if at < 30 {
            Operation::Create
        } else {
            Operation::Update
        };
        let value = if at < 30 {
            json!({ "title": id })
        } else {
            json!({ "count": at })
        };
        let edited = device.edit(job(&id), operation, value).unwrap();
        made.entry(id).or_default().push(edited.queue_id.unwrap());
    }
    device.sync(Trigger::Write);
    assert!(
        device
            .script()
            .pushes()
            .iter()
            .all(|push| push.operations.len() <= 100)
    );
    let order = sent(&device);
    for writes in made.values_mut() {
        writes.dedup();
        let places: Vec<usize> = writes
            .iter()
            .map(|id| order.iter().position(|sent| sent == id).unwrap())
            .collect();
        assert!(places.is_sorted());
    }
}
