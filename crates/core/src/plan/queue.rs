//! What a person does with a queued write: try again, correct, discard (protocol W15–W17).

use crate::{
    Fields,
    pack::validate,
    protocol::FieldError,
    queue::{QueuedWrite, WriteStatus},
    replica::Replica,
    store::{Changes, Row, RowKey},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    #[error("this change is no longer in the queue")]
    Gone,
    #[error("this change is being sent; wait for the answer")]
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

/// Tries a write again at once, with all its attempts.
pub fn retry(replica: &Replica, queue_id: &str) -> Result<Changes, QueueError> {
    let write = find(replica, queue_id)?;
    let mut changes = Changes::default();
    let again = QueuedWrite {
        status: WriteStatus::Pending,
        retries: 0,
        not_before: None,
        ..write.clone()
    };
    changes.put(Row::Write(Box::new(again)));
    Ok(changes)
}

/// Replaces values of a write and sends it anew. A write that was ever sent gets a new key: the server has refused the
/// old one for good, or may yet answer for it.
pub fn correct(
    replica: &Replica,
    queue_id: &str,
    fields: &Fields,
    new_key: String,
) -> Result<Changes, QueueError> {
    let write = find(replica, queue_id)?;
    let mut corrected = write.clone();
    for (name, value) in fields {
        if !corrected.base.contains_key(name) {
            let seen = replica
                .mirror(&write.key())
                .and_then(|mirror| mirror.fields.get(name))
                .cloned();
            corrected.base.insert(name.clone(), seen.unwrap_or_default());
        }
        corrected.payload.insert(name.clone(), value.clone());
    }
    if let Some(entity) = replica.packs().entity(&write.entity_type) {
        let current = replica
            .mirror(&write.key())
            .map(|mirror| mirror.fields.clone())
            .unwrap_or_default();
        let errors = validate(entity, write.operation, &corrected.payload, &current);
        if !errors.is_empty() {
            return Err(QueueError::Invalid(errors));
        }
    }
    if corrected.sent {
        corrected.client_mutation_id = new_key;
        corrected.sent = false;
    }
    corrected.status = WriteStatus::Pending;
    corrected.retries = 0;
    corrected.not_before = None;
    corrected.last_error = None;
    let mut changes = Changes::default();
    changes.put(Row::Write(Box::new(corrected)));
    Ok(changes)
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
            dropped.operation == crate::queue::Operation::Create && other.key() == dropped.key()
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
