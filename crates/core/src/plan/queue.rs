//! What a person does with a queued write: try again, correct, discard (protocol W15–W17).

use std::borrow::Cow;

use super::{identity, permitted::refused_early};
use crate::{
    Fields, limits,
    pack::{Entity, WriteKind, canonical, validate},
    queue::{QueuedWrite, WriteStatus},
    record::FieldError,
    replica::Replica,
    store::{Changes, Row, RowKey},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    #[error("this change is no longer in the queue")]
    Gone,
    /// It was sent, and what became of it is not known.
    #[error("the server may have this change already; try it again, or wait for the answer")]
    InFlight,
    #[error("some fields need another look")]
    Invalid(Vec<FieldError>),
}

fn find<'a>(replica: &'a Replica, queue_id: &str) -> Result<&'a QueuedWrite, QueueError> {
    let write = replica
        .write(queue_id)
        .filter(|write| write.is_open())
        .ok_or(QueueError::Gone)?;
    if write.status == WriteStatus::Syncing {
        Err(QueueError::InFlight)
    } else {
        Ok(write)
    }
}

/// Tries a write again at once, with all its attempts. One that the server refused for good goes under a new key, or
/// its ledger would only repeat the refusal.
pub fn retry(replica: &Replica, queue_id: &str, new_key: String) -> Result<Changes, QueueError> {
    let write = find(replica, queue_id)?;
    let mut changes = Changes::default();
    let mut again = QueuedWrite {
        status: WriteStatus::Pending,
        retries: 0,
        not_before: None,
        ..write.clone()
    };
    if write.status == WriteStatus::Failed && !write.sent {
        again.client_mutation_id = new_key;
    }
    changes.put(Row::Write(Box::new(again)));
    Ok(changes)
}

/// Replaces values of a write that was refused, or never sent, and queues it anew. One that was refused gets a new key:
/// the old one stands for the old values. One whose answer is still to come is frozen, also when its attempts have run
/// out: the server may have applied it, and would apply it once more under another key.
pub fn correct(
    replica: &Replica,
    queue_id: &str,
    fields: &Fields,
    new_key: String,
) -> Result<Changes, QueueError> {
    let write = find(replica, queue_id)?;
    if write.sent {
        return Err(QueueError::InFlight);
    }
    let mut corrected = write.clone();
    for (name, value) in fields {
        if !corrected.base.contains_key(name) {
            let seen = replica
                .mirror(&write.key())
                .and_then(|held| held.value(name).map(Cow::into_owned));
            corrected.base.insert(name.clone(), seen.unwrap_or_default());
        }
        corrected.payload.insert(name.clone(), value.clone());
    }
    if let Some(entity) = replica.packs().entity(&write.entity_type) {
        canonical(entity, &mut corrected.payload);
        under_pack_in_force(replica, entity, &mut corrected);
        let current = replica
            .mirror(&write.key())
            .map(|held| held.fields().into_owned())
            .unwrap_or_default();
        let mut errors = limits::oversized(&corrected.payload);
        errors.extend(validate(entity, write.operation, &corrected.payload, &current));
        let change = (&corrected.base, &corrected.payload);
        let made_at = corrected.created_at;
        errors.extend(refused_early(replica, entity, write.operation, change, made_at));
        if !errors.is_empty() {
            return Err(QueueError::Invalid(errors));
        }
    }
    if write.status == WriteStatus::Failed {
        corrected.client_mutation_id = new_key;
    }
    corrected.depends_on = dependencies(replica, &corrected);
    corrected.status = WriteStatus::Pending;
    corrected.retries = 0;
    corrected.not_before = None;
    corrected.last_error = None;
    let mut changes = Changes::default();
    changes.put(Row::Write(Box::new(corrected)));
    Ok(changes)
}

