use holdfast_core::{
    Fields,
    pack::{Entity, Field},
    protocol::ErrorCode,
    queue::QueuedWrite,
    record::{FieldError, RecordKey},
    system,
};

use crate::{
    format::{
        value::Reader,
        write::{Told, said, tell},
    },
    forms::{Draft, decision},
};

/// What the form of a refused write holds.
pub struct Refused {
    pub what: String,
    pub record: String,
    pub message: String,
    pub href: String,
    pub draft: Draft,
    pub fields: Vec<Field>,
    /// The write decides about a conflict; the form is over the record that the conflict is about.
    pub decision: Option<Decision>,
}

/// A decision that was refused.
pub struct Decision {
    /// Fields of the record that the server named.
    refused: Vec<String>,
    payload: Fields,
}

impl Decision {
    /// What is sent in place of the refused values.
    pub fn instead(&self, draft: &Draft) -> Fields {
        decision::instead(draft, &self.refused, &self.payload)
    }
}

impl Refused {
    /// The form of a write that waits in the queue.
    pub fn find(reader: &Reader<'_>, id: &str) -> Option<Self> {
        let write = reader.replica.write(id).filter(|write| write.is_open())?;
        let told = tell(reader, write);
        if write.entity_type == system::CONFLICT
            && let Some(decided) = of_decision(reader, write, &told)
        {
            return Some(decided);
        }
        of_record(reader, write, told)
    }
}

fn of_record(reader: &Reader<'_>, write: &QueuedWrite, told: Told) -> Option<Refused> {
    let entity: &Entity = reader.replica.packs().entity(&write.entity_type)?;
    // Over the record, so that a field that was not in the change but is missing now can be filled in.
    let mut seen = reader
        .replica
        .mirror(&write.key())
        .map(|held| held.fields().into_owned())
        .unwrap_or_default();
    seen.extend(write.payload.clone());
    let named = names(write);
    let roles = roles(reader);
    let fields = entity.fields.iter();
    let fields = fields
        .filter(|field| field.is_filled_in_by(&roles))
        .filter(|field| write.payload.contains_key(&field.name) || named.contains(&field.name));
    let mut draft = Draft::of(seen);
    draft.refuse(wrong(write));
    Some(Refused {
        what: told.what,
        record: told.record,
        message: message(reader, write),
        href: told.href,
        draft,
        fields: fields.cloned().collect(),
        decision: None,
    })
}

/// A decision whose values the server refused; `None` if it named no field of the record.
fn of_decision(reader: &Reader<'_>, write: &QueuedWrite, told: &Told) -> Option<Refused> {
    let conflict = reader.replica.mirror(&write.key())?.fields().into_owned();
    let text = |name: &str| conflict.get(name).and_then(serde_json::Value::as_str);
    let key = RecordKey::new(text("recordType")?, text("recordId")?);
    let entity = reader.replica.packs().entity(&key.entity_type)?;
    let is_invalid = write
        .last_error
        .as_ref()
        .is_some_and(|error| error.code == ErrorCode::ValidationError);
    let mut refused = names(write);
    refused.retain(|name| entity.field(name).is_some());
    if refused.is_empty() || !is_invalid {
        return None;
    }
    let given = decision::values(&conflict, &write.payload);
    let record = reader.replica.view(&reader.replica.resolve(&key));
    let mut seen = record.map(|view| view.fields.into_owned()).unwrap_or_default();
    seen.extend(given.clone());
    let offered = decision::offered(entity, &roles(reader), &refused, &given);
    let fields = entity.fields.iter().filter(|field| offered.contains(&field.name));
    let mut draft = Draft::of(seen);
    draft.refuse(wrong(write));
    Some(Refused {
        what: told.what.clone(),
        record: told.record.clone(),
        message: message(reader, write),
        href: format!("/inbox/{}", write.entity_id),
        draft,
        fields: fields.cloned().collect(),
        decision: Some(Decision {
            refused,
            payload: write.payload.clone(),
        }),
    })
}

fn wrong(write: &QueuedWrite) -> Vec<FieldError> {
    let error = write.last_error.as_ref();
    error.map(|error| error.fields.clone()).unwrap_or_default()
}

/// The fields that the server named.
fn names(write: &QueuedWrite) -> Vec<String> {
    let root = |error: FieldError| {
        let end = error.field.find(['.', '[']).unwrap_or(error.field.len());
        error.field[..end].to_owned()
    };
    wrong(write).into_iter().map(root).collect()
}

fn message(reader: &Reader<'_>, write: &QueuedWrite) -> String {
    let error = write.last_error.as_ref();
    error.map_or_else(String::new, |error| said(reader.replica, write, error))
}

fn roles(reader: &Reader<'_>) -> Vec<String> {
    reader.replica.me().map_or_else(Vec::new, |me| me.roles.clone())
}
