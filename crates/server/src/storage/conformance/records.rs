//! Records at their current version, and their order in the change log.

use super::*;

conformance!(
    a_record_stands_in_the_log_once,
    ids_are_walked_in_order_by_entity,
    a_time_is_a_place_in_the_log,
);

fn a_record_stands_in_the_log_once(storage: &impl Storage) {
    write(storage, |tx| {
        put(tx, "order", "O-1", 1, "a")?;
        put(tx, "order", "O-2", 1, "b")?;
        put(tx, "asset", "A-1", 1, "c")?;
        put(tx, "order", "O-1", 2, "")
    });
    read(storage, |tx| {
        assert_eq!(titles(&tx.changes_after(0, 10)?), ["O-2:b", "A-1:c", "O-1:"]);
        assert_eq!(titles(&tx.changes_after(0, 2)?), ["O-2:b", "A-1:c"]);
        assert_eq!(titles(&tx.changes_after(3, 2)?), ["O-1:"]);
        assert!(tx.changes_after(4, 2)?.is_empty());
        Ok(())
    });
}

fn ids_are_walked_in_order_by_entity(storage: &impl Storage) {
    write(storage, |tx| {
        for (entity, id) in [("b", "2"), ("a", "9"), ("b", "1"), ("b", "3"), ("c", "0")] {
            put(tx, entity, id, 1, "x")?;
        }
        Ok(())
    });
    read(storage, |tx| {
        assert_eq!(titles(&tx.records_after("b", None, 10)?), ["1:x", "2:x", "3:x"]);
        assert_eq!(titles(&tx.records_after("b", Some("1"), 1)?), ["2:x"]);
        assert!(tx.records_after("b", Some("3"), 1)?.is_empty());
        Ok(())
    });
}

/// Times of the log rise with the position, also where the clock stands still or goes back.
fn a_time_is_a_place_in_the_log(storage: &impl Storage) {
    let written = |id: &str, seconds: i64| {
        write(storage, |tx| {
            let version = tx.record("order", id)?.map_or(1, |record| record.version + 1);
            put_at(tx, ("order", id), version, id, at(seconds))
        });
    };
    assert_eq!(read(storage, |tx| tx.position_at(at(1_000))), 0);
    assert_eq!(read(storage, |tx| tx.log_time(0)), None);
    let clock = [10, 30, 20, 30, 30, 31, 5];
    for (number, seconds) in clock.into_iter().enumerate() {
        written(&format!("O-{number}"), seconds);
    }
    // What moved on in the log leaves its former place to nothing else.
    written("O-0", 6);
    for (seconds, position) in [
        (9, 0),
        (10, 0),
        (11, 1),
        (29, 1),
        (30, 1),
        (31, 5),
        (32, 8),
        (999, 8),
    ] {
        assert_eq!(
            read(storage, |tx| tx.position_at(at(seconds))),
            position,
            "{seconds}"
        );
    }
    let times: Vec<_> = (1..=8)
        .filter_map(|sequence| read(storage, |tx| tx.log_time(sequence)))
        .collect();
    assert!(times.len() == 8 && times.is_sorted_by(|a, b| a < b), "{times:?}");
    let just_before = |time: holdfast_core::Timestamp| time - chrono::TimeDelta::microseconds(1);
    for (sequence, time) in (1..).zip(times) {
        assert_eq!(read(storage, |tx| tx.position_at(time)), sequence);
        assert_eq!(
            read(storage, |tx| tx.position_at(just_before(time))),
            sequence - 1
        );
    }
}
