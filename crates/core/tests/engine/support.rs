//! A device over a store in memory, and a server that answers as the test says.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use futures::FutureExt;
use holdfast_core::{
    Fields, Timestamp,
    engine::{Election, Engine, Round, Trigger},
    pack::Pack,
    plan::{Edit, EditError, Edited},
    ports::{Clock, Ports, Request, Response, Rng, Transport, Unreachable},
    protocol::PushRequest,
    queue::QueuedWrite,
    record::{Mirror, Operation, RecordKey},
    store::{Changes, DeviceRow, MemoryStore, PacksRow, Row, Store},
};
use serde_json::{Value, json};

pub type Answer = Result<Response, Unreachable>;

type Act = Box<dyn FnOnce()>;

/// Runs a future that never waits: the store, the script and the clock answer at once, also inside one another.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("nothing here waits")
}

/// Answers by path, in order; what is not scripted is answered as a healthy server with nothing new would.
#[derive(Default)]
pub struct Script {
    pub push: RefCell<VecDeque<Answer>>,
    pub delta: RefCell<VecDeque<Answer>>,
    pub records: RefCell<VecDeque<Answer>>,
    pub digest: RefCell<VecDeque<Answer>>,
    pub token: RefCell<VecDeque<Answer>>,
    pub probe: RefCell<VecDeque<Answer>>,
    /// Queue id of a write on which the server crashes, whatever else is in the batch.
    pub poison: RefCell<Option<String>>,
    /// Every push is answered with 500.
    pub ill: Cell<bool>,
    /// Milliseconds that a page of the change log takes.
    pub delta_takes: Cell<u64>,
    /// Everything that was asked.
    pub asked: RefCell<Vec<Request>>,
    /// Done while the next push is under way.
    pub during_push: RefCell<Option<Act>>,
}

pub fn ok(body: Value) -> Answer {
    status(200, body)
}

pub fn status(status: u16, body: Value) -> Answer {
    Ok(Response::new(status, body.to_string()))
}

pub fn refusal(code: u16, error: &str) -> Answer {
    status(
        code,
        json!({ "error": { "code": error, "message": "as scripted" } }),
    )
}

pub fn text(status: u16, body: &str) -> Answer {
    Ok(Response::new(status, body))
}

pub fn busy(status: u16, seconds: u64) -> Answer {
    Ok(Response::new(status, "slow down").with_header("Retry-After", seconds.to_string()))
}

pub fn dead() -> Answer {
    Err(Unreachable("no route".into()))
}

/// A page of the change log.
pub fn page(cursor: &str, has_more: bool, changes: Value) -> Answer {
    ok(
        json!({ "syncTimestamp": "2026-01-01T00:00:00Z", "cursor": cursor, "hasMore": has_more, "changes": changes }),
    )
}

impl Script {
    fn answer(&self, request: &Request) -> Answer {
        let next = |answers: &RefCell<VecDeque<Answer>>| answers.borrow_mut().pop_front();
        let path = request.path.split('?').next().unwrap_or_default();
        let scripted = match path {
            "/healthz" => next(&self.probe),
            "/oauth/token" => next(&self.token),
            "/api/v1/sync/push" => next(&self.push),
            "/api/v1/sync/delta" => next(&self.delta),
            "/api/v1/sync/records" => next(&self.records),
            "/api/v1/sync/digest" => next(&self.digest),
            _ => None,
        };
        let crashes = path == "/api/v1/sync/push" && {
            let poison = self.poison.borrow();
            self.ill.get()
                || read(request)
                    .operations
                    .iter()
                    .any(|o| Some(&o.queue_id) == poison.as_ref())
        };
        if crashes {
            return status(500, json!({}));
        }
        scripted.unwrap_or_else(|| match path {
            "/healthz" => ok(json!({ "status": "ok", "service": "holdfast" })),
            "/oauth/token" => ok(
                json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 600,
                "device_id": "device", "user_id": "tim" }),
            ),
            "/api/v1/me" => ok(
                json!({ "userId": "tim", "username": "tim", "displayName": "Tim", "roles": [],
                "sites": [], "scopes": [] }),
            ),
            "/api/v1/domains" => ok(json!({ "packs": [pack()] })),
            "/api/v1/sync/delta" => page("c", false, json!({})),
            "/api/v1/sync/digest" => ok(json!({ "epoch": "e", "entities": {} })),
            "/api/v1/sync/records" => ok(json!({})),
            "/api/v1/sync/push" => accept_all(request),
            other => panic!("nothing is scripted for {other}"),
        })
    }

    /// The pushes that were sent, read.
    pub fn pushes(&self) -> Vec<PushRequest> {
        let asked = self.asked.borrow();
        let pushes = asked.iter().filter(|request| request.path == "/api/v1/sync/push");
        pushes.map(read).collect()
    }

    pub fn count(&self, path: &str) -> usize {
        self.asked
            .borrow()
            .iter()
            .filter(|request| request.path.starts_with(path))
            .count()
    }
}

