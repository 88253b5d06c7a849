//! What to send next, and what a batch without an answer leaves behind (protocol W3, W13; drainer D3–D8).

use std::collections::BTreeMap;

use crate::{
    Timestamp,
    limits::{self, MAX_BATCH_BYTES, MAX_COALESCED, MAX_COALESCED_IN_BATCH},
    ordered,
    protocol::{ErrorCode, PushRequest, WireError},
    queue::{QueuedWrite, WriteStatus, lanes, retry},
    record::RecordKey,
    replica::Replica,
    store::{Changes, Row, SyncRow},
    watchdog,
};

/// A push to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub request: PushRequest,
    /// Queue ids, in the order of the operations.
    pub queue_ids: Vec<String>,
}

/// Chooses the next batch and marks its writes as being sent; `None` if nothing is ready.
pub fn batch(replica: &Replica, now: Timestamp) -> Option<(Changes, Batch)> {
    let device_id = replica.device()?.device_id.clone();
    let order = lanes::sending_order(replica.writes(), now);
    let chosen = fitting(order, replica.sync().batch_limit.max(1));
    if chosen.is_empty() {
        return None;
    }
    let mut changes = Changes::default();
    let mut operations = Vec::with_capacity(chosen.len());
    let mut last_of: BTreeMap<RecordKey, &str> = BTreeMap::new();
    for write in &chosen {
        let predecessor = last_of.insert(write.key(), &write.id);
        operations.push(write.to_operation(predecessor));
        let mut sending = (*write).clone();
        sending.status = WriteStatus::Syncing;
        sending.sent = true;
        sending.last_attempt_at = Some(now);
        changes.put(Row::Write(Box::new(sending)));
    }
    if watchdog::is_broken_off(replica, now) {
        changes.put(Row::Sync(SyncRow {
            in_vain_since: None,
            ..replica.sync().clone()
        }));
    }
    // What was settled before this batch, or is not in it, holds nothing up.
    let together = ordered::set(chosen.iter().map(|write| write.id.as_str()));
    for operation in &mut operations {
        operation.depends_on.retain(|id| together.contains(id.as_str()));
    }
    let queue_ids = chosen.iter().map(|write| write.id.clone()).collect();
    let request = PushRequest {
        device_id,
        pack_versions: replica.packs().versions(),
        cursor: replica.cursor().map(|row| row.cursor.clone()),
        receipt: replica.sync().receipt.clone(),
        by_position: true,
        stamps: true,
        operations,
    };
    Some((changes, Batch { request, queue_ids }))
}

/// The first of them that one request may carry; one at least.
fn fitting(order: Vec<&QueuedWrite>, limit: usize) -> Vec<&QueuedWrite> {
    let (mut bytes, mut keys, mut first) = (0, 0, true);
    let mut fits = |write: &&QueuedWrite| {
        bytes += limits::size(&write.payload) + limits::size(&write.base);
        keys += write.coalesced.len().min(MAX_COALESCED);
        std::mem::take(&mut first) || (bytes <= MAX_BATCH_BYTES && keys <= MAX_COALESCED_IN_BATCH)
    };
    order
        .into_iter()
        .take(limit)
        .take_while(|write| fits(write))
        .collect()
}

/// The server was not reached, or asked for patience: nothing is counted on any write.
pub fn batch_unanswered(replica: &Replica, queue_ids: &[String], reached: bool, now: Timestamp) -> Changes {
    let mut changes = back_to_pending(replica, queue_ids);
    if reached {
        let mut sync = replica.sync().clone();
        watchdog::tried_in_vain(&mut sync, now);
        changes.put(Row::Sync(sync));
    }
    changes
}

/// The server was reached and the batch failed whole. The batch is halved until one operation stands alone; that one
/// counts.
pub fn batch_failed(
    replica: &Replica,
    queue_ids: &[String],
    error: WireError,
    now: Timestamp,
    random: u64,
) -> Changes {
    let mut changes = back_to_pending(replica, queue_ids);
    let mut sync = replica.sync().clone();
    sync.whole_failures += 1;
    sync.last_error = Some(error.clone());
    watchdog::tried_in_vain(&mut sync, now);
    let wait = if let [alone] = queue_ids {
        sync.lone_failures += 1;
        if let Some(write) = replica.write(alone) {
            // If others failed alone just before, it is the server that is ill: this one steps aside, uncounted.
            let others_too = sync.lone_failures >= 2
                && replica
                    .open_writes()
                    .any(|other| other.id != *alone && other.not_before.is_some());
            let after = match others_too {
                true => aside(write, error, now, retry::wait_ms(sync.lone_failures, random)),
                false => counted(replica, write, error, now, random),
            };
            changes.put(Row::Write(Box::new(after)));
        }
        // The next write may well pass; if that one fails alone too, waiting helps more.
        if sync.lone_failures >= 2 {
            retry::wait_ms(sync.lone_failures - 1, random)
        } else {
            0
        }
    } else if sync.whole_failures >= 2 {
        // Each attempt narrows it down, so there is no point in waiting.
        sync.batch_limit = (queue_ids.len() / 2).max(1);
        0
    } else {
        retry::wait_ms(sync.whole_failures, random)
    };
    sync.hold_until = (wait > 0).then(|| retry::after(now, wait));
    changes.put(Row::Sync(sync));
    changes
}

fn back_to_pending(replica: &Replica, queue_ids: &[String]) -> Changes {
    let mut changes = Changes::default();
    for write in queue_ids
        .iter()
        .filter_map(|id| replica.write(id))
        .filter(|w| w.status == WriteStatus::Syncing)
    {
        changes.put(Row::Write(Box::new(QueuedWrite {
            status: WriteStatus::Pending,
            ..write.clone()
        })));
    }
    changes
}

/// The write after a failure that the server laid on it: to be tried again later, or a dead letter (W11, W12).
///
/// An answer that was cut off is counted for its waits alone: a bad line never makes a dead letter.
pub(super) fn counted(
    replica: &Replica,
    write: &QueuedWrite,
    error: WireError,
    now: Timestamp,
    random: u64,
) -> QueuedWrite {
    let attempts = replica
        .packs()
        .pack_of(&write.entity_type)
        .map_or(10, |pack| pack.attempts);
    let retries = write.retries + 1;
    let spent = retries >= attempts && error.code != ErrorCode::NetworkError;
    let again = QueuedWrite {
        retries,
        ..aside(write, error.clone(), now, retry::wait_ms(retries, random))
    };
    if spent || error.code == ErrorCode::ValidationError {
        QueuedWrite {
            status: WriteStatus::Failed,
            not_before: None,
            ..again
        }
    } else {
        again
    }
}

/// The write, to be tried again after a wait.
fn aside(write: &QueuedWrite, error: WireError, now: Timestamp, wait_ms: u64) -> QueuedWrite {
    QueuedWrite {
        status: WriteStatus::Pending,
        not_before: Some(retry::after(now, wait_ms)),
        last_error: Some(error),
        ..write.clone()
    }
}
