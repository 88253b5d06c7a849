//! What people do with a device: they see something, think, and commit. Each act is a task of its context and dies with
//! it.

use std::{cell::Cell, rc::Rc};

use holdfast_core::{
    Fields, Timestamp,
    plan::{self, Edit},
    ports::{Clock, Ports, Rng},
    queue::{QueuedWrite, WriteStatus},
    record::{Operation, RecordKey},
    replica::Replica,
    store::MemoryStore,
    system,
};
use serde_json::{Value, json};

use crate::{
    device::{Device, SimEngine},
    diary::{AppTime, Diary},
    executor::{Bell, Executor, Time},
    invariants::clocks,
    network::Network,
    rng::Seeded,
    story::Story,
    values,
};

/// The server's clock, and what a device knows of it.
#[derive(Debug, Clone)]
pub struct ServerClock {
    pub network: Rc<Network>,
    pub store: MemoryStore,
    pub last_set: Rc<Cell<LastSet>>,
}

/// When a clock, the device's or the server's, was last set.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastSet {
    at: u64,
    /// The offset that was known by the clocks of before.
    known: i64,
}

/// An exchange that was under way while a clock was set has been kept by then, in milliseconds.
const EXCHANGE_OVER_MS: u64 = 90_000;

impl ServerClock {
    fn time(&self) -> Timestamp {
        self.network.server.borrow().dated(self.network.time.now())
    }

    /// The offset that the device has stored.
    pub fn known(&self) -> i64 {
        Replica::new(self.store.everything()).sync().clock_offset_ms
    }

    /// A clock is set now.
    pub fn is_set(&self) {
        let (at, known) = (self.network.time.now(), self.known());
        self.last_set.set(LastSet { at, known });
    }

    /// Whether this offset was measured by the clocks as they are. Too small a difference to the one of before tells
    /// nothing.
    fn is_measured(&self, offset: i64) -> bool {
        let mut before = self.last_set.get();
        if self.network.time.now() < before.at + EXCHANGE_OVER_MS {
            before.known = self.known();
            self.last_set.set(before);
        }
        // This context may not have heard yet of what another one measured.
        let current = offset != 0 && offset == self.known();
        current && (offset - before.known).abs() > 2 * clocks::ERROR_MS
    }
}

/// One person at one context, about to do something.
pub struct Person {
    pub engine: Rc<SimEngine>,
    pub name: String,
    /// Whether what was seen can be told apart from what is there: the first version of the protocol could not.
    pub tells_what_was_seen: bool,
    pub bell: Bell,
    pub time: Time,
    pub rng: Seeded,
    pub diary: Rc<Diary>,
    pub story: Story,
    pub people: Rc<Vec<String>>,
    /// Where clocks are set.
    pub clocks: Option<ServerClock>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Person {
    /// Lets the person do one thing, in a task of the context.
    pub fn begin(self, device: &mut Device, at: usize, executor: &mut Executor) {
        let task = executor.spawn(self.act());
        device.contexts[at].tasks.push(task);
    }

    async fn act(self) {
        match self.rng.below(100) {
            0..62 => self.edit_job().await,
            62..69 if self.replica().all("job").count() < 6 => self.create_job().await,
            62..71 => self.edit_job().await,
            71..74 => self.delete_job().await,
            74..85 => self.settle_conflict().await,
            85..88 => self.take_settlement_back().await,
            88..95 => self.tend_dead_letter().await,
            95..97 => self.discard_pending().await,
            _ => self.read_notice().await,
        }
        self.bell.ring();
    }

    fn replica(&self) -> std::cell::Ref<'_, Replica> {
        self.engine.replica()
    }

    fn any_of(&self, entity: &str, fits: impl Fn(&Fields) -> bool) -> Option<(RecordKey, Fields)> {
        let replica = self.replica();
        let found: Vec<_> = replica
            .all(entity)
            .map(|item| item.view())
            .filter(|view| fits(&view.fields))
            .map(|view| (view.key.clone(), view.fields.into_owned()))
            .collect();
        self.rng.pick(&found).cloned()
    }

    fn assets(&self) -> Vec<String> {
        self.replica()
            .all("asset")
            .map(|item| item.key().entity_id.clone())
            .collect()
    }

    fn changes(&self, seen: &Fields, assets: &[String]) -> Fields {
        let time = self.app_time();
        let names = (self.people.as_slice(), assets);
        values::changes(seen, &self.rng, &self.diary, names, time.as_ref())
    }

    /// What the app takes for the time, as it does where it fills one in.
    fn app_time(&self) -> Option<AppTime> {
        let clock = self.clocks.as_ref()?;
        let offset = self.replica().sync().clock_offset_ms;
        Some(AppTime {
            claimed: self.engine.ports().clock().now() + chrono::Duration::milliseconds(offset),
            by_server: clock.time(),
            measured: clock.is_measured(offset),
        })
    }

    async fn edit_job(&self) {
        let Some((key, seen)) = self.any_of("job", |_| true) else {
            return self.create_job().await;
        };
        let fields = self.changes(&seen, &self.assets());
        // A form may stay open for a while, and others go on meanwhile.
        if self.rng.chance(200) && self.tells_what_was_seen {
            self.time.sleep(self.rng.below(60_000)).await;
        }
        let seen = self.tells_what_was_seen.then_some(seen);
        self.commit(key, Operation::Update, fields, seen).await;
    }

