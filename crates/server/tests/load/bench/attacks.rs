//! What the neighbour sends: each attack is allowed, or refused only after it was looked at.

use holdfast_core::pack::Packs;
use holdfast_simulator::rng::Seeded;
use reqwest::Method;
use serde_json::{Value, json};

use super::populate::{Records, description, operation, tasks};

/// Operations of one batch, at most.
const BATCH: usize = 500;

/// Merges of long lists that one body has room for.
const CROWDED: usize = 5;

/// Merges of long texts in one batch.
const WORDY: usize = 250;

/// Stands in a body for a text that is new in each request.
const FRESH: &str = "@fresh@";

/// The device that a body is sent by.
const DEVICE: &str = "@device@";

macro_rules! attacks {
    ($($attack:ident = $name:literal,)*) => {
        /// A kind of request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Attack { $($attack,)* }

        impl Attack {
            pub const ALL: &[Attack] = &[$(Attack::$attack,)*];

            pub fn name(self) -> &'static str {
                match self { $(Attack::$attack => $name,)* }
            }
        }
    };
}

attacks! {
    Scan = "scan",
    EntitySets = "entity-sets",
    Follow = "follow",
    Digest = "digest",
    Reader = "reader",
    Filter = "filter",
    Records = "records",
    History = "history",
    Audit = "audit",
    Lists = "lists",
    Texts = "texts",
    Stale = "stale",
    Creates = "creates",
    References = "references",
    Keys = "keys",
    Malformed = "malformed",
    Values = "values",
    Guess = "guess",
}

pub enum Sent {
    Request {
        method: Method,
        path: String,
        body: Option<String>,
    },
    /// An attempt to sign in with a wrong password.
    Guess,
}

fn get(path: String) -> Sent {
    let (method, body) = (Method::GET, None);
    Sent::Request { method, path, body }
}

/// Bodies that are made once.
pub struct Ammunition {
    records: Records,
    plurals: Vec<String>,
    lists: String,
    texts: String,
    stale: String,
    creates: String,
    references: String,
    keys: String,
    malformed: String,
    values: String,
}

impl Ammunition {
    pub fn new(records: Records) -> Self {
        let packs: Packs = holdfast_server::packs::load(None).unwrap();
        let lists = json!({ "tasks": tasks(FRESH), "_version": 1 });
        let texts = json!({ "description": description('c'), "_version": 1 });
        let stale = json!({ "costEstimate": 1, "_version": 1 });
        let parts = |number: usize| json!({ "partId": format!("PRT-{number:06}"), "quantity": 1 });
        let parts: Value = (0..2_000).map(parts).collect();
        let order = json!({ "title": FRESH, "siteId": "north", "description": "x".repeat(8_000) });
        let references = json!({ "title": FRESH, "siteId": "north", "partsUsed": parts });
        let update = |id: &str, payload: &Value, base: Value| operation("update", id, payload, &base);
        let create = |payload: &Value| operation("create", FRESH, payload, &json!({}));
        let mut folded = update(&records.storied, &json!({}), json!({}));
        folded["clientMutationIds"] = (0..250).map(|number| json!(format!("{FRESH}{number}"))).collect();
        Self {
            lists: batch(
                CROWDED,
                &update(&records.crowded, &lists, json!({ "tasks": tasks("a") })),
            ),
            texts: batch(
                WORDY,
                &update(&records.wordy, &texts, json!({ "description": description('a') })),
            ),
            stale: batch(
                BATCH,
                &update(&records.storied, &stale, json!({ "costEstimate": null })),
            ),
            creates: batch(BATCH, &create(&order)),
            references: batch(8, &create(&references)),
            keys: batch(8, &folded),
            malformed: format!("{{\"deviceId\":{}", "[".repeat(8_000_000)),
            values: format!("[{}0]", "0,".repeat(3_900_000)),
            plurals: packs
                .entities()
                .map(|(_, entity)| entity.plural.clone())
                .collect(),
            records,
        }
    }

    /// What is sent next.
    pub fn load(&self, attack: Attack, rng: &Seeded, device: &str, cursor: Option<&str>) -> Sent {
        match attack {
            Attack::Scan => get("/api/v1/sync/delta?limit=2000".into()),
            Attack::EntitySets => get(self.entity_set(rng)),
            Attack::Follow => {
                let since = cursor.map_or(String::new(), |cursor| format!("&since={cursor}"));
                get(format!("/api/v1/sync/delta?limit=2000{since}"))
            }
            Attack::Digest => get("/api/v1/sync/digest?versions=true".into()),
            Attack::Reader => get("/api/v1/sync/delta?limit=2000&since=2000-01-01T00:00:00Z".into()),
            Attack::Filter => get("/api/v1/work-orders?limit=500&title=no-such-title".into()),
            Attack::Records => {
                let ids = self.records.orders.iter().take(200).cloned().collect::<Vec<_>>();
                get(format!(
                    "/api/v1/sync/records?entity=work-orders&ids={}",
                    ids.join(",")
                ))
            }
            Attack::History => get(format!(
                "/api/v1/work-orders/{}/history?limit=500",
                self.records.crowded
            )),
            Attack::Audit => get("/api/v1/audit?entity=work-order&user=nobody&limit=500".into()),
            Attack::Lists => push(&self.lists, device),
            Attack::Texts => push(&self.texts, device),
            Attack::Stale => push(&self.stale, device),
            Attack::Creates => push(&self.creates, device),
            Attack::References => push(&self.references, device),
            Attack::Keys => push(&self.keys, device),
            Attack::Malformed => push(&self.malformed, device),
            Attack::Values => push(&self.values, device),
            Attack::Guess => Sent::Guess,
        }
    }

    /// A scan of some entities; each set has a dialogue of its own.
    fn entity_set(&self, rng: &Seeded) -> String {
        let chosen = self.plurals.iter().filter(|_| rng.chance(700));
        let mut chosen: Vec<&str> = chosen.map(String::as_str).collect();
        chosen.push("work-orders");
        format!("/api/v1/sync/delta?limit=2000&entities={}", chosen.join(","))
    }
}

/// A batch of one operation, so many times. Each gets keys and ids of its own when it is sent.
fn batch(count: usize, operation: &Value) -> String {
    let mut operation = operation.clone();
    operation["queueId"] = json!(FRESH);
    let operations = vec![operation; count];
    json!({ "deviceId": DEVICE, "operations": operations }).to_string()
}

fn push(body: &str, device: &str) -> Sent {
    let mut parts = body.split(FRESH);
    let mut text = parts.next().unwrap_or_default().replace(DEVICE, device);
    for part in parts {
        text.push_str(&uuid::Uuid::new_v4().to_string());
        text.push_str(part);
    }
    Sent::Request {
        method: Method::POST,
        path: "/api/v1/sync/push".to_owned(),
        body: Some(text),
    }
}
