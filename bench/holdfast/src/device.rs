//! What the pages call: one device, open.
//!
//! Setting up and opening go the product's way: keys made and wrapped under a passcode, and kept for "sync while the
//! app is closed", so that a cold start can be measured with and without the passcode's deliberate slowness.

use holdfast_browser::{
    clock::PlatformClock,
    store::IndexedDbStore,
    transport::FetchTransport,
    vault::{Unlocked, Vault},
};
use holdfast_core::{
    Fields,
    engine::{Election, Engine, Round, Trigger},
    json,
    plan::Edit,
    ports::{Clock, Ports},
    record::{Operation, RecordKey},
    replica::{Filter, Page, Query},
    store::Revision,
};
use js_sys::Uint8Array;
use serde_json::Value;
use wasm_bindgen::prelude::*;

use crate::{
    ports::{BenchPorts, Way},
    server::{DEVICE, MemoryServer, USER},
};

const ENTITY: &str = "work-order";
/// As the product's client folds.
const FOLD_AFTER: Revision = 100;
const PASSCODE: &str = "bench-passcode-1";

/// A person's device with its data open. `name` tells its vault from others of the page's origin.
#[derive(Debug)]
#[wasm_bindgen]
pub struct Device {
    engine: Engine<BenchPorts>,
    server: MemoryServer,
    vault: Vault,
    user_id: String,
}

#[wasm_bindgen]
impl Device {
    /// A new device of the benchmark's own server, signed in and empty.
    pub async fn create(name: String) -> Result<Device, JsError> {
        let vault = Vault::named(&name);
        let unlocked = set_up(&vault, USER, DEVICE).await?;
        let device = Self::over_memory(vault, &unlocked).await?;
        device.engine.adopt_device(DEVICE, USER).await?;
        Ok(device)
    }

    /// The device as it was left, by the keys kept for "sync while the app is closed".
    pub async fn open(name: String) -> Result<Device, JsError> {
        let vault = Vault::named(&name);
        let kept = vault.kept(USER, PlatformClock.now()).await?;
        let unlocked = kept.ok_or_else(|| JsError::new("no keys were kept on this device"))?;
        Self::over_memory(vault, &unlocked).await
    }

    /// The device as it was left, by its passcode.
    pub async fn unlock(name: String) -> Result<Device, JsError> {
        let vault = Vault::named(&name);
        let unlocked = vault.unlock(USER, PASSCODE, PlatformClock.now()).await?;
        Self::over_memory(vault, &unlocked).await
    }

    /// A new device of a real server at the page's own origin, whose session is in the browser's cookie.
    #[wasm_bindgen(js_name = createOnline)]
    pub async fn create_online(name: String, user_id: String, device_id: String) -> Result<Device, JsError> {
        let vault = Vault::named(&name);
        let unlocked = set_up(&vault, &user_id, &device_id).await?;
        let ports = BenchPorts::new(store(&unlocked), Way::Network(FetchTransport::default()));
        let engine = Engine::open(ports).await?;
        engine.adopt_device(&device_id, &user_id).await?;
        let server = MemoryServer::default();
        Ok(Self {
            engine,
            server,
            vault,
            user_id,
        })
    }

    /// A whole round of sync; bodies, each of so many rows, are what the memory server answers to it, in their order.
    pub async fn sync(&self, bodies: Vec<Uint8Array>, rows: Vec<u32>) -> Result<(), JsError> {
        self.server
            .offer(rows.into_iter().zip(bodies.iter().map(Uint8Array::to_vec)));
        self.round(Trigger::Manual).await
    }

    /// Sends what is queued, and pulls nothing.
    pub async fn push(&self) -> Result<(), JsError> {
        self.round(Trigger::Write).await
    }

    /// What the product's client does when a round is over and the screen says so.
    pub async fn fold(&self) -> Result<(), JsError> {
        Ok(self.engine.fold(FOLD_AFTER).await?)
    }

    /// One edit, durable with its queue entry once this returns. `fields`: the new values, as JSON.
    pub async fn edit(&self, id: &str, fields: &str) -> Result<(), JsError> {
        let edit = Edit {
            key: RecordKey::new(ENTITY, id),
            operation: Operation::Update,
            fields: json::from_slice::<Fields>(fields.as_bytes())?,
            seen: None,
            kind: None,
        };
        let edited = self.engine.edit(&edit).await?;
        edited
            .queue_id
            .map(drop)
            .ok_or_else(|| JsError::new("the edit changed nothing"))
    }

