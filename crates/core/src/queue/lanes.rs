//! Which writes go next.
//!
//! A *lane* is the open writes of one record in the order they were made. Between lanes priority decides; a lane takes
//! the highest priority it holds, and a lane that another waits for inherits that one's. So that nothing starves, a
//! lane whose head has been overtaken by [`OVERTAKE_LIMIT`] later writes goes before all priorities.

use std::collections::{BTreeMap, BTreeSet};

use super::{QueuedWrite, WriteStatus, retry};
use crate::{Timestamp, ordered, record::RecordKey};

/// How many writes that were queued later may be sent before a waiting one.
pub const OVERTAKE_LIMIT: usize = 50;

#[derive(Debug)]
struct Lane<'a> {
    /// What may be sent, in order: up to the first write that stands in the way.
    sendable: Vec<&'a QueuedWrite>,
    priority: u8,
    next: usize,
}

impl<'a> Lane<'a> {
    fn head(&self) -> Option<&'a QueuedWrite> {
        self.sendable.get(self.next).copied()
    }
}

/// The writes that may be sent now, in sending order.
///
/// `writes` are all writes of the device, settled ones too: those tell who has overtaken whom. A failed write stops
/// its lane; one that must wait (`not_before`) or whose dependency is stopped holds it up.
pub fn sending_order<'a>(
    writes: impl IntoIterator<Item = &'a QueuedWrite>,
    now: Timestamp,
) -> Vec<&'a QueuedWrite> {
    let (open, settled): (Vec<_>, Vec<_>) = writes.into_iter().partition(|write| write.is_open());
    let mut sent = ordered::set(settled.iter().map(|write| write.sequence));
    let mut lanes = lanes_of(&open, now);
    inherit_priorities(&mut lanes, &open);
    let mut waiting = ordered::set(open.iter().map(|write| write.id.as_str()));
    let mut order = Vec::new();
    while let Some(key) = next_lane(&lanes, &waiting, &sent) {
        let Some(lane) = lanes.get_mut(&key) else { break };
        let Some(write) = lane.head() else { break };
        lane.next += 1;
        waiting.remove(write.id.as_str());
        sent.insert(write.sequence);
        order.push(write);
    }
    order
}

fn lanes_of<'a>(open: &[&'a QueuedWrite], now: Timestamp) -> BTreeMap<RecordKey, Lane<'a>> {
    let mut by_record: BTreeMap<RecordKey, Vec<&'a QueuedWrite>> = BTreeMap::new();
    for write in open {
        let lane = by_record.entry(write.key()).or_default();
        let place = lane.partition_point(|earlier| earlier.sequence < write.sequence);
        lane.insert(place, write);
    }
    let held = |write: &QueuedWrite| {
        write.status == WriteStatus::Failed
            || write.not_before.is_some_and(|until| retry::is_ahead(until, now))
    };
    let lane = |writes: Vec<&'a QueuedWrite>| {
        let sendable: Vec<_> = writes.into_iter().take_while(|write| !held(write)).collect();
        let priority = sendable
            .iter()
            .map(|write| write.priority)
            .min()
            .unwrap_or(u8::MAX);
        Lane {
            sendable,
            priority,
            next: 0,
        }
    };
    ordered::map(by_record.into_iter().map(|(key, writes)| (key, lane(writes))))
}

/// A lane is at least as urgent as any that waits for one of its writes.
fn inherit_priorities(lanes: &mut BTreeMap<RecordKey, Lane<'_>>, open: &[&QueuedWrite]) {
    let lane_of = ordered::map(open.iter().map(|write| (write.id.as_str(), write.key())));
    let waits: Vec<(RecordKey, RecordKey)> = open
        .iter()
        .flat_map(|write| write.depends_on.iter().map(move |id| (write.key(), id)))
        .filter_map(|(child, id)| lane_of.get(id.as_str()).map(|parent| (child, parent.clone())))
        .collect();
    // A chain is at most as long as there are lanes; priorities only fall, so this ends.
    for _ in 0..lanes.len() {
        let mut changed = false;
        for (child, parent) in &waits {
            let Some(priority) = lanes.get(child).map(|lane| lane.priority) else {
                continue;
            };
            if let Some(lane) = lanes.get_mut(parent).filter(|lane| lane.priority > priority) {
                lane.priority = priority;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

fn next_lane(
    lanes: &BTreeMap<RecordKey, Lane<'_>>,
    waiting: &BTreeSet<&str>,
    sent: &BTreeSet<u64>,
) -> Option<RecordKey> {
    let ready = lanes
        .iter()
        .filter_map(|(key, lane)| lane.head().map(|head| (key, lane, head)));
    let ready = ready.filter(|(_, _, head)| !head.depends_on.iter().any(|id| waiting.contains(id.as_str())));
    let rank = |lane: &Lane<'_>, head: &QueuedWrite| {
        let overtaken = sent.range(head.sequence + 1..).take(OVERTAKE_LIMIT).count() >= OVERTAKE_LIMIT;
        let urgency = if overtaken { 0 } else { lane.priority };
        (urgency, head.sequence)
    };
    ready
        .min_by_key(|(_, lane, head)| rank(lane, head))
        .map(|(key, _, _)| key.clone())
}
