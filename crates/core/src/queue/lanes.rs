//! Which writes go next.
//!
//! A *lane* is the open writes of one record in the order they were made. Between lanes priority decides; a lane takes
//! the highest priority it holds, and a lane that another waits for inherits that one's. So that nothing starves, a
//! lane whose head has been overtaken by [`OVERTAKE_LIMIT`] later writes goes before all priorities.

use std::collections::BTreeMap;

use super::{QueuedWrite, WriteStatus, retry};
use crate::{Timestamp, ordered, record::RecordKey};

/// How many writes that were queued later may be sent before a waiting one.
pub const OVERTAKE_LIMIT: usize = 50;

/// The open writes of one record.
#[derive(Debug)]
struct Lane<'a> {
    /// All of them, in order.
    writes: Vec<&'a QueuedWrite>,
    /// How many may be sent: up to the first that stands in the way.
    sendable: usize,
    priority: u8,
    next: usize,
}

impl<'a> Lane<'a> {
    fn of(writes: Vec<&'a QueuedWrite>, now: Timestamp) -> Self {
        let held = |write: &&QueuedWrite| {
            write.status == WriteStatus::Failed
                || write.not_before.is_some_and(|until| retry::is_ahead(until, now))
        };
        let sendable = writes.iter().position(held).unwrap_or(writes.len());
        let priorities = writes[..sendable].iter().map(|write| write.priority);
        Self {
            priority: priorities.min().unwrap_or(u8::MAX),
            sendable,
            next: 0,
            writes,
        }
    }

    fn head(&self) -> Option<&'a QueuedWrite> {
        self.writes[..self.sendable].get(self.next).copied()
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
    let mut sent = Sent::default();
    let mut open: BTreeMap<RecordKey, Vec<&QueuedWrite>> = BTreeMap::new();
    for write in writes {
        if write.is_open() {
            join(&mut open, write);
        } else {
            sent.add(write.sequence);
        }
    }
    let mut lanes: Vec<Lane<'_>> = open.into_values().map(|writes| Lane::of(writes, now)).collect();
    inherit_priorities(&mut lanes);
    let all = lanes.iter().flat_map(|lane| &lane.writes);
    let waiting = ordered::map(all.map(|write| (write.id.clone(), write.sequence)));
    let mut order = Vec::new();
    while let Some((lane, write)) = next(&lanes, &waiting, &sent) {
        lanes[lane].next += 1;
        sent.add(write.sequence);
        order.push(write);
    }
    order
}

fn join<'a>(lanes: &mut BTreeMap<RecordKey, Vec<&'a QueuedWrite>>, write: &'a QueuedWrite) {
    let key = write.key();
    match lanes.get_mut(&key) {
        None => {
            lanes.insert(key, vec![write]);
        }
        Some(lane) => {
            let place = lane.partition_point(|earlier| earlier.sequence < write.sequence);
            lane.insert(place, write);
        }
    }
}

/// Sequences of the writes that have gone, in order.
#[derive(Debug, Default)]
struct Sent(Vec<u64>);

impl Sent {
    fn add(&mut self, sequence: u64) {
        let place = self.0.partition_point(|earlier| *earlier < sequence);
        self.0.insert(place, sequence);
    }

    fn has(&self, sequence: u64) -> bool {
        self.0.binary_search(&sequence).is_ok()
    }

    /// How many have gone that were queued later.
    fn later(&self, sequence: u64) -> usize {
        self.0.len() - self.0.partition_point(|gone| *gone <= sequence)
    }
}

/// A lane is at least as urgent as any that waits for one of its writes.
fn inherit_priorities(lanes: &mut [Lane<'_>]) {
    let mut lane_of: BTreeMap<String, u64> = BTreeMap::new();
    for (at, lane) in lanes.iter().enumerate() {
        for write in &lane.writes {
            lane_of.insert(write.id.clone(), at as u64);
        }
    }
    let mut waits = Vec::new();
    for (child, lane) in lanes.iter().enumerate() {
        let dependencies = lane.writes.iter().flat_map(|write| &write.depends_on);
        let parents = dependencies.filter_map(|id| lane_of.get(id));
        waits.extend(parents.map(|parent| (child, *parent as usize)));
    }
    // A chain is at most as long as there are lanes; priorities only fall, so this ends.
    for _ in 0..lanes.len() {
        let mut changed = false;
        for &(child, parent) in &waits {
            let priority = lanes[child].priority;
            if lanes[parent].priority > priority {
                lanes[parent].priority = priority;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

/// The write that goes next, and its lane. `waiting`: the sequence of each open write by its id.
fn next<'a>(
    lanes: &[Lane<'a>],
    waiting: &BTreeMap<String, u64>,
    sent: &Sent,
) -> Option<(usize, &'a QueuedWrite)> {
    let mut first: Option<((u8, u64), usize, &QueuedWrite)> = None;
    for (at, lane) in lanes.iter().enumerate() {
        let Some(head) = lane.head() else { continue };
        let is_ahead = |id: &String| waiting.get(id).is_some_and(|sequence| !sent.has(*sequence));
        if head.depends_on.iter().any(is_ahead) {
            continue;
        }
        let overtaken = sent.later(head.sequence) >= OVERTAKE_LIMIT;
        let rank = (if overtaken { 0 } else { lane.priority }, head.sequence);
        if first.is_none_or(|(best, _, _)| rank < best) {
            first = Some((rank, at, head));
        }
    }
    first.map(|(_, lane, write)| (lane, write))
}
