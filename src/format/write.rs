//! What a queued write did, as its author would say it.

use holdfast_browser::client::Snapshot;
use holdfast_core::{
    pack::FieldType,
    protocol::{ErrorCode, WireError},
    queue::{QueuedWrite, WriteStatus},
    record::{FieldError, Operation},
    replica::Mark,
    system,
};
use serde_json::Value;

use super::value::{Reader, record_title, short_id};
use crate::{
    routes::of_record,
    strings::{problem, queue as words},
};

/// How far a write has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Receipt {
    /// Steps reached of: on this device, sent, accepted.
    pub reached: usize,
    /// The step after those was refused.
    pub stopped: bool,
}

/// One write in the queue, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Told {
    pub id: String,
    /// `Start work`, `Change work order: Tags`.
    pub what: String,
    /// `WO-5471 · L/H BUCKET CYL LEAKING · priority 2`.
    pub record: String,
    pub href: String,
    pub mark: Mark,
    pub receipt: Receipt,
    /// What the server said, if it refused.
    pub error: Option<Refusal>,
    pub failed: bool,
    pub in_flight: bool,
}

/// Why a write was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// All of it, in one text.
    pub message: String,
    /// Label and message of each field.
    pub fields: Vec<(String, String)>,
    pub tries: u32,
    /// Something in the write can be changed so that it may be accepted.
    pub correctable: bool,
}

/// Tells a write.
pub fn tell(reader: &Reader<'_>, write: &QueuedWrite) -> Told {
    let key = write.key();
    Told {
        id: write.id.clone(),
        what: what(reader, write),
        record: record_line(reader.replica, write),
        href: of_record(&key),
        mark: match write.status {
            WriteStatus::Pending => Mark::OnDevice,
            WriteStatus::Syncing => Mark::Sending,
            WriteStatus::Synced => Mark::Synced,
            WriteStatus::Conflict => Mark::Conflict,
            WriteStatus::Failed => Mark::Failed,
        },
        receipt: receipt(write),
        error: write
            .last_error
            .as_ref()
            .filter(|_| write.status == WriteStatus::Failed)
            .map(|error| Refusal {
                message: said(reader.replica, write, error),
                fields: error
                    .fields
                    .iter()
                    .map(|wrong| (label(reader.replica, write, &wrong.field), wrong.message.clone()))
                    .collect(),
                tries: write.retries.max(1),
                correctable: error.code != ErrorCode::PermissionDenied
                    && write.operation != Operation::Delete,
            }),
        failed: write.status == WriteStatus::Failed,
        in_flight: write.status == WriteStatus::Syncing,
    }
}

/// What was said of a write that was refused; of fields, by the names that people know them by.
pub fn said(replica: Snapshot<'_>, write: &QueuedWrite, error: &WireError) -> String {
    let sentence = |wrong: &FieldError| format!("{} {}.", label(replica, write, &wrong.field), wrong.message);
    match error.fields.as_slice() {
        [] => problem::said(error),
        fields => fields.iter().map(sentence).collect::<Vec<_>>().join(" "),
    }
}

/// How far a write has come.
pub fn receipt(write: &QueuedWrite) -> Receipt {
    match write.status {
        WriteStatus::Pending => Receipt {
            reached: 1,
            stopped: false,
        },
        WriteStatus::Syncing => Receipt {
            reached: 2,
            stopped: false,
        },
        WriteStatus::Synced | WriteStatus::Conflict => Receipt {
            reached: 3,
            stopped: false,
        },
        WriteStatus::Failed => Receipt {
            reached: 2,
            stopped: true,
        },
    }
}

