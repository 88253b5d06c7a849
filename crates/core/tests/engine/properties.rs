//! What holds for any queue.

use std::collections::BTreeMap;

use holdfast_core::{
    Timestamp,
    queue::{
        QueuedWrite, WriteStatus,
        lanes::{OVERTAKE_LIMIT, sending_order},
    },
};
use proptest::prelude::*;

use crate::lanes::write;

/// Any queue: writes of a few records, some failed, some waiting for an earlier one of another record.
fn queues() -> impl Strategy<Value = Vec<QueuedWrite>> {
    let one = (0u8..6, 1u8..=10, 0u8..12, any::<prop::sample::Index>());
    prop::collection::vec(one, 1..160).prop_map(|drawn| {
        let mut writes: Vec<QueuedWrite> = Vec::new();
        for (at, (record, priority, fate, earlier)) in drawn.into_iter().enumerate() {
            let mut next = write(at as u64 + 1, &format!("r{record}"), priority);
            if fate == 0 {
                next.status = WriteStatus::Failed;
            } else if fate < 4 && !writes.is_empty() {
                let parent = &writes[earlier.index(writes.len())];
                if parent.key() != next.key() {
                    next.depends_on.push(parent.id.clone());
                }
            }
            writes.push(next);
        }
        writes
    })
}

proptest! {
    #[test]
    fn a_record_keeps_its_order_and_nothing_passes_a_failed_write(writes in queues()) {
        let order = sending_order(&writes, Timestamp::UNIX_EPOCH);
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        for sent in &order {
            prop_assert!(last.insert(sent.entity_id.clone(), sent.sequence).is_none_or(|earlier| earlier < sent.sequence));
            let stopped = writes.iter().any(|other| {
                other.status == WriteStatus::Failed && other.key() == sent.key() && other.sequence < sent.sequence
            });
            prop_assert!(!stopped, "{} is behind a failed write", sent.id);
        }
    }

    #[test]
    fn what_a_write_depends_on_goes_before_it(writes in queues()) {
        let order = sending_order(&writes, Timestamp::UNIX_EPOCH);
        for (at, sent) in order.iter().enumerate() {
            for dependency in &sent.depends_on {
                prop_assert!(order[..at].iter().any(|earlier| earlier.id == *dependency));
            }
        }
    }

    #[test]
    fn everything_that_nothing_stops_is_sent_once(writes in queues()) {
        let order = sending_order(&writes, Timestamp::UNIX_EPOCH);
        let sent: std::collections::BTreeSet<&str> = order.iter().map(|write| write.id.as_str()).collect();
        prop_assert_eq!(sent.len(), order.len());
        for write in writes.iter().filter(|write| write.status != WriteStatus::Failed && !sent.contains(write.id.as_str())) {
            let lane = writes.iter().any(|o| o.key() == write.key() && o.sequence < write.sequence && !sent.contains(o.id.as_str()));
            let waits = write.depends_on.iter().any(|id| !sent.contains(id.as_str()));
            prop_assert!(lane || waits, "{} was left out without a reason", write.id);
        }
    }

    /// From the moment at which nothing of its own lane and nothing that it depends on is before it any more.
    #[test]
    fn no_lane_waits_for_more_than_fifty_later_ones(writes in queues()) {
        let order = sending_order(&writes, Timestamp::UNIX_EPOCH);
        let place = |id: &str| order.iter().position(|sent| sent.id == id);
        for (at, sent) in order.iter().enumerate() {
            let lane = order[..at].iter().rposition(|other| other.key() == sent.key());
            let parents = sent.depends_on.iter().filter_map(|id| place(id));
            let ready = parents.chain(lane).max().map_or(0, |last| last + 1);
            let overtakers = order[ready..at].iter().filter(|other| other.sequence > sent.sequence).count();
            prop_assert!(overtakers <= OVERTAKE_LIMIT, "{} was overtaken by {overtakers}", sent.id);
        }
    }

    #[test]
    fn no_write_that_could_go_is_overtaken_for_ever(priorities in prop::collection::vec(1u8..=10, 1..300)) {
        let writes: Vec<QueuedWrite> = priorities
            .iter()
            .enumerate()
            .map(|(at, priority)| write(at as u64 + 1, &format!("r{at}"), *priority))
            .collect();
        let order = sending_order(&writes, Timestamp::UNIX_EPOCH);
        for (at, sent) in order.iter().enumerate() {
            let overtakers = order[..at].iter().filter(|other| other.sequence > sent.sequence).count();
            // While several wait for their turn at the limit, each still goes before anything younger.
            prop_assert!(overtakers <= OVERTAKE_LIMIT, "{} was overtaken by {overtakers}", sent.id);
        }
    }
}