    /// The ids, line by line, of the first rows that a filter finds, sorted by planned start. The rows stay on this side, where the
    /// app shows them from.
    pub fn list(&self, site: &str, status: &str, limit: usize) -> String {
        let replica = self.engine.replica();
        ids(&replica.list(&by_start(site, status, limit)))
    }

    /// The same rows, whole and as JSON: what an app written in JavaScript would need of them.
    #[wasm_bindgen(js_name = listJson)]
    pub fn list_json(&self, site: &str, status: &str, limit: usize) -> String {
        let replica = self.engine.replica();
        let page = replica.list(&by_start(site, status, limit));
        let rows = page.items.iter().map(|item| {
            let view = item.view();
            let mut fields = view.fields.into_owned();
            fields.insert("workOrderId".into(), Value::from(view.key.entity_id.as_str()));
            Value::Object(fields)
        });
        Value::Array(rows.collect()).to_string()
    }

    /// The ids, line by line, of the first orders that all words stand in, the one changed last first.
    pub fn search(&self, words: &str, limit: usize) -> String {
        let query = Query {
            entity: ENTITY.to_owned(),
            search: words.to_owned(),
            limit,
            ..Query::default()
        };
        let replica = self.engine.replica();
        ids(&replica.list(&query))
    }

    /// How many orders there are.
    pub fn count(&self) -> usize {
        let query = Query {
            entity: ENTITY.to_owned(),
            limit: 1,
            ..Query::default()
        };
        self.engine.replica().list(&query).total
    }

    /// How many writes wait to be sent.
    pub fn unsent(&self) -> usize {
        self.engine.replica().unsent()
    }

    /// One field of an order as it is shown, as JSON; `null` if there is none.
    pub fn field(&self, order: &str, name: &str) -> String {
        let replica = self.engine.replica();
        let view = replica.view(&RecordKey::new(ENTITY, order));
        let value = view.and_then(|view| view.fields.get(name).cloned());
        value.unwrap_or_default().to_string()
    }

    /// Closes the storage; the device can be opened again.
    pub fn close(&self) {
        self.engine.ports().store().lock();
        self.engine.ports().store().database().abandon();
    }

    /// Closes the storage and removes everything of the device.
    pub async fn remove(&self) -> Result<(), JsError> {
        self.close();
        Ok(self.vault.purge(&self.user_id).await?)
    }
}

impl Device {
    async fn round(&self, trigger: Trigger) -> Result<(), JsError> {
        match self.engine.sync(trigger, Election::Lock).await {
            Round::Done => Ok(()),
            other => Err(JsError::new(&format!("the round of sync ended as {other:?}"))),
        }
    }

    async fn over_memory(vault: Vault, unlocked: &Unlocked) -> Result<Self, JsError> {
        let server = MemoryServer::default();
        let ports = BenchPorts::new(store(unlocked), Way::Memory(server.clone()));
        let engine = Engine::open(ports).await?;
        Ok(Self {
            engine,
            server,
            vault,
            user_id: unlocked.user_id.clone(),
        })
    }
}

async fn set_up(vault: &Vault, user_id: &str, device_id: &str) -> Result<Unlocked, JsError> {
    let now = PlatformClock.now();
    let unlocked = vault.create(user_id, device_id, PASSCODE, now).await?;
    vault.keep_key(&unlocked, true, now).await?;
    Ok(unlocked)
}

fn store(unlocked: &Unlocked) -> IndexedDbStore {
    IndexedDbStore::new(&unlocked.database, unlocked.keys.clone())
}

fn by_start(site: &str, status: &str, limit: usize) -> Query {
    let is = |field: &str, value: &str| Filter {
        field: field.to_owned(),
        any_of: vec![Value::from(value)],
    };
    Query {
        entity: ENTITY.to_owned(),
        filters: vec![is("siteId", site), is("status", status)],
        sort: Some("scheduledStart".to_owned()),
        limit,
        ..Query::default()
    }
}

/// One text, because each string costs its own way over the border.
fn ids(page: &Page<'_>) -> String {
    let ids: Vec<&str> = page
        .items
        .iter()
        .map(|item| item.key().entity_id.as_str())
        .collect();
    ids.join("\n")
}
