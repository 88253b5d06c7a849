//! The interface over a real engine with a store in memory; the server is out of reach throughout.

use futures::executor::block_on;
use holdfast_browser::client::Snapshot;
use holdfast_core::{
    Fields, Timestamp,
    engine::Engine,
    pack::Pack,
    ports::{Clock, Ports, Request, Response, Rng, Transport, Unreachable},
    protocol::IfMatch,
    record::Operation,
    store::{Changes, MemoryStore, PacksRow, Row, Store},
};
use serde_json::{Value, json};
use std::cell::Cell;

use super::{Answer, edit_of, list, queued, record};

#[derive(Default)]
struct Offline {
    store: MemoryStore,
    drawn: Cell<u64>,
}

impl Clock for Offline {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    async fn sleep(&self, _milliseconds: u64) {}
}

impl Rng for Offline {
    fn next_u64(&self) -> u64 {
        self.drawn.set(self.drawn.get() + 1);
        self.drawn.get()
    }
}

impl Transport for Offline {
    async fn send(&self, _request: Request) -> Result<Response, Unreachable> {
        Err(Unreachable("no network".into()))
    }
}

impl Ports for Offline {
    type Store = MemoryStore;
    type Transport = Self;
    type Clock = Self;
    type Rng = Self;

    fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn transport(&self) -> &Self {
        self
    }

    fn clock(&self) -> &Self {
        self
    }

    fn rng(&self) -> &Self {
        self
    }
}

fn engine() -> Engine<Offline> {
    let pack: Pack = serde_json::from_value(json!({
        "name": "yard", "version": 1, "title": "Yard",
        "entities": [{
            "name": "gate-event", "plural": "gate-events", "title": "Gate event", "titlePlural": "Gate events",
            "idField": "gateEventId", "idPrefix": "GE-", "titleField": "plate",
            "operations": ["create", "update"],
            "access": [{ "when": { "always": true } }],
            "fields": [
                { "name": "plate", "label": "Plate", "type": "text", "required": true },
                { "name": "seal", "label": "Seal", "type": "text" }
            ]
        }]
    }))
    .unwrap();
    let ports = Offline::default();
    let mut changes = Changes::default();
    changes.put(Row::Packs(PacksRow { packs: vec![pack] }));
    block_on(ports.store.commit(0, &changes)).unwrap();
    let engine = block_on(Engine::open(ports)).unwrap();
    block_on(engine.adopt_device("device-1", "ann")).unwrap();
    engine
}

fn body(value: Value) -> Fields {
    value.as_object().cloned().unwrap()
}

/// As the worker does it.
async fn write(
    engine: &Engine<Offline>,
    operation: Operation,
    entity: &str,
    id: Option<String>,
    body: Fields,
    key: String,
) -> Answer {
    write_if(engine, operation, entity, id, body, &IfMatch::Absent, key).await
}

async fn write_if(
    engine: &Engine<Offline>,
    operation: Operation,
    entity: &str,
    id: Option<String>,
    body: Fields,
    if_match: &IfMatch,
    key: String,
) -> Answer {
    let edit = edit_of(
        Snapshot::from(&*engine.replica()),
        operation,
        entity,
        id,
        body,
        if_match,
        || engine.ports().uuid(),
    );
    match edit {
        Ok(edit) => queued(engine.edit_once(&edit, key).await),
        Err(refused) => refused,
    }
}

fn create(engine: &Engine<Offline>, value: Value, key: &str) -> Answer {
    block_on(write(
        engine,
        Operation::Create,
        "gate-event",
        None,
        body(value),
        key.into(),
    ))
}

