//! Which record a queued write means, where a server that lost history gave an id out again (protocol W19, W19a, W21).

use holdfast_core::{
    Timestamp,
    engine::{Election, Trigger},
    queue::{QueuedWrite, WriteStatus},
    record::{Mirror, Operation, RecordKey},
    store::Row,
};
use serde_json::{Value, json};

use crate::support::{Device, answer_to, answers, block_on, device, fields, job, page, refusal};

fn asset(id: &str) -> RecordKey {
    RecordKey::new("asset", id)
}

fn edited(device: &Device, key: RecordKey, operation: Operation, value: Value) -> QueuedWrite {
    let edited = device.edit(key, operation, value).unwrap();
    device.write(&edited.queue_id.unwrap())
}

fn mirrored(id: &str, local_id: Option<&str>, scan: u32) -> Row {
    Row::Mirror(Mirror {
        key: asset(id),
        fields: fields(json!({ "title": "Press" })),
        version: 1,
        updated_at: Timestamp::UNIX_EPOCH,
        reached_at: Timestamp::UNIX_EPOCH,
        scan,
        local_id: local_id.map(str::to_owned),
    })
}

#[test]
fn an_edit_names_the_record_that_it_means() {
    let device = device();
    let create = edited(
        &device,
        asset("press"),
        Operation::Create,
        json!({ "title": "Press" }),
    );
    assert_eq!(create.made_as.as_deref(), Some("press"));
    let waiting = edited(
        &device,
        asset("press"),
        Operation::Update,
        json!({ "title": "B" }),
    );
    assert_eq!(
        waiting.made_as.as_deref(),
        Some("press"),
        "before it has an id of the server's"
    );
    let foreign = device.update(json!({ "title": "B" }));
    assert_eq!(foreign.made_as.as_deref(), Some(""), "another device made J-1");
    let settled = |status| QueuedWrite {
        entity_id: "S-3".into(),
        status,
        ..create.clone()
    };
    // What the device holds under the id of its create, and which record that is.
    let table = [
        (
            WriteStatus::Synced,
            Some(Some("press")),
            9,
            "press",
            "the server told",
        ),
        (
            WriteStatus::Synced,
            Some(None),
            9,
            "press",
            "a record that came back is told without it",
        ),
        (
            WriteStatus::Pending,
            Some(None),
            0,
            "press",
            "of the lost history, as far as is known",
        ),
        (
            WriteStatus::Pending,
            Some(None),
            9,
            "",
            "of another device, by the present history",
        ),
        (
            WriteStatus::Pending,
            Some(Some("lathe")),
            9,
            "lathe",
            "its own, made since",
        ),
    ];
    for (status, local_id, scan, expected, why) in table {
        let rows = local_id.map(|local_id| mirrored("S-3", local_id, scan));
        let cursor = device.engine.replica().cursor().cloned();
        let partial = cursor.map(|cursor| holdfast_core::store::CursorRow {
            partial: true,
            ..cursor
        });
        let create = Row::Write(Box::new(settled(status)));
        device
            .shared
            .put(rows.into_iter().chain([create]).chain(partial.map(Row::Cursor)));
        let context = device.shared.open();
        let edit = holdfast_core::plan::Edit {
            key: asset("S-3"),
            operation: Operation::Update,
            fields: fields(json!({ "title": why })),
            seen: None,
            kind: None,
        };
        let queued = block_on(context.edit(&edit)).unwrap().queue_id.unwrap();
        let write = context.replica().write(&queued).cloned().unwrap();
        assert_eq!(write.made_as.as_deref(), Some(expected), "{why}");
    }
}

#[test]
fn a_reference_to_a_record_of_this_device_waits_for_its_create_also_once_that_is_settled() {
    let device = device();
    let create = edited(
        &device,
        asset("press"),
        Operation::Create,
        json!({ "title": "Press" }),
    );
    let synced = QueuedWrite {
        entity_id: "S-3".into(),
        status: WriteStatus::Synced,
        ..create.clone()
    };
    let rows = [
        Row::Write(Box::new(synced)),
        mirrored("S-3", Some("press"), 1),
        mirrored("S-4", None, 1),
    ];
    device.shared.put(rows);
    let of = |id: &str| {
        let value = json!({ "title": "Service", "assetId": id, "parts": [{ "partId": id }] });
        edited(&device, job(&format!("uses-{id}")), Operation::Create, value).depends_on
    };
    block_on(device.engine.catch_up()).unwrap();
    assert_eq!(of("S-3"), [create.id]);
    assert_eq!(of("S-4"), Vec::<String>::new());
}

