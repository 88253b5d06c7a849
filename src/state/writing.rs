use holdfast_browser::client::Session as Data;
use holdfast_core::{
    Fields, ordered,
    plan::{Edit, Edited},
    queue::QueuedWrite,
    record::{Operation, RecordKey},
    replica::Replica,
    system,
};
use leptos::task::spawn_local;
use serde_json::Value;
use std::rc::Rc;

use super::{Fault, Session};
use crate::{
    format::value::Reader,
    routes::of_record,
    strings::{entry::STARTING, records as words},
    work::{WORK_ORDER, labor},
};

const LABOR: &str = "laborRecords";

impl Session {
    fn open_data(self) -> Result<Rc<Data>, Fault> {
        self.data().ok_or_else(|| Fault::Other(STARTING.to_owned()))
    }

    /// Queues an edit: durable and visible when this returns.
    pub async fn edit(self, edit: Edit) -> Result<Edited, Fault> {
        Ok(self.open_data()?.edit(&edit).await?)
    }

    /// Queues an edit of one or more fields, and says what went wrong if something did.
    pub fn update(self, key: RecordKey, fields: Fields) {
        spawn_local(async move {
            let edit = Edit {
                key,
                operation: Operation::Update,
                fields,
                seen: None,
                kind: None,
            };
            if let Err(fault) = self.edit(edit).await {
                self.toasts.say(fault.to_string());
            }
        });
    }

    pub fn retry(self, queue_id: String) {
        spawn_local(async move {
            let Ok(data) = self.open_data() else { return };
            if let Err(error) = data.retry(&queue_id).await {
                self.toasts.say(Fault::from(error).to_string());
            }
        });
    }

    pub fn retry_all(self) {
        spawn_local(async move {
            let Ok(data) = self.open_data() else { return };
            if let Err(error) = data.retry_all().await {
                self.toasts.say(Fault::from(error).to_string());
            }
        });
    }

    pub async fn correct(self, queue_id: &str, fields: Fields) -> Result<(), Fault> {
        Ok(self.open_data()?.correct(queue_id, &fields).await?)
    }

    /// Takes a write and what depends on it out of the queue; the answer is what [`Self::put_back`] takes.
    pub async fn discard(self, queue_id: String) -> Option<Vec<QueuedWrite>> {
        match self.open_data().ok()?.discard(&queue_id).await {
            Ok(gone) => Some(gone),
            Err(error) => {
                self.toasts.say(Fault::from(error).to_string());
                None
            }
        }
    }

    pub fn put_back(self, writes: Vec<QueuedWrite>) {
        spawn_local(async move {
            let Ok(data) = self.open_data() else { return };
            if let Err(error) = data.put_back(&writes).await {
                self.toasts.say(Fault::from(error).to_string());
            }
        });
    }

    pub fn sync_now(self) {
        self.client().sync_now();
    }

    pub fn mark_read(self, notices: Vec<String>) {
        for id in notices {
            self.update(RecordKey::new(system::NOTICE, id), one("read", true.into()));
        }
    }

    pub fn is_pinned(self, reader: &Reader<'_>, key: &RecordKey) -> bool {
        pins(reader.replica)
            .1
            .iter()
            .any(|pin| names(reader.replica, pin, key))
    }

    /// Keeps a record on this device, or lets it go its usual way.
    pub fn pin(self, key: RecordKey, pinned: bool) {
        let (user, mut pins) = self.read(|reader| {
            let (user, mut pins) = pins(reader.replica);
            pins.retain(|pin| !names(reader.replica, pin, &key));
            (user, pins)
        });
        if pinned {
            pins.push(key.to_string().into());
        }
        self.update(
            RecordKey::new(system::USER, user),
            one("pinned", Value::Array(pins)),
        );
        self.toasts
            .say(if pinned { words::PINNED } else { words::UNPINNED }.to_owned());
    }

    /// Stops the person's timer on a work order. One that nobody would believe goes on, and its person is asked on the
    /// order's own page.
    pub async fn stop_timer(self, id: &str) -> Result<(), Fault> {
        let key = RecordKey::new(WORK_ORDER, id);
        let (list, me) = self.read(|reader| {
            let view = reader.replica.view(&key);
            let list = view.map(|view| view.fields.get(LABOR).cloned().unwrap_or_default());
            (list, self.me_of(reader).user_id)
        });
        // A record that is gone has no timer any more.
        let Some(list) = list else { return Ok(()) };
        let ran = labor::running(&list, &me).map(|start| self.time_since(start));
        let Some(ran) = ran.flatten() else {
            self.go(&of_record(&key));
            return Ok(());
        };
        let fields = one(LABOR, labor::stop(&list, &me, ran));
        let edit = Edit {
            key,
            operation: Operation::Update,
            fields,
            seen: None,
            kind: None,
        };
        self.edit(edit).await.map(|_| ())
    }
}

/// One field with its value.
pub fn one(field: &str, value: Value) -> Fields {
    ordered::fields([(field.to_owned(), value)])
}

/// Whether a pin (`type/id`) names the record; one made before the server numbered it is known by its number now.
fn names(replica: &Replica, pin: &Value, key: &RecordKey) -> bool {
    let named = pin.as_str().and_then(|pin| pin.split_once('/'));
    named.is_some_and(|(entity, id)| replica.resolve(&RecordKey::new(entity, id)) == *key)
}

/// Who is signed in, and what they pinned.
fn pins(replica: &Replica) -> (String, Vec<Value>) {
    let user = replica
        .device()
        .map(|device| device.user_id.clone())
        .unwrap_or_default();
    let profile = replica.view(&RecordKey::new(system::USER, &user));
    let pinned = profile.and_then(|view| view.fields.get("pinned")?.as_array().cloned());
    (user, pinned.unwrap_or_default())
}
