//! A record's local id gives way to the server's: the alias and every row that names it, in one commit (protocol W21).

use serde_json::Value;

use crate::{
    Fields,
    pack::{FieldType, Packs},
    queue::QueuedWrite,
    record::RecordKey,
    replica::Replica,
    store::{Alias, Changes, Row, RowKey},
};

use super::identity;

/// Adds the alias and the re-addressed writes to `changes`. Writes that `changes` already puts are re-addressed there.
///
/// `of`: the write that the server answered so, if it was one. Where it names its record by an id of the server's, this
/// id may be another record's by now, and only what means the same record as this write follows.
pub(super) fn adopt(
    replica: &Replica,
    changes: &mut Changes,
    local: &RecordKey,
    server_id: &str,
    of: Option<&QueuedWrite>,
) {
    if local.entity_id == server_id {
        return;
    }
    let given_before = is_of_server(replica.packs(), local);
    // Whoever asks for an id that is another record's by now means that one, also once it is gone.
    if !(given_before && is_of_this_history(replica, local)) {
        changes.put(Row::Alias(Alias {
            local: local.clone(),
            server_id: server_id.to_owned(),
        }));
        if given_before {
            changes.delete(RowKey::Mirror(local.clone()));
        }
    }
    for write in replica.writes() {
        let planned = changes.put.iter().find_map(|row| match row {
            Row::Write(planned) if planned.id == write.id => Some((**planned).clone()),
            _ => None,
        });
        let gone = changes.delete.contains(&RowKey::Write(write.id.clone()));
        let before = planned.unwrap_or_else(|| write.clone());
        let after = readdressed(replica.packs(), &before, local, server_id, of);
        if !gone && after != before {
            changes.put(Row::Write(Box::new(after)));
        }
    }
}

/// Whether the present scan brought what is held under the id: then it is the record that the server gave the id to since.
fn is_of_this_history(replica: &Replica, key: &RecordKey) -> bool {
    let scan = replica.cursor().map(|cursor| cursor.scan);
    replica.mirror(key).is_some_and(|held| Some(held.scan()) == scan)
}

/// Whether an id is one that the server gave, and no local one: of a record that came back from a lost history under another.
pub(super) fn is_of_server(packs: &Packs, key: &RecordKey) -> bool {
    let entity = packs.entity(&key.entity_type);
    let prefix = entity.map(|entity| entity.id_prefix.as_str()).unwrap_or_default();
    !prefix.is_empty() && key.entity_id.starts_with(prefix)
}

fn readdressed(
    packs: &Packs,
    write: &QueuedWrite,
    local: &RecordKey,
    server_id: &str,
    of: Option<&QueuedWrite>,
) -> QueuedWrite {
    let mut write = write.clone();
    let given_before = is_of_server(packs, local);
    let of = of.filter(|_| given_before);
    let refers = of.is_none_or(|of| identity::refers_to_record_of(of, &write));
    if write.key() == *local && of.is_none_or(|of| identity::means_record_of(of, &write)) {
        write.entity_id = server_id.to_owned();
        // It names the record by an id that was never another's.
        write.seen_at = None;
    }
    // What was sent is frozen; the server resolves local ids in it by its own alias. It has none for an id that it gave
    // before it lost history, and gave to another record since.
    if refers
        && (write.is_editable() || given_before)
        && let Some(entity) = packs.entity(&write.entity_type)
    {
        for field in &entity.fields {
            replace(&field.kind, &mut write.payload, &field.name, local, server_id);
            replace(&field.kind, &mut write.base, &field.name, local, server_id);
        }
        write.seen_references.remove(&local.to_string());
    }
    write
}

fn replace(kind: &FieldType, fields: &mut Fields, name: &str, local: &RecordKey, server_id: &str) {
    if let Some(value) = fields.get_mut(name) {
        replace_in(kind, value, local, server_id);
    }
}

fn replace_in(kind: &FieldType, value: &mut Value, local: &RecordKey, server_id: &str) {
    match kind {
        FieldType::Reference { entity }
            if *entity == local.entity_type && value.as_str() == Some(&local.entity_id) =>
        {
            *value = server_id.into();
        }
        FieldType::Object { fields } => {
            if let Some(object) = value.as_object_mut() {
                fields
                    .iter()
                    .for_each(|field| replace(&field.kind, object, &field.name, local, server_id));
            }
        }
        FieldType::List { fields, .. } | FieldType::Log { fields, .. } => {
            for object in value
                .as_array_mut()
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
            {
                fields
                    .iter()
                    .for_each(|field| replace(&field.kind, object, &field.name, local, server_id));
            }
        }
        _ => {}
    }
}
