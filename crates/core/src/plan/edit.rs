//! An edit becomes one queued write (protocol W1, W2).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    Fields, Timestamp, limits, ordered,
    pack::{Entity, FieldType, Pack, canonical, same_value, validate},
    queue::{QueuedWrite, WriteStatus},
    record::{FieldError, Operation, RecordKey},
    replica::Replica,
    store::{Changes, Row},
};

use super::{coalescing, identity, permitted::refused_early, recovery};

/// What a person did.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// For a create: a fresh local UUID as id.
    pub key: RecordKey,
    pub operation: Operation,
    /// New values of the fields that were touched; `null` clears one.
    pub fields: Fields,
    /// The fields as the author saw them when they began, if that is not what is stored now (a form was open).
    pub seen: Option<Fields>,
    /// A declared kind, for an action; found by the fields, if absent.
    pub kind: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    pub key: RecordKey,
    /// `None`: every value was already so, or came back to what the server has, and nothing is queued of it.
    pub queue_id: Option<String>,
    /// To be pushed at once.
    pub critical: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("there is no record type \"{0}\" here; update the app, or ask your administrator")]
    UnknownEntity(String),
    #[error("this record is no longer on this device")]
    NoRecord,
    #[error("this cannot be changed here")]
    NotAllowed,
    #[error("some fields need another look")]
    Invalid(Vec<FieldError>),
    #[error("this device has not been set up; sign in first")]
    NoDevice,
}

/// Plans the write. `ids`: a fresh queue id, and the idempotency key; a key that is known already queues nothing more.
pub fn edit(
    replica: &Replica,
    edit: &Edit,
    now: Timestamp,
    ids: (String, String),
) -> Result<(Changes, Edited), EditError> {
    let known = |write: &&QueuedWrite| write.client_mutation_id == ids.1 || write.coalesced.contains(&ids.1);
    if let Some(write) = replica.writes().find(known) {
        let edited = Edited {
            key: write.key(),
            queue_id: Some(write.id.clone()),
            critical: false,
        };
        return Ok((Changes::default(), edited));
    }
    let key = replica.resolve(&edit.key);
    let unknown = || EditError::UnknownEntity(key.entity_type.clone());
    let entity = replica.packs().entity(&key.entity_type).ok_or_else(unknown)?;
    let pack = replica.packs().pack_of(&key.entity_type).ok_or_else(unknown)?;
    if !entity.allows(edit.operation) {
        return Err(EditError::NotAllowed);
    }
    if let Some(changes) = local_notice_read(replica, edit, &key) {
        return Ok((
            changes,
            Edited {
                key,
                queue_id: None,
                critical: false,
            },
        ));
    }
    let view = replica.view(&key);
    let current = match (edit.operation, &view) {
        (Operation::Create, _) => Fields::new(),
        (_, Some(view)) => view.fields.clone().into_owned(),
        (_, None) => return Err(EditError::NoRecord),
    };
    let seen = edit.seen.as_ref().unwrap_or(&current);
    let payload = changed_fields(entity, edit, seen);
    if payload.is_empty() && edit.operation == Operation::Update {
        return Ok((
            Changes::default(),
            Edited {
                key,
                queue_id: None,
                critical: false,
            },
        ));
    }
    let mut errors = limits::overlong([("entityId", key.entity_id.as_str()), ("Idempotency-Key", &ids.1)]);
    errors.extend(limits::oversized(&payload));
    errors.extend(validate(entity, edit.operation, &payload, &current));
    let as_seen = |name: &String| (name.clone(), seen.get(name).cloned().unwrap_or_default());
    let base = ordered::fields(payload.keys().map(as_seen));
    errors.extend(refused_early(
        replica,
        entity,
        edit.operation,
        (&base, &payload),
        now,
    ));
    if !errors.is_empty() {
        return Err(EditError::Invalid(errors));
    }
    let version = view.map_or(0, |view| view.version);
    let draft = Draft {
        pack,
        entity,
        key,
        operation: edit.operation,
        payload,
        base,
        version,
        kind: edit.kind.clone(),
    };
    let write = queued(replica, draft, &current, now, ids)?;
    let key = write.key();
    let critical = pack.is_critical(&write.kind) || write.priority <= 2;
    let (changes, queue_id) = coalescing::enqueue(replica, pack, entity, write);
    let edited = Edited {
        key,
        critical: critical && queue_id.is_some(),
        queue_id,
    };
    Ok((changes, edited))
}