#[test]
fn a_write_is_queued_and_read_back_before_the_server_knows() {
    let engine = engine();
    let created = create(&engine, json!({ "plate": "AB 12", "_version": 0 }), "k1");
    assert_eq!(
        (created.status, &created.body["queued"]),
        (202, &Value::Bool(true))
    );
    let id = created.body["entityId"].as_str().unwrap().to_owned();
    let change = body(json!({ "seal": "7731", "gateEventId": id, "updatedAt": "2026-01-01T00:00:00Z" }));
    let updated = block_on(write(
        &engine,
        Operation::Update,
        "gate-event",
        Some(id.clone()),
        change,
        "k2".into(),
    ));
    assert_eq!(updated.status, 202);
    let read = record(Snapshot::from(&*engine.replica()), "gate-event", &id);
    assert_eq!(
        (read.status, &read.body["plate"], &read.body["seal"]),
        (200, &"AB 12".into(), &"7731".into())
    );
    assert_eq!(
        list(Snapshot::from(&*engine.replica()), "gate-event").body["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(engine.replica().unsent(), 2);
}

#[test]
fn the_same_key_queues_once() {
    let engine = engine();
    let first = create(&engine, json!({ "plate": "AB 12" }), "k1");
    let again = create(&engine, json!({ "plate": "AB 12" }), "k1");
    assert_eq!(first.body["queueId"], again.body["queueId"]);
    assert_eq!(engine.replica().unsent(), 1);
}

#[test]
fn a_page_that_saw_another_version_is_told_and_nothing_is_queued() {
    let engine = engine();
    let created = create(&engine, json!({ "plate": "AB 12" }), "k");
    let id = created.body["entityId"].as_str().unwrap().to_owned();
    let tag = record(Snapshot::from(&*engine.replica()), "gate-event", &id)
        .tag
        .unwrap();
    // The server's own tags name the start under which the version was written.
    let by_server = tag.replacen('.', "-2f6c.", 1);
    let table = [
        (tag.as_str(), json!({}), 202),
        (by_server.as_str(), json!({}), 202),
        ("*", json!({}), 202),
        ("", json!({ "_version": 0.0 }), 202),
        ("\"another.0\"", json!({}), 412),
        ("\"another-2f6c.0\"", json!({}), 412),
        ("\"0\"", json!({}), 412),
        ("", json!({ "_version": 7 }), 412),
        ("", json!({ "_version": "0" }), 400),
        (tag.as_str(), json!({ "_version": -1 }), 400),
    ];
    for (number, (if_match, said, status)) in table.into_iter().enumerate() {
        let mut fields = body(said);
        fields.insert("seal".into(), number.to_string().into());
        let if_match = IfMatch::parse((!if_match.is_empty()).then_some(if_match)).unwrap();
        let (id, key, waiting) = (Some(id.clone()), format!("k{number}"), engine.replica().unsent());
        let answer = block_on(write_if(
            &engine,
            Operation::Update,
            "gate-event",
            id,
            fields,
            &if_match,
            key,
        ));
        assert_eq!(answer.status, status, "{if_match:?}");
        assert_eq!(engine.replica().unsent() > waiting, status == 202, "{if_match:?}");
    }
}

#[test]
fn what_cannot_be_taken_says_why() {
    let engine = engine();
    let incomplete = create(&engine, json!({ "seal": "1" }), "k1");
    assert_eq!(incomplete.status, 422);
    assert_eq!(incomplete.body["error"]["fields"][0]["field"], "plate");
    let unknown = block_on(write(
        &engine,
        Operation::Update,
        "gate-event",
        Some("GE-1".into()),
        Fields::new(),
        "k2".into(),
    ));
    assert_eq!(
        (unknown.status, &unknown.body["error"]["code"]),
        (404, &"NOT_FOUND".into())
    );
    let delete = block_on(write(
        &engine,
        Operation::Delete,
        "gate-event",
        Some("GE-1".into()),
        Fields::new(),
        "k3".into(),
    ));
    assert_eq!(
        (delete.status, &delete.body["error"]["code"]),
        (403, &"PERMISSION_DENIED".into())
    );
    assert_eq!(
        record(Snapshot::from(&*engine.replica()), "gate-event", "GE-1").status,
        404
    );
    assert_eq!(engine.replica().unsent(), 0);
}
