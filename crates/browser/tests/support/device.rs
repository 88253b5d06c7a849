//! A device of its own for each test, and what is done on it.

use std::rc::Rc;

use holdfast_browser::{
    client::{Client, Context, Session, SignedIn},
    clock::PlatformClock,
    vault::Vault,
};
use holdfast_core::{
    Fields,
    pack::Pack,
    plan::Edit,
    ports::Clock,
    record::{Operation, RecordKey},
    store::{PacksRow, Row, Store},
};
use serde_json::json;

use super::{fresh_name, put};

pub const PASSCODE: &str = "246813";

/// A device of its own for each test.
pub struct Device {
    pub vault: String,
    pub user_id: String,
}

impl Device {
    pub fn new() -> Self {
        Self {
            vault: fresh_name(),
            user_id: fresh_name(),
        }
    }

    pub fn context(&self, context: Context) -> Client {
        Client::builder(context).vault(Vault::named(&self.vault)).build()
    }

    /// Set up, with the yard's pack as if it had been pulled.
    pub async fn set_up(&self) -> (Client, Rc<Session>) {
        let client = self.context(Context::Page);
        let signed_in = SignedIn {
            user_id: self.user_id.clone(),
            device_id: "device-1".into(),
            known: false,
        };
        let session = client.set_up(&signed_in, PASSCODE).await.unwrap();
        let packs = Row::Packs(PacksRow { packs: vec![yard()] });
        loop {
            session.sync().catch_up().await.unwrap();
            let revision = session.read(|device| device.revision());
            if session
                .store()
                .commit(revision, &put([packs.clone()]))
                .await
                .is_ok()
            {
                break;
            }
        }
        session.sync().catch_up().await.unwrap();
        (client, session)
    }
}

pub fn yard() -> Pack {
    serde_json::from_value(json!({
        "name": "yard", "version": 1, "title": "Yard",
        "entities": [{
            "name": "gate-event", "plural": "gate-events", "title": "Gate event", "titlePlural": "Gate events",
            "idField": "gateEventId", "idPrefix": "GE-", "titleField": "plate",
            "operations": ["create", "update"],
            "access": [{ "when": { "always": true } }],
            "fields": [{ "name": "plate", "label": "Plate", "type": "text", "required": true }]
        }]
    }))
    .unwrap()
}

pub fn gate_event(id: &str, plate: &str) -> Edit {
    let mut fields = Fields::new();
    fields.insert("plate".into(), plate.into());
    Edit {
        key: RecordKey::new("gate-event", id),
        operation: Operation::Create,
        fields,
        seen: None,
        kind: None,
    }
}

/// Waits until something holds; gives up after five seconds.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        PlatformClock.sleep(10).await;
    }
    panic!("{what}: not within 5 s");
}