/// Two records of this device with one id: "press" was lost with a part of the server's history, "lathe" was made since.
fn two_of_one_id(device: &Device) -> QueuedWrite {
    let press = edited(
        device,
        asset("press"),
        Operation::Create,
        json!({ "title": "Press" }),
    );
    let lathe = edited(
        device,
        asset("lathe"),
        Operation::Create,
        json!({ "title": "Lathe" }),
    );
    let offered = QueuedWrite {
        entity_id: "S-3".into(),
        ..press.clone()
    };
    let made = QueuedWrite {
        entity_id: "S-3".into(),
        status: WriteStatus::Synced,
        ..lathe.clone()
    };
    let user = device.create("user", json!({ "title": "Service" }));
    let mut rows = vec![offered.clone(), made];
    let of_asset = [
        ("of press", Some("press")),
        ("of lathe", Some("lathe")),
        ("old", None),
    ];
    for (at, (id, made_as)) in of_asset.into_iter().enumerate() {
        rows.push(QueuedWrite {
            id: id.into(),
            client_mutation_id: id.into(),
            operation: Operation::Update,
            sequence: offered.sequence + 1 + at as u64,
            sent: true,
            made_as: made_as.map(str::to_owned),
            ..offered.clone()
        });
    }
    let referring = [
        ("to press", Some("user"), vec![press.id.clone()]),
        ("to lathe", Some("user"), vec![lathe.id]),
        ("to another device's", Some("user"), Vec::new()),
        ("of an earlier version", None, Vec::new()),
    ];
    for (at, (id, made_as, depends_on)) in referring.into_iter().enumerate() {
        let payload = json!({ "assetId": "S-3", "parts": [{ "partId": "S-3" }] });
        rows.push(QueuedWrite {
            id: id.into(),
            client_mutation_id: id.into(),
            operation: Operation::Update,
            payload: fields(payload),
            sequence: user.sequence + 1 + at as u64,
            sent: true,
            made_as: made_as.map(str::to_owned),
            depends_on,
            seen_references: [("asset/S-3".to_owned(), Timestamp::UNIX_EPOCH)].into(),
            ..user.clone()
        });
    }
    let rows = rows.into_iter().map(|write| Row::Write(Box::new(write)));
    let scan = device.engine.replica().cursor().map_or(0, |cursor| cursor.scan);
    device
        .shared
        .put(rows.chain([mirrored("S-3", Some("lathe"), scan)]));
    offered
}

#[test]
fn w21_what_means_the_record_that_has_the_id_now_stays() {
    let device = device();
    let offered = two_of_one_id(&device);
    let record =
        json!({ "assetId": "S-9", "title": "Press", "_version": 1, "updatedAt": "2026-01-01T00:00:00Z" });
    let fresh = json!({ "newVersion": 1, "entityId": "S-9", "record": record });
    device.answer_push(answers(json!([answer_to(&offered, "success", fresh)])));
    let successor = device.shared.open();
    block_on(successor.sync(Trigger::Launch, Election::Lock));
    let replica = successor.replica();
    let of = |id: &str| replica.write(id).unwrap();
    assert_eq!(of(&offered.id).entity_id, "S-9");
    assert_eq!(of("of press").entity_id, "S-9");
    assert_eq!(of("of lathe").entity_id, "S-3");
    assert_eq!(of("old").entity_id, "S-9", "as an earlier version took it");
    let named = |id: &str| {
        let write = of(id);
        let part = write.payload["parts"][0]["partId"].clone();
        assert_eq!(write.payload["assetId"], part, "{id}");
        (part, write.seen_references.len())
    };
    assert_eq!(named("to press"), (json!("S-9"), 0));
    assert_eq!(named("to lathe"), (json!("S-3"), 1));
    assert_eq!(named("to another device's"), (json!("S-3"), 1));
    assert_eq!(named("of an earlier version"), (json!("S-9"), 0));
    // Who asks for the id means the record that has it, now and once that is gone.
    assert_eq!(replica.resolve(&asset("S-3")), asset("S-3"));
    assert!(replica.mirror(&asset("S-3")).is_some());
    assert!(replica.mirror(&asset("S-9")).is_some());
}

#[test]
fn w19_a_reference_says_when_the_server_changed_what_was_seen() {
    let device = device();
    device.shared.put([mirrored("S-4", None, 1)]);
    block_on(device.engine.catch_up()).unwrap();
    let referring = device.create("user", json!({ "title": "Service", "assetId": "S-4" }));
    assert!(referring.seen_references.is_empty(), "nothing is in doubt");
    device.answer_push(refusal(410, "GONE"));
    device.sync(Trigger::Write);
    let sent = device.script().pushes().last().unwrap().operations.clone();
    let sent = sent
        .iter()
        .find(|operation| operation.queue_id == referring.id)
        .unwrap();
    let expected = [("asset/S-4".to_owned(), Timestamp::UNIX_EPOCH)];
    assert_eq!(sent.seen_references, expected.into());
}

#[test]
fn w19a_a_reference_to_what_the_scan_has_not_confirmed_says_so() {
    let device = device();
    device
        .shared
        .put([mirrored("S-4", None, 0), mirrored("S-5", None, 0)]);
    device.answer_delta(refusal(410, "GONE"));
    let row = json!({ "assetId": "S-5", "title": "x", "_version": 1, "updatedAt": "2026-01-01T00:00:00Z" });
    device.answer_delta(page("d1", true, json!({ "assets": [row] })));
    device.answer_delta(crate::support::busy(429, 5));
    device.sync(Trigger::Timer);
    let parts = json!([{ "partId": "S-4" }, { "partId": "S-5" }]);
    let write = device.create("user", json!({ "title": "Service", "parts": parts }));
    let noted: Vec<&String> = write.seen_references.keys().collect();
    assert_eq!(noted, ["asset/S-4"]);
}