    async fn create_job(&self) {
        let mut assets = self.assets();
        if self.rng.chance(500) {
            let key = RecordKey::new("asset", self.engine.ports().rng().uuid());
            assets = vec![key.entity_id.clone()];
            let fields = json!({ "name": self.diary.text(), "siteId": self.rng.pick(&["north", "south"]) });
            self.commit(key, Operation::Create, object(fields), None).await;
        }
        let key = RecordKey::new("job", self.engine.ports().rng().uuid());
        let seen = Fields::new();
        let mut fields = self.changes(&seen, &assets);
        fields.insert("title".into(), self.diary.text().into());
        fields.insert("siteId".into(), json!(self.rng.pick(&["north", "south"])));
        fields.retain(|name, value| name != "status" && !value.is_null());
        if let Some(asset) = self.rng.pick(&assets) {
            fields.insert("assetId".into(), asset.clone().into());
        }
        self.commit(key, Operation::Create, fields, None).await;
    }

    async fn delete_job(&self) {
        if let Some((key, _)) = self.any_of("job", |_| true) {
            self.commit(key, Operation::Delete, Fields::new(), None).await;
        }
    }

    async fn settle_conflict(&self) {
        let open = |fields: &Fields| fields.get("status") == Some(&json!("open"));
        let Some((key, conflict)) = self.any_of(system::CONFLICT, open) else {
            return self.edit_job().await;
        };
        let names = conflict
            .get("conflictingFields")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let mut resolution = Fields::new();
        for name in names.iter().filter_map(Value::as_str) {
            let typed = conflict
                .get("values")
                .and_then(|values| values.get(name)?.get("mine"));
            let about_record = name == "record";
            let choice = match (about_record, typed.is_some_and(Value::is_object)) {
                (true, true) => json!({ "choice": self.rng.pick(&["recreate", "let-go"]) }),
                (false, _) if self.rng.chance(300) => {
                    json!({ "choice": "value", "value": self.diary.text() })
                }
                _ => {
                    json!({ "choice": self.rng.pick(&["mine", "theirs"]), "remember": self.rng.chance(100) })
                }
            };
            resolution.insert(name.to_owned(), choice);
        }
        let fields = object(json!({ "resolution": resolution }));
        self.commit(key, Operation::Update, fields, None).await;
    }

    async fn take_settlement_back(&self) {
        let settled = |fields: &Fields| fields.get("status") == Some(&json!("resolved"));
        if let Some((key, _)) = self.any_of(system::CONFLICT, settled) {
            self.commit(key, Operation::Update, object(json!({ "undo": true })), None)
                .await;
        }
    }

    async fn read_notice(&self) {
        let unread = |fields: &Fields| fields.get("read") != Some(&json!(true));
        if let Some((key, _)) = self.any_of(system::NOTICE, unread) {
            self.commit(key, Operation::Update, object(json!({ "read": true })), None)
                .await;
        }
    }

    async fn tend_dead_letter(&self) {
        let failed: Vec<_> = self.replica().failed().cloned().collect();
        let Some(write) = self.rng.pick(&failed) else {
            return self.edit_job().await;
        };
        match self.rng.below(4) {
            0 => drop(self.engine.retry(&write.id).await),
            1 => self.throw_away(&write.id).await,
            _ if write.operation == Operation::Delete || write.entity_type != "job" => {
                drop(self.engine.retry_all().await);
            }
            _ => {
                let fields = object(json!({ "hint": self.diary.text(), "code": null }));
                if self.engine.correct(&write.id, &fields).await.is_ok() {
                    self.story
                        .tell(&self.name, || format!("corrects {} of {}", write.id, write.key()));
                }
            }
        }
    }

    async fn discard_pending(&self) {
        let pending = |write: &&QueuedWrite| write.status == WriteStatus::Pending;
        let open: Vec<String> = self
            .replica()
            .open_writes()
            .filter(pending)
            .map(|write| write.id.clone())
            .collect();
        if let Some(id) = self.rng.pick(&open) {
            self.throw_away(id).await;
        }
    }

    async fn throw_away(&self, queue_id: &str) {
        // What goes with it is named before.
        let named = plan::discard(&self.replica(), queue_id).map(|(_, writes)| writes);
        self.diary.discards(&named.unwrap_or_default());
        let Ok(writes) = self.engine.discard(queue_id).await else {
            return;
        };
        self.diary.discards(&writes);
        self.story
            .tell(&self.name, || format!("discards {} changes", writes.len()));
        if self.rng.chance(500) {
            self.time.sleep(self.rng.below(5_000)).await;
            let _ = self.engine.put_back(&writes).await;
            self.story.tell(&self.name, || "and puts them back");
        }
    }

    async fn commit(&self, key: RecordKey, operation: Operation, fields: Fields, seen: Option<Fields>) {
        let edit = Edit {
            key,
            operation,
            fields,
            seen,
            kind: None,
        };
        match self.engine.edit(&edit).await {
            Ok(edited) => {
                self.story.tell(&self.name, || {
                    let fields = Value::Object(edit.fields.clone());
                    format!(
                        "commits {operation:?} of {} as {:?}: {fields}",
                        edited.key, edited.queue_id
                    )
                });
            }
            Err(error) => self.story.tell(&self.name, || {
                format!("cannot {operation:?} {}: {error}", edit.key)
            }),
        }
    }
}

fn object(value: Value) -> Fields {
    value.as_object().cloned().unwrap_or_default()
}