/// A notice that the server does not know is marked as read here and nowhere else.
fn local_notice_read(replica: &Replica, edit: &Edit, key: &RecordKey) -> Option<Changes> {
    let mut mirror = (*replica.mirror(key).filter(|held| held.version() == 0)?.mirror()).clone();
    mirror.fields.extend(edit.fields.clone());
    let mut changes = Changes::default();
    changes.put(Row::Mirror(mirror));
    Some(changes)
}

struct Draft<'a> {
    pack: &'a Pack,
    entity: &'a Entity,
    key: RecordKey,
    operation: Operation,
    payload: Fields,
    base: Fields,
    version: u64,
    kind: Option<String>,
}

/// What the edit really changes; a create also takes the declared defaults.
fn changed_fields(entity: &Entity, edit: &Edit, seen: &Fields) -> Fields {
    let mut given = edit.fields.clone();
    canonical(entity, &mut given);
    let same = |name: &String, value: &Value| {
        let seen = seen.get(name).unwrap_or(&Value::Null);
        // What differs in its form alone was not touched: an instant in another offset.
        let instant = entity
            .field(name)
            .filter(|field| field.kind == FieldType::Datetime);
        value == seen || instant.is_some_and(|field| same_value(field, seen, value))
    };
    let mut payload = ordered::fields(given.into_iter().filter(|(name, value)| !same(name, value)));
    if edit.operation == Operation::Create {
        for field in &entity.fields {
            if let Some(default) = field
                .default
                .as_ref()
                .filter(|_| !payload.contains_key(&field.name))
            {
                payload.insert(field.name.clone(), default.clone());
            }
        }
    }
    payload
}

fn queued(
    replica: &Replica,
    draft: Draft<'_>,
    current: &Fields,
    now: Timestamp,
    (id, client_mutation_id): (String, String),
) -> Result<QueuedWrite, EditError> {
    let device = replica.device().ok_or(EditError::NoDevice)?;
    let mut after = current.clone();
    after.extend(draft.payload.clone());
    let seen_at = recovery::seen_in_doubt(replica, &draft.key);
    let made_as = match draft.operation {
        Operation::Create => draft.key.entity_id.clone(),
        _ => identity::made_as(replica, &draft.key),
    };
    let entity_type = draft.key.entity_type;
    let kind = draft
        .kind
        .unwrap_or_else(|| draft.pack.kind_of(&entity_type, draft.operation, &draft.payload));
    let priority = draft
        .pack
        .priority_of(&entity_type, draft.operation, &draft.payload, &after, now);
    let mut write = QueuedWrite {
        id,
        client_mutation_id,
        coalesced: Vec::new(),
        kind,
        domain: draft.pack.name.clone(),
        depends_on: identity::dependencies(replica, draft.entity, &draft.payload),
        entity_type,
        entity_id: draft.key.entity_id,
        operation: draft.operation,
        payload: draft.payload,
        base: draft.base,
        base_version: draft.version,
        seen_at,
        made_as: Some(made_as),
        seen_references: BTreeMap::new(),
        priority,
        device_id: device.device_id.clone(),
        created_at: now,
        clock_offset_ms: replica.sync().clock_offset_ms,
        sequence: replica.next_sequence(),
        status: WriteStatus::Pending,
        sent: false,
        retries: 0,
        last_error: None,
        last_attempt_at: None,
        not_before: None,
        synced_at: None,
        merged: Vec::new(),
    };
    identity::note_references(replica, &mut write, |key| recovery::seen_in_doubt(replica, key));
    Ok(write)
}

/// Calls `found` with entity and id for each reference inside a value.
pub(super) fn references(kind: &FieldType, value: &Value, found: &mut dyn FnMut(&str, &str)) {
    match kind {
        FieldType::Reference { entity } => {
            if let Some(id) = value.as_str() {
                found(entity, id);
            }
        }
        FieldType::Object { fields } => {
            for field in fields {
                if let Some(part) = value.get(&field.name) {
                    references(&field.kind, part, found);
                }
            }
        }
        FieldType::List { fields, .. } | FieldType::Log { fields, .. } => {
            for (field, item) in fields
                .iter()
                .flat_map(|f| value.as_array().into_iter().flatten().map(move |i| (f, i)))
            {
                if let Some(part) = item.get(&field.name) {
                    references(&field.kind, part, found);
                }
            }
        }
        _ => {}
    }
}