fn what(reader: &Reader<'_>, write: &QueuedWrite) -> String {
    let replica = reader.replica;
    let pack = replica.packs().pack_of(&write.entity_type);
    let declared = pack.and_then(|pack| pack.kinds.iter().find(|kind| kind.name == write.kind));
    let entity = replica.packs().entity(&write.entity_type);
    let title = entity.map_or(write.entity_type.as_str(), |entity| entity.title.as_str());
    let did = match (declared, write.operation) {
        (Some(kind), _) => kind.label.clone(),
        (None, Operation::Create) => words::created(title),
        (None, Operation::Update) => words::changed(title),
        (None, Operation::Delete) => words::deleted(title),
    };
    let action = declared.is_some_and(|kind| !kind.set.is_empty());
    if action || write.operation != Operation::Update {
        return did;
    }
    let changed: Vec<String> = write
        .payload
        .keys()
        .map(|name| label(replica, write, name))
        .collect();
    match changed.as_slice() {
        [] => did,
        [only] => match single(reader, write) {
            Some(value) => format!("{only}: {value}"),
            None => format!("{did}: {only}"),
        },
        many => format!("{did}: {}", many.join(", ")),
    }
}

/// The new value of a write of one field, if it is short.
fn single(reader: &Reader<'_>, write: &QueuedWrite) -> Option<String> {
    let (name, value) = write.payload.iter().next()?;
    let field = reader.replica.packs().entity(&write.entity_type)?.field(name)?;
    let short = match &field.kind {
        FieldType::Text { .. }
        | FieldType::Number { .. }
        | FieldType::Enum { .. }
        | FieldType::Bool
        | FieldType::Datetime
        | FieldType::Reference { .. }
        | FieldType::Counter => reader.say(field, value),
        FieldType::List { key, .. } | FieldType::Log { key, .. } => {
            let base = write.base.get(name).unwrap_or(&Value::Null);
            let changed = changed_items(key, base, value);
            let [item] = changed.as_slice() else { return None };
            reader.say_item(field, item)
        }
        _ => return None,
    };
    (!short.is_empty() && short.chars().count() <= 60).then_some(short)
}

/// Items of a list that are not as they were.
fn changed_items<'a>(key: &str, base: &Value, value: &'a Value) -> Vec<&'a Value> {
    let before = base.as_array().map(Vec::as_slice).unwrap_or_default();
    let same = |item: &&Value| {
        !before
            .iter()
            .any(|old| old.get(key) == item.get(key) && old == *item)
    };
    value.as_array().into_iter().flatten().filter(same).collect()
}

fn record_line(replica: Snapshot<'_>, write: &QueuedWrite) -> String {
    let key = write.key();
    let title = record_title(replica, &key).or_else(|| {
        let field = &replica.packs().entity(&key.entity_type)?.title_field;
        write.payload.get(field)?.as_str().map(str::to_owned)
    });
    let mut parts = vec![short_id(&key.entity_id).to_owned()];
    parts.extend(title);
    parts.push(words::priority(write.priority));
    parts.join(" · ")
}

/// The label of a field by its name or path (`tasks[2].title`).
pub fn label(replica: Snapshot<'_>, write: &QueuedWrite, path: &str) -> String {
    let name = path.split(['.', '[']).next().unwrap_or(path);
    let declared = |entity_type: &str| replica.packs().entity(entity_type)?.field(name);
    // What is refused of a decision is a field of the record that the conflict is about.
    let subject = (write.entity_type == system::CONFLICT).then(|| replica.mirror(&write.key()));
    let subject = subject
        .flatten()
        .and_then(|conflict| conflict.value("recordType"));
    let subject = subject.as_deref().and_then(Value::as_str).and_then(declared);
    let field = subject.or_else(|| declared(&write.entity_type));
    field.map_or_else(|| name.to_owned(), |field| field.label.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_items_that_changed_are_told() {
        let base = json!([{ "k": "1", "done": false }, { "k": "2", "done": false }]);
        let value = json!([{ "k": "1", "done": true }, { "k": "2", "done": false }, { "k": "3" }]);
        let changed = changed_items("k", &base, &value);
        assert_eq!(changed, [&value[0], &value[2]]);
        assert!(changed_items("k", &base, &base).is_empty());
    }
}
