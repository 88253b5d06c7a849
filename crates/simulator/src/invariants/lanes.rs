//! What a batch may hold, and in which order, judged from the queue as it is stored. Written down anew, and more simply
//! than in the engine: priorities are compared only between lanes that no dependency ties to others.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Timestamp,
    queue::{QueuedWrite, WriteStatus, lanes::OVERTAKE_LIMIT, retry::is_ahead},
    record::RecordKey,
    replica::Replica,
};

use super::Broken;
use crate::device::Device;

const ORDER: &str = "each record's writes are sent in order";
const OWN_LANE: &str = "a bad write stops its own lane";
const DEPENDENCIES: &str = "a write goes after what it depends on";
const URGENT: &str = "what is urgent goes first";
const STARVED: &str = "no write starves";

/// `queue_ids`: the writes that a commit marks as being sent, in that order.
pub fn broken(device: &Device, queue_ids: &[String]) -> Vec<Broken> {
    let (replica, name) = (device.replica(), &device.link.name);
    let batch: Vec<&QueuedWrite> = queue_ids.iter().filter_map(|id| replica.write(id)).collect();
    let mut broken = Vec::new();
    for (at, write) in batch.iter().enumerate() {
        let before: BTreeSet<&str> = batch[..at].iter().map(|write| write.id.as_str()).collect();
        for earlier in replica
            .lane(&write.key())
            .take_while(|w| w.sequence < write.sequence)
        {
            if !before.contains(earlier.id.as_str()) {
                let promise = if earlier.status == WriteStatus::Failed {
                    OWN_LANE
                } else {
                    ORDER
                };
                let what = format!(
                    "{name} sends {} of {} before {}",
                    write.id,
                    write.key(),
                    earlier.id
                );
                broken.push(Broken::new(promise, what));
            }
        }
        let open = |id: &&String| replica.write(id).is_some_and(QueuedWrite::is_open);
        for missing in write
            .depends_on
            .iter()
            .filter(open)
            .filter(|id| !before.contains(id.as_str()))
        {
            broken.push(Broken::new(
                DEPENDENCIES,
                format!("{name} sends {} before {missing}", write.id),
            ));
        }
    }
    // The device's own clock, when it chose.
    let chosen_at = batch.iter().filter_map(|write| write.last_attempt_at).max();
    broken.extend(passed_over(&replica, &batch, chosen_at.unwrap_or_default(), name));
    broken
}

/// The sendable writes of a lane that no dependency ties to others, in order.
fn free_lanes(replica: &Replica, now: Timestamp) -> BTreeMap<RecordKey, Vec<&QueuedWrite>> {
    let mut lanes: BTreeMap<RecordKey, Vec<&QueuedWrite>> = BTreeMap::new();
    let needed: BTreeSet<&String> = replica
        .open_writes()
        .flat_map(|write| &write.depends_on)
        .collect();
    let mut tied = BTreeSet::new();
    for write in replica.open_writes() {
        if needed.contains(&write.id) || !write.depends_on.is_empty() {
            tied.insert(write.key());
        }
        lanes.entry(write.key()).or_default().push(write);
    }
    lanes.retain(|key, _| !tied.contains(key));
    for lane in lanes.values_mut() {
        let waits = |write: &&QueuedWrite| {
            write.status == WriteStatus::Failed || write.not_before.is_some_and(|until| is_ahead(until, now))
        };
        let sendable = lane.iter().position(waits).unwrap_or(lane.len());
        lane.truncate(sendable);
    }
    lanes.retain(|_, lane| !lane.is_empty());
    lanes
}

/// Lanes that should have gone before what the batch holds.
fn passed_over(replica: &Replica, batch: &[&QueuedWrite], now: Timestamp, name: &str) -> Vec<Broken> {
    let lanes = free_lanes(replica, now);
    let urgency = |key: &RecordKey| {
        lanes
            .get(key)
            .and_then(|lane| lane.iter().map(|w| w.priority).min())
    };
    let mut gone: Vec<u64> = replica
        .writes()
        .filter(|write| !write.is_open())
        .map(|write| write.sequence)
        .collect();
    let mut next: BTreeMap<&RecordKey, usize> = BTreeMap::new();
    let mut broken = Vec::new();
    for write in batch {
        let overtaken = |head: &QueuedWrite| gone.iter().filter(|gone| **gone > head.sequence).count();
        let chosen = urgency(&write.key());
        for (key, lane) in &lanes {
            let Some(head) = lane.get(next.get(key).copied().unwrap_or(0)) else {
                continue;
            };
            if head.id == write.id {
                continue;
            }
            let later = overtaken(head);
            let own_turn = overtaken(write) >= OVERTAKE_LIMIT;
            if later > OVERTAKE_LIMIT && !own_turn {
                let what = format!(
                    "{name} sends {} though {later} later ones went before {}",
                    write.id, head.id
                );
                broken.push(Broken::new(STARVED, what));
            }
            if let (Some(chosen), Some(passed)) = (chosen, urgency(key))
                && passed < chosen
                && !own_turn
            {
                let what = format!(
                    "{name} sends {} of {} (priority {chosen}) before {} of {key} (priority {passed})",
                    write.id,
                    write.key(),
                    head.id
                );
                broken.push(Broken::new(URGENT, what));
            }
        }
        gone.push(write.sequence);
        if let Some((key, _)) = lanes.get_key_value(&write.key()) {
            *next.entry(key).or_default() += 1;
        }
    }
    broken
}
