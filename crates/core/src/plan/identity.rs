//! Which record a write means. An id of the server's does not always tell: a server that lost history gives ids out again
//! (protocol, *Ids given out twice*).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Timestamp,
    pack::Entity,
    queue::QueuedWrite,
    record::{Operation, RecordKey},
    replica::{Held, Replica},
};

use super::{edit::references, recovery};

/// The local id under which this device created what it holds under a key; empty, if another device created it.
///
/// A create whose answer is still to come may be offered again after a loss. What a later scan brought under its id is
/// then the record of another device.
pub(super) fn made_as(replica: &Replica, key: &RecordKey) -> String {
    let held = replica.mirror(key);
    if let Some(local_id) = held.and_then(Held::local_id) {
        return local_id.into_owned();
    }
    let in_doubt = held.is_none() || recovery::seen_in_doubt(replica, key).is_some();
    let creates = creates(replica).filter(|write| write.key() == *key);
    let made = creates.filter(|write| in_doubt || !write.is_open()).last();
    let unknown_before = |write: &QueuedWrite| write.made_as.clone().unwrap_or_default();
    made.map(unknown_before).unwrap_or_default()
}

fn creates(replica: &Replica) -> impl Iterator<Item = &QueuedWrite> {
    replica
        .writes()
        .filter(|write| write.operation == Operation::Create)
}

/// Whether a write means the record of another, which has the same key. What an earlier version queued does not tell.
pub(super) fn means_record_of(other: &QueuedWrite, write: &QueuedWrite) -> bool {
    match (&other.made_as, &write.made_as) {
        (Some(one), Some(another)) => one == another,
        _ => true,
    }
}

/// Whether the references of a write to a key mean the record of another write, which has that key.
pub(super) fn refers_to_record_of(other: &QueuedWrite, write: &QueuedWrite) -> bool {
    let tells = other.made_as.is_some() && write.made_as.is_some();
    !tells || other.id == write.id || write.depends_on.contains(&other.id)
}

/// The creates of the records of this device that a write refers to, as far as they are kept.
pub(super) fn dependencies(replica: &Replica, entity: &Entity, payload: &crate::Fields) -> Vec<String> {
    let mut named: BTreeMap<RecordKey, String> = BTreeMap::new();
    for key in referred(entity, payload) {
        let made_as = made_as(replica, &key);
        named.insert(key, made_as);
    }
    if named.is_empty() {
        return Vec::new();
    }
    let of_record = |write: &&QueuedWrite| {
        let made_as = named.get(&write.key());
        made_as.is_some_and(|named| write.made_as.as_ref().is_none_or(|made_as| made_as == named))
    };
    let found: BTreeSet<String> = creates(replica)
        .filter(of_record)
        .map(|write| write.id.clone())
        .collect();
    found.into_iter().collect()
}

/// Creates that a write waits for and still refers to.
pub(super) fn creates_referred<'a>(
    replica: &'a Replica,
    entity: &Entity,
    write: &'a QueuedWrite,
) -> impl Iterator<Item = String> + use<'a> {
    let referred = referred(entity, &write.payload);
    let is_named = move |id: &&String| {
        let create = replica.write(id).map(QueuedWrite::key);
        create.is_some_and(|key| referred.contains(&key))
    };
    write.depends_on.iter().filter(is_named).cloned()
}

/// Notes of each record that a write refers to when the server had last changed what is held of it. What was noted once
/// stays.
pub(super) fn note_references(
    replica: &Replica,
    write: &mut QueuedWrite,
    seen_at: impl Fn(&RecordKey) -> Option<Timestamp>,
) {
    let Some(entity) = replica.packs().entity(&write.entity_type) else {
        return;
    };
    for key in referred(entity, &write.payload) {
        if let Some(seen_at) = seen_at(&key).filter(|_| is_of_server(replica, &key)) {
            write.seen_references.entry(key.to_string()).or_insert(seen_at);
        }
    }
}

/// Whether an id is one that the server numbered.
fn is_of_server(replica: &Replica, key: &RecordKey) -> bool {
    super::aliases::is_of_server(replica.packs(), key)
}

fn referred(entity: &Entity, payload: &crate::Fields) -> BTreeSet<RecordKey> {
    let mut found = BTreeSet::new();
    for (name, value) in payload {
        if let Some(field) = entity.field(name) {
            references(&field.kind, value, &mut |target, id| {
                found.insert(RecordKey::new(target, id));
            });
        }
    }
    found
}
