//! Where a new write joins what waits in its lane (protocol W2, W2a, W2b).

use serde_json::Value;

use super::queue::waits_for;
use crate::{
    limits::{self, MAX_COALESCED},
    pack::{Coalesce, Entity, Pack, validate},
    queue::{QueuedWrite, coalesce},
    record::Operation,
    replica::Replica,
    store::{Changes, Row, RowKey},
};

/// Queues the write, by itself or within one that waits; answers the id of the queued write, or `None` if nothing is
/// left to be sent.
pub(super) fn enqueue(
    replica: &Replica,
    pack: &Pack,
    entity: &Entity,
    write: QueuedWrite,
) -> (Changes, Option<String>) {
    let mut changes = Changes::default();
    if pack.coalesce == Coalesce::State && unmade(replica, &write, &mut changes) {
        return (changes, None);
    }
    let own = write.id.clone();
    let mut one = write;
    let lane: Vec<&QueuedWrite> = replica.lane(&one.key()).collect();
    for earlier in lane.into_iter().rev() {
        let folded = coalesce::joins(pack.coalesce, earlier, &one)
            .then(|| coalesce::fold(entity, earlier, &one))
            .flatten()
            .filter(|folded| is_sound(replica, entity, folded));
        let Some(mut folded) = folded else { break };
        if folded.operation == Operation::Update && earlier.kind != one.kind {
            folded.kind = pack.kind_of(&folded.entity_type, Operation::Update, &folded.payload);
        }
        if one.id != own {
            changes.delete(RowKey::Write(one.id.clone()));
        }
        one = folded;
        if pack.coalesce == Coalesce::Consecutive {
            break;
        }
    }
    if pack.coalesce == Coalesce::State && one.id != own {
        let sequence = one.sequence;
        let (key, created) = (one.key(), one.operation == Operation::Create);
        coalesce::reduce(entity, &mut one, |name| {
            value_below(replica, &key, sequence, name)
        });
        if one.payload.is_empty() && !created {
            changes.delete(RowKey::Write(one.id));
            return (changes, None);
        }
    }
    let queue_id = Some(one.id.clone());
    changes.put(Row::Write(Box::new(one)));
    (changes, queue_id)
}

/// What was created here, was never sent, and is deleted again, was never there: takes it and its edits out of the
/// queue, unless something else waits for it.
fn unmade(replica: &Replica, write: &QueuedWrite, changes: &mut Changes) -> bool {
    let key = write.key();
    let lane: Vec<&QueuedWrite> = replica.lane(&key).collect();
    let never_sent = lane
        .first()
        .is_some_and(|first| first.operation == Operation::Create)
        && lane.iter().all(|earlier| earlier.is_editable());
    let awaited = || {
        let others = replica.open_writes().filter(|other| other.key() != key);
        others
            .flat_map(|other| &other.depends_on)
            .any(|id| lane.iter().any(|own| own.id == *id))
    };
    let vanishes = write.operation == Operation::Delete && never_sent && !awaited();
    if vanishes {
        lane.iter()
            .for_each(|own| changes.delete(RowKey::Write(own.id.clone())));
    }
    vanishes
}

/// Whether the server would make of the folded write what it would make of them one by one: no choice skips a step that
/// its transitions demand, no return to the base is lost, nothing comes to wait for itself, and it is no larger than the
/// server takes.
fn is_sound(replica: &Replica, entity: &Entity, folded: &QueuedWrite) -> bool {
    let fits = validate(entity, folded.operation, &folded.payload, &folded.base).is_empty();
    let key = folded.key();
    let below = |name: &str| value_below(replica, &key, folded.sequence, name);
    let small = limits::oversized(&folded.payload).is_empty() && folded.coalesced.len() <= MAX_COALESCED;
    small
        && fits
        && !coalesce::returns_to_what_is_gone(entity, folded, below)
        && !folded.depends_on.iter().any(|id| waits_for(replica, id, folded))
}

/// A field's value beneath the write with this sequence: what the writes before it say, or else the mirror.
fn value_below(
    replica: &Replica,
    key: &crate::record::RecordKey,
    sequence: u64,
    name: &str,
) -> Option<Value> {
    let earlier = replica
        .lane(key)
        .filter(|write| write.sequence < sequence)
        .filter_map(|write| write.payload.get(name));
    let mirrored = || {
        let mirror = replica.mirror(key)?;
        Some(
            mirror
                .value(name)
                .map_or(Value::Null, std::borrow::Cow::into_owned),
        )
    };
    earlier.last().cloned().or_else(mirrored)
}