fn read(request: &Request) -> PushRequest {
    let json = request.body.as_ref().and_then(|body| body.as_json());
    serde_json::from_slice(json.expect("a push is JSON")).unwrap()
}

/// Success for every operation: creates get a server id, updates the next version.
fn accept_all(request: &Request) -> Answer {
    let results: Vec<Value> = read(request)
        .operations
        .iter()
        .map(|operation| {
            let version = operation.payload["_version"].as_u64().unwrap() + 1;
            json!({ "queueId": operation.queue_id, "status": "success", "newVersion": version })
        })
        .collect();
    answers(json!(results))
}

pub fn answers(results: Value) -> Answer {
    ok(json!({ "serverTime": "2026-01-01T00:00:05Z", "results": results }))
}

/// The answer to one write; `more` is laid over it.
pub fn answer_to(write: &QueuedWrite, status: &str, more: Value) -> Value {
    let mut result = json!({ "queueId": write.id, "status": status });
    result
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    result
}

pub fn error(code: &str) -> Value {
    json!({ "error": { "code": code, "message": "as scripted" } })
}

/// One entity with a field of each strategy that matters here, and one that it refers to.
pub fn pack() -> Pack {
    let field = |name: &str, more: Value| {
        let mut field = json!({ "name": name, "label": name });
        field
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        field
    };
    let entity = |name: &str, plural: &str, id: &str, fields: Value| {
        json!({ "name": name, "plural": plural, "title": name, "titlePlural": plural, "idField": id, "idPrefix": "S-",
            "titleField": "title", "operations": ["create", "update", "delete"], "fields": fields,
            "access": [{ "when": { "always": true } }] })
    };
    let mut job = entity(
        "job",
        "jobs",
        "jobId",
        json!([
            field("title", json!({ "type": "text", "required": true })),
            field("status", json!({ "type": "text", "strategy": "server-wins" })),
            field("finding", json!({ "type": "text", "strategy": "manual" })),
            field("count", json!({ "type": "counter" })),
            field(
                "stage",
                json!({ "type": "enum", "strategy": "client-wins",
            "choices": [{ "value": "new", "label": "New" }, { "value": "begun", "label": "Begun" }, { "value": "done", "label": "Done" }],
            "transitions": { "new": ["begun"], "begun": ["new", "done"], "done": ["begun"] } })
            ),
            field("tags", json!({ "type": "set" })),
            field("remark", json!({ "type": "text", "default": "none" })),
            field(
                "notes",
                json!({ "type": "log", "key": "id", "fields": [{ "name": "id", "label": "Id", "type": "text" }] })
            ),
            field("assetId", json!({ "type": "reference", "entity": "asset" })),
            field("parent", json!({ "type": "reference", "entity": "job" })),
            field(
                "parts",
                json!({ "type": "list", "key": "partId", "fields": [
            { "name": "partId", "label": "Part", "type": "reference", "entity": "asset" }] })
            ),
        ]),
    );
    job["retention"] = json!({ "closed": { "is": { "field": "status", "value": "closed" } }, "days": 90 });
    let asset = entity(
        "asset",
        "assets",
        "assetId",
        json!([field("title", json!({ "type": "text" }))]),
    );
    let pack = json!({ "name": "works", "version": 1, "title": "Works", "attempts": 3, "coalesce": "consecutive",
        "entities": [job, asset],
        "priorities": [{ "priority": 2, "entity": "job", "changes": ["status"] }, { "priority": 9, "entity": "asset" }] });
    serde_json::from_value(pack).unwrap()
}

#[derive(Clone, Default)]
pub struct Shared {
    pub store: MemoryStore,
    pub script: Rc<Script>,
    /// Milliseconds since 1970.
    pub now: Rc<Cell<i64>>,
    drawn: Rc<Cell<u64>>,
}

pub struct TestPorts(Shared);

impl Transport for TestPorts {
    async fn send(&self, request: Request) -> Answer {
        self.0.script.asked.borrow_mut().push(request.clone());
        if request.path == "/api/v1/sync/push" {
            let act = self.0.script.during_push.borrow_mut().take();
            if let Some(act) = act {
                act();
            }
        }
        if request.path.starts_with("/api/v1/sync/delta") {
            self.0.pass(self.0.script.delta_takes.get());
        }
        self.0.script.answer(&request)
    }
}

impl Clock for TestPorts {
    fn now(&self) -> Timestamp {
        self.0.instant()
    }

    async fn sleep(&self, milliseconds: u64) {
        self.0.pass(milliseconds);
    }
}

