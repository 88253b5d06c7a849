//! Order between and within lanes.

use holdfast_core::{
    Timestamp,
    queue::{
        QueuedWrite, WriteStatus,
        lanes::{OVERTAKE_LIMIT, sending_order},
    },
    record::Operation,
};

pub fn write(sequence: u64, record: &str, priority: u8) -> QueuedWrite {
    QueuedWrite {
        id: format!("w{sequence}"),
        client_mutation_id: format!("k{sequence}"),
        coalesced: Vec::new(),
        kind: "job_update".into(),
        domain: "works".into(),
        entity_type: "job".into(),
        entity_id: record.into(),
        operation: Operation::Update,
        payload: Default::default(),
        base: Default::default(),
        base_version: 1,
        seen_at: None,
        made_as: None,
        seen_references: Default::default(),
        priority,
        depends_on: Vec::new(),
        device_id: "device".into(),
        created_at: Timestamp::UNIX_EPOCH,
        clock_offset_ms: 0,
        sequence,
        status: WriteStatus::Pending,
        sent: false,
        retries: 0,
        last_error: None,
        last_attempt_at: None,
        not_before: None,
        synced_at: None,
        merged: Vec::new(),
    }
}

fn order(writes: &[QueuedWrite]) -> Vec<u64> {
    sending_order(writes, Timestamp::UNIX_EPOCH)
        .iter()
        .map(|write| write.sequence)
        .collect()
}

fn depends(write: QueuedWrite, on: u64) -> QueuedWrite {
    QueuedWrite {
        depends_on: vec![format!("w{on}")],
        ..write
    }
}

#[test]
fn the_most_urgent_goes_first_and_equals_in_local_order() {
    assert_eq!(
        order(&[write(1, "a", 5), write(2, "b", 1), write(3, "c", 5)]),
        [2, 1, 3]
    );
}

#[test]
fn a_record_keeps_its_order_and_takes_its_highest_priority() {
    assert_eq!(
        order(&[write(1, "a", 9), write(2, "b", 5), write(3, "a", 1)]),
        [1, 3, 2]
    );
}

#[test]
fn a_lane_that_others_wait_for_inherits_their_urgency() {
    let urgent = depends(write(3, "c", 1), 1);
    assert_eq!(order(&[write(1, "a", 10), write(2, "b", 5), urgent]), [1, 3, 2]);
}

#[test]
fn urgency_is_inherited_along_a_chain() {
    let middle = depends(write(2, "b", 10), 1);
    let urgent = depends(write(4, "d", 1), 2);
    assert_eq!(
        order(&[write(1, "a", 10), middle, write(3, "c", 5), urgent]),
        [1, 2, 4, 3]
    );
}

#[test]
fn a_failed_write_stops_its_lane_and_what_waits_for_it_alone() {
    let failed = QueuedWrite {
        status: WriteStatus::Failed,
        ..write(1, "a", 1)
    };
    let waits = depends(write(3, "c", 1), 1);
    assert_eq!(order(&[failed, write(2, "a", 1), waits, write(4, "d", 9)]), [4]);
}

#[test]
fn a_write_that_must_wait_holds_its_lane_up_until_then() {
    let later = Timestamp::UNIX_EPOCH + chrono::Duration::seconds(30);
    let waiting = QueuedWrite {
        not_before: Some(later),
        ..write(1, "a", 1)
    };
    let writes = [waiting, write(2, "a", 1), write(3, "b", 9)];
    assert_eq!(order(&writes), [3]);
    let then: Vec<u64> = sending_order(&writes, later)
        .iter()
        .map(|write| write.sequence)
        .collect();
    assert_eq!(then, [1, 2, 3]);
}

#[test]
fn a_wait_from_before_the_clock_was_set_back_is_over() {
    let absurd = Timestamp::UNIX_EPOCH + chrono::Duration::days(365);
    assert_eq!(
        order(&[QueuedWrite {
            not_before: Some(absurd),
            ..write(1, "a", 1)
        }]),
        [1]
    );
}

#[test]
fn what_a_dead_context_left_syncing_is_sent_again() {
    assert_eq!(
        order(&[QueuedWrite {
            status: WriteStatus::Syncing,
            sent: true,
            ..write(1, "a", 5)
        }]),
        [1]
    );
}

#[test]
fn a_settled_dependency_holds_nothing_up() {
    let settled = QueuedWrite {
        status: WriteStatus::Synced,
        ..write(1, "a", 5)
    };
    assert_eq!(order(&[settled, depends(write(2, "b", 5), 1)]), [2]);
}

#[test]
fn nobody_is_overtaken_by_more_than_fifty() {
    let mut writes = vec![write(1, "patient", 10)];
    writes.extend((2..=200).map(|sequence| write(sequence, &format!("r{sequence}"), 1)));
    let place = order(&writes).iter().position(|sequence| *sequence == 1).unwrap();
    assert_eq!(place, OVERTAKE_LIMIT);
}

#[test]
fn those_that_were_sent_before_count_as_having_overtaken() {
    let sent = |sequence| QueuedWrite {
        status: WriteStatus::Synced,
        ..write(sequence, &format!("r{sequence}"), 1)
    };
    let mut writes = vec![write(1, "patient", 10)];
    writes.extend((2..=51).map(sent));
    writes.push(write(60, "urgent", 1));
    assert_eq!(order(&writes), [1, 60]);
}