/// A write may have been made under an older pack, and waited. What the pack in force no longer lets anybody write falls
/// out, as long as something is left, and a kind that it no longer declares gives way to one that fits.
fn under_pack_in_force(replica: &Replica, entity: &Entity, write: &mut QueuedWrite) {
    let writable = |name: &String| {
        let field = entity.field(name);
        field.is_some_and(|field| !field.read_only && field.computed.is_none())
    };
    if write.payload.keys().any(writable) {
        write.payload.retain(|name, _| writable(name));
        write.base.retain(|name, _| writable(name));
    }
    if let Some(pack) = replica.packs().pack_of(&entity.name) {
        let fits = |kind: &WriteKind| {
            kind.name == write.kind && kind.entity == entity.name && kind.operation == write.operation
        };
        if !pack.kinds.iter().any(fits) {
            write.kind = pack.kind_of(&entity.name, write.operation, &write.payload);
        }
    }
}

/// Open creates that the corrected values refer to; those that wait for this write themselves are left out, for the
/// server to judge.
fn dependencies(replica: &Replica, write: &QueuedWrite) -> Vec<String> {
    let Some(entity) = replica.packs().entity(&write.entity_type) else {
        return write.depends_on.clone();
    };
    let mut found = identity::dependencies(replica, entity, &write.payload);
    // What it referred to before may have another record under its id by now.
    let named = identity::creates_referred(replica, entity, write);
    found.extend(named.filter(|id| !found.contains(id)).collect::<Vec<_>>());
    found.retain(|id| !waits_for(replica, id, write));
    found
}

/// Whether a write waits, over any number of others, for the target or for its lane.
pub(super) fn waits_for(replica: &Replica, queue_id: &str, target: &QueuedWrite) -> bool {
    let mut seen: Vec<&str> = vec![queue_id];
    let mut at = 0;
    while at < seen.len() {
        let write = replica.write(seen[at]);
        if seen[at] == target.id || write.is_some_and(|write| write.key() == target.key()) {
            return true;
        }
        let behind = write.into_iter().flat_map(|write| write.depends_on.iter());
        let new: Vec<&str> = behind
            .map(String::as_str)
            .filter(|id| !seen.contains(id))
            .collect();
        seen.extend(new);
        at += 1;
    }
    false
}

/// Puts discarded writes back where they were; a record that has got its server id meanwhile is met under it.
pub fn put_back(replica: &Replica, writes: &[QueuedWrite]) -> Changes {
    let mut changes = Changes::default();
    for write in writes.iter().filter(|write| replica.write(&write.id).is_none()) {
        changes.put(Row::Write(Box::new(QueuedWrite {
            entity_id: replica.resolve(&write.key()).entity_id,
            ..write.clone()
        })));
    }
    changes
}

/// Takes a write out of the queue, and with it everything that depends on it: the answer names all of them, the asked
/// one first, so that a person can be told before and can take it back after.
pub fn discard(replica: &Replica, queue_id: &str) -> Result<(Changes, Vec<QueuedWrite>), QueueError> {
    let mut gone = vec![find(replica, queue_id)?.clone()];
    let mut at = 0;
    while at < gone.len() {
        let dropped = gone[at].clone();
        // Without its create a record has nothing that later edits of it could apply to.
        let lane_of_create = |other: &&QueuedWrite| {
            dropped.operation == crate::record::Operation::Create && other.key() == dropped.key()
        };
        let depends = |other: &&QueuedWrite| other.depends_on.contains(&dropped.id) || lane_of_create(other);
        let more: Vec<_> = replica
            .open_writes()
            .filter(depends)
            .filter(|o| !gone.iter().any(|g| g.id == o.id))
            .cloned()
            .collect();
        gone.extend(more);
        at += 1;
    }
    if gone.iter().any(|write| write.status == WriteStatus::Syncing) {
        return Err(QueueError::InFlight);
    }
    let mut changes = Changes::default();
    gone.iter()
        .for_each(|write| changes.delete(RowKey::Write(write.id.clone())));
    Ok((changes, gone))
}
