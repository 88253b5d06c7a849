use holdfast_browser::client::Session as Data;
use holdfast_core::{
    Fields, ordered,
    pack::Entity,
    plan::{Edit, Edited},
    queue::QueuedWrite,
    record::{Operation, RecordKey},
    system,
};
use leptos::task::spawn_local;
use serde_json::Value;
use std::rc::Rc;

use super::{Fault, Session};
use crate::{
    format::{entities::may, value::Reader},
    strings::{entry::STARTING, records as words},
};

impl Session {
    /// Whether the person may do this to records of the entity.
    pub fn may(self, entity: &Entity, operation: Operation) -> bool {
        let may = |reader: &Reader<'_>| {
            may(
                reader.replica,
                &self.me_of(reader),
                &entity.name,
                operation.name(),
            )
        };
        entity.allows(operation) && self.read(may)
    }

    fn open_data(self) -> Result<Rc<Data>, Fault> {
        self.data().ok_or_else(|| Fault::Other(STARTING.to_owned()))
    }

    /// Queues an edit: durable and visible when this returns.
    pub async fn edit(self, edit: Edit) -> Result<Edited, Fault> {
        Ok(self.open_data()?.queue().edit(&edit).await?)
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
            if let Err(error) = data.queue().retry(&queue_id).await {
                self.toasts.say(Fault::from(error).to_string());
            }
        });
    }

    pub fn retry_all(self) {
        spawn_local(async move {
            let Ok(data) = self.open_data() else { return };
            if let Err(error) = data.queue().retry_all().await {
                self.toasts.say(Fault::from(error).to_string());
            }
        });
    }

    pub async fn correct(self, queue_id: &str, fields: Fields) -> Result<(), Fault> {
        Ok(self.open_data()?.queue().correct(queue_id, &fields).await?)
    }

    /// Takes a write and what depends on it out of the queue; the answer is what [`Self::put_back`] takes.
    pub async fn discard(self, queue_id: String) -> Option<Vec<QueuedWrite>> {
        match self.open_data().ok()?.queue().discard(&queue_id).await {
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
            if let Err(error) = data.queue().put_back(&writes).await {
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

    /// Keeps a record on this device, or lets it go its usual way.
    pub fn pin(self, key: RecordKey, pinned: bool) {
        let (profile, field, pins) = self.read(|reader| reader.replica.with_pin(&key, pinned));
        self.update(profile, one(field, Value::Array(pins)));
        self.toasts
            .say(if pinned { words::PINNED } else { words::UNPINNED }.to_owned());
    }
}

/// One field with its value.
pub fn one(field: &str, value: Value) -> Fields {
    ordered::fields([(field.to_owned(), value)])
}