impl Rng for TestPorts {
    fn next_u64(&self) -> u64 {
        let drawn = self.0.drawn.get() + 1;
        self.0.drawn.set(drawn);
        // Even for jitter: multiples that leave no remainder in any of the waits.
        drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

impl Ports for TestPorts {
    type Store = MemoryStore;
    type Transport = Self;
    type Clock = Self;
    type Rng = Self;

    fn store(&self) -> &MemoryStore {
        &self.0.store
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

impl Shared {
    pub fn instant(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + chrono::Duration::milliseconds(self.now.get())
    }

    pub fn pass(&self, milliseconds: u64) {
        self.now.set(self.now.get() + milliseconds as i64);
    }

    /// Another context over the same store.
    pub fn open(&self) -> Engine<TestPorts> {
        block_on(Engine::open(TestPorts(self.clone()))).unwrap()
    }

    /// Puts rows beside what is there.
    pub fn put(&self, rows: impl IntoIterator<Item = Row>) {
        let revision = block_on(self.store.load()).unwrap().revision;
        let mut changes = Changes::default();
        rows.into_iter().for_each(|row| changes.put(row));
        block_on(self.store.commit(revision, &changes)).unwrap();
    }
}

/// A device that is set up, has pulled, and holds J-1 at version 3.
pub struct Device {
    pub shared: Shared,
    pub engine: Engine<TestPorts>,
}

pub fn device() -> Device {
    device_with(pack())
}

/// The same under another pack.
pub fn device_with(pack: Pack) -> Device {
    let shared = Shared::default();
    shared.now.set(1_767_225_600_000);
    shared.put([
        Row::Packs(PacksRow { packs: vec![pack] }),
        Row::Device(DeviceRow {
            device_id: "device".into(),
            user_id: "tim".into(),
            created_at: shared.instant(),
        }),
        Row::Mirror(mirror(
            "J-1",
            3,
            json!({ "title": "Pump", "status": "open", "count": 5 }),
        )),
    ]);
    let engine = shared.open();
    let device = Device { shared, engine };
    device
        .script()
        .delta
        .borrow_mut()
        .push_back(page("c0", false, json!({ "jobs": [row("J-1", 3)] })));
    assert_eq!(device.sync(Trigger::Timer), Round::Done);
    device.script().asked.borrow_mut().clear();
    device
}

fn row(id: &str, version: u64) -> Value {
    json!({ "jobId": id, "title": "Pump", "status": "open", "count": 5, "_version": version,
        "updatedAt": "2026-01-01T00:00:00.000Z" })
}

pub fn job(id: &str) -> RecordKey {
    RecordKey::new("job", id)
}

pub fn fields(value: Value) -> Fields {
    value.as_object().cloned().unwrap()
}

pub fn mirror(id: &str, version: u64, value: Value) -> Mirror {
    let at = Timestamp::UNIX_EPOCH;
    Mirror {
        key: job(id),
        fields: fields(value),
        version,
        updated_at: at,
        reached_at: at,
        scan: 1,
        local_id: None,
    }
}

impl Device {
    pub fn script(&self) -> &Script {
        &self.shared.script
    }

    pub fn sync(&self, trigger: Trigger) -> Round {
        block_on(self.engine.sync(trigger, Election::LeaseAlone))
    }

    pub fn edit(&self, key: RecordKey, operation: Operation, value: Value) -> Result<Edited, EditError> {
        let edit = Edit {
            key,
            operation,
            fields: fields(value),
            seen: None,
            kind: None,
        };
        block_on(self.engine.edit(&edit)).map_err(|error| match error {
            holdfast_core::engine::TransactError::Plan(error) => error,
            other => panic!("{other}"),
        })
    }

    /// Updates J-1 and gives the queued write.
    pub fn update(&self, value: Value) -> QueuedWrite {
        let edited = self.edit(job("J-1"), Operation::Update, value).unwrap();
        self.write(&edited.queue_id.unwrap())
    }

    pub fn create(&self, id: &str, value: Value) -> QueuedWrite {
        let edited = self.edit(job(id), Operation::Create, value).unwrap();
        self.write(&edited.queue_id.unwrap())
    }

    pub fn write(&self, id: &str) -> QueuedWrite {
        self.engine.replica().write(id).cloned().unwrap()
    }

    pub fn answer_push(&self, answer: Answer) {
        self.script().push.borrow_mut().push_back(answer);
    }

    pub fn answer_delta(&self, answer: Answer) {
        self.script().delta.borrow_mut().push_back(answer);
    }

    pub fn held(&self, id: &str) -> Option<Mirror> {
        self.engine
            .replica()
            .mirror(&job(id))
            .map(|held| (*held.mirror()).clone())
    }

    /// A field as shown.
    pub fn shown(&self, id: &str, field: &str) -> Value {
        let replica = self.engine.replica();
        let view = replica.view(&job(id)).unwrap();
        view.fields.get(field).cloned().unwrap_or_default()
    }

    pub fn local_notices(&self) -> Vec<Fields> {
        let replica = self.engine.replica();
        replica
            .mirrors_of("notice")
            .map(|(_, held)| held.fields().into_owned())
            .collect()
    }
}
