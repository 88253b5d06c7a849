//! What the pages call: one device, open.
//!
//! Everything goes through the product's client, in a manual context: keys are made and wrapped
//! under a passcode, and kept for "sync while the app is closed", so that a cold start can be measured with and without
//! the passcode's deliberate slowness. What the client alone adds to a round, compaction and timers, is not timed with it.

use std::rc::Rc;

use holdfast_browser::{
    client::{Client, Context, Session, SignedIn, Watch},
    vault::Vault,
};
use holdfast_core::{
    Fields,
    engine::{Round, Trigger},
    json,
    plan::Edit,
    record::{Operation, RecordKey},
    replica::{Filter, Page, Query},
    store::Revision,
};
use js_sys::{Function, Uint8Array};
use serde_json::Value;
use wasm_bindgen::prelude::*;

use crate::server::{DEVICE, MemoryServer, USER};

const ENTITY: &str = "work-order";
/// As the product's client compacts its journal.
const FOLD_AFTER: Revision = 100;
const PASSCODE: &str = "bench-passcode-1";

/// A user's device with its data open. `name` tells its vault from others of the page's origin.
#[derive(Debug)]
#[wasm_bindgen]
pub struct Device {
    client: Client,
    session: Rc<Session>,
    server: MemoryServer,
    vault: Vault,
}

/// A live query of JavaScript's. It ends with `free()`.
#[derive(Debug)]
#[wasm_bindgen]
pub struct LiveQuery {
    _watch: Watch,
}

#[wasm_bindgen]
impl Device {
    /// A new device of the benchmark's own server, signed in and empty.
    pub async fn create(name: String) -> Result<Device, JsError> {
        let server = MemoryServer::default();
        let (client, vault) = client(&name, Some(&server));
        let session = set_up(&client, USER, DEVICE).await?;
        Ok(Self {
            client,
            session,
            server,
            vault,
        })
    }

    /// The device as it was left, by the keys kept for "sync while the app is closed".
    pub async fn open(name: String) -> Result<Device, JsError> {
        let server = MemoryServer::default();
        let (client, vault) = client(&name, Some(&server));
        let session = client.resume().await?;
        let session = session.ok_or_else(|| JsError::new("no keys were kept on this device"))?;
        Ok(Self {
            client,
            session,
            server,
            vault,
        })
    }

    /// The device as it was left, by its passcode.
    pub async fn unlock(name: String) -> Result<Device, JsError> {
        let server = MemoryServer::default();
        let (client, vault) = client(&name, Some(&server));
        let session = client.unlock(USER, PASSCODE).await?;
        Ok(Self {
            client,
            session,
            server,
            vault,
        })
    }

    /// A new device of a real server at the page's own origin, whose sign-in session is in the browser's cookie.
    #[wasm_bindgen(js_name = createOnline)]
    pub async fn create_online(name: String, user_id: String, device_id: String) -> Result<Device, JsError> {
        let (client, vault) = client(&name, None);
        let session = set_up(&client, &user_id, &device_id).await?;
        Ok(Self {
            client,
            session,
            server: MemoryServer::default(),
            vault,
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
        Ok(self.session.sync().fold(FOLD_AFTER).await?)
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
        let edited = self.session.queue().edit(&edit).await?;
        edited
            .queue_id
            .map(drop)
            .ok_or_else(|| JsError::new("the edit changed nothing"))
    }

    /// The ids, line by line, of the first rows that a filter finds, sorted by planned start. The rows stay on this side, where the
    /// app shows them from.
    pub fn list(&self, site: &str, status: &str, limit: usize) -> String {
        self.list_ids(&by_start(site, status, limit))
    }

    /// The same rows, whole and as JSON: what an app written in JavaScript would need of them.
    #[wasm_bindgen(js_name = listJson)]
    pub fn list_json(&self, site: &str, status: &str, limit: usize) -> String {
        let query = by_start(site, status, limit);
        self.session.read(|device| {
            let page = device.list(&query);
            let rows = page.items.iter().map(|item| {
                let view = item.view();
                let mut fields = view.fields.into_owned();
                fields.insert("workOrderId".into(), Value::from(view.key.entity_id.as_str()));
                Value::Object(fields)
            });
            Value::Array(rows.collect()).to_string()
        })
    }

    /// The ids, line by line, of the first orders that all words stand in, the one changed last first.
    pub fn search(&self, words: &str, limit: usize) -> String {
        let query = Query {
            entity: ENTITY.to_owned(),
            search: words.to_owned(),
            limit,
            ..Query::default()
        };
        self.list_ids(&query)
    }

    /// How many orders there are.
    pub fn count(&self) -> usize {
        let query = Query {
            entity: ENTITY.to_owned(),
            limit: 1,
            ..Query::default()
        };
        self.session.read(|device| device.list(&query).total)
    }

    /// How many writes wait to be sent.
    pub fn unsent(&self) -> usize {
        self.session.read(|device| device.unsent())
    }

    /// One field of an order as it is shown, as JSON; `null` if there is none.
    pub fn field(&self, order: &str, name: &str) -> String {
        let key = RecordKey::new(ENTITY, order);
        let value = self
            .session
            .read(|device| device.view(&key)?.fields.get(name).cloned());
        value.unwrap_or_default().to_string()
    }

    /// Calls `tell` with the number of writes that wait to be sent: now, and whenever it changes.
    #[wasm_bindgen(js_name = watchUnsent)]
    pub fn watch_unsent(&self, tell: Function) -> LiveQuery {
        let tell = move |unsent: &usize| {
            // What the benchmark throws is its own to see: it is on the console.
            let _ = tell.call1(&JsValue::NULL, &(*unsent as f64).into());
        };
        LiveQuery {
            _watch: self.session.watch(|device| device.unsent(), tell),
        }
    }

    /// Closes the storage; the device can be opened again.
    pub fn close(&self) {
        self.client.close();
    }

    /// Closes the storage and removes everything of the device. The server is not told: its sign-in session goes on.
    pub async fn remove(&self) -> Result<(), JsError> {
        self.close();
        Ok(self.vault.purge(self.session.user_id()).await?)
    }
}

impl Device {
    async fn round(&self, trigger: Trigger) -> Result<(), JsError> {
        match self.session.sync().run_alone(trigger).await {
            Round::Done => Ok(()),
            other => Err(JsError::new(&format!("the round of sync ended as {other:?}"))),
        }
    }

    fn list_ids(&self, query: &Query) -> String {
        self.session.read(|device| ids(&device.list(query)))
    }
}

/// A client in a manual context. `server`: the one in memory, instead of the page's own origin.
fn client(name: &str, server: Option<&MemoryServer>) -> (Client, Vault) {
    let vault = Vault::named(name);
    let builder = Client::builder(Context::Manual).vault(vault.clone());
    let client = match server {
        Some(server) => builder.transport(server.clone()).build(),
        None => builder.build(),
    };
    (client, vault)
}

async fn set_up(client: &Client, user_id: &str, device_id: &str) -> Result<Rc<Session>, JsError> {
    let signed_in = SignedIn {
        user_id: user_id.to_owned(),
        device_id: device_id.to_owned(),
        known: false,
    };
    let session = client.set_up(&signed_in, PASSCODE).await?;
    client.keep_key(true).await?;
    Ok(session)
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
