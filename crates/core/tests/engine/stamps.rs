//! What the device makes of stamped fields: refused early, shown, and stamped as the server does.

use holdfast_core::{
    engine::Trigger,
    pack::{Field, Pack},
    plan::EditError,
    record::Operation,
};
use serde_json::{Value, json};

use super::support::{Device, answer_to, answers, device_with, job, pack};

fn stamping() -> Pack {
    let mut pack = pack();
    let remarks: Field = serde_json::from_value(json!({
        "name": "remarks", "label": "Remarks", "type": "log", "key": "id",
        "fields": [
            { "name": "id", "label": "Id", "type": "text" },
            { "name": "by", "label": "By", "type": "text", "stamped": "user" },
            { "name": "at", "label": "At", "type": "datetime", "stamped": "time" },
        ],
    }))
    .unwrap();
    pack.entities[0].fields.push(remarks);
    pack
}

fn refused(device: &Device, value: Value) -> Vec<String> {
    match device.edit(job("J-1"), Operation::Update, value) {
        Err(EditError::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_name_is_refused_before_it_is_queued() {
    let device = device_with(stamping());
    let own = json!({ "id": "n1", "by": "tim" });
    assert_eq!(
        refused(
            &device,
            json!({ "remarks": [own, { "id": "n2", "by": "samir" }] })
        ),
        ["remarks[1].by"]
    );
    device.update(json!({ "remarks": [own, { "id": "n2" }] }));
}

#[test]
fn an_accepted_write_is_stamped_as_the_server_does() {
    let device = device_with(stamping());
    let note = |id: &str| json!({ "id": id, "by": "tim", "at": "2025-12-31T08:00:00Z" });
    let first = device.update(json!({ "remarks": [note("n1")] }));
    device.answer_push(answers(json!([answer_to(
        &first,
        "success",
        json!({ "newVersion": 4 })
    )])));
    device.sync(Trigger::Write);
    assert!(device.script().pushes()[0].stamps);
    let held = device.held("J-1").unwrap();
    assert_eq!(held.version, 4);
    let stored = &held.fields["remarks"][0];
    assert_eq!(
        (&stored["by"], &stored["at"]),
        (&json!("tim"), &json!("2025-12-31T08:00:00Z"))
    );
    assert!(stored["atReceived"].is_string(), "{stored}");
    // What is written over it next keeps its stamps.
    let shown = device.shown("J-1", "remarks");
    let mut more = shown.as_array().unwrap().clone();
    more.push(note("n2"));
    device.update(json!({ "remarks": more }));
    assert_eq!(device.shown("J-1", "remarks")[0], *stored);
}
