//! Writers and readers at once, and what is there after reopening.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use holdfast_core::Timestamp;

use super::*;
use crate::storage::fixtures::user;

conformance!(
    writers_at_once_give_each_position_once_and_leave_none_out,
    a_position_that_was_seen_gains_no_earlier_entry,
    a_snapshot_stays_what_it_was,
    counters_and_versions_are_never_torn_apart,
);

const WRITERS: usize = 4;
const WRITES: usize = 25;

/// One new record, in a transaction of its own; gives its position.
fn add(storage: &impl Storage, id: &str) -> u64 {
    write(storage, |tx| Ok(put(tx, "order", id, 1, id)?.sequence))
}

/// Runs the writers, each on a thread and with a number of its own, and `reader` on this one until they are done.
fn beside_writers<S: Storage + Sync>(storage: &S, work: impl Fn(&S, usize) + Sync, mut reader: impl FnMut()) {
    let work = &work;
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || work(storage, writer)))
            .collect();
        while !writers.iter().all(thread::ScopedJoinHandle::is_finished) {
            reader();
        }
    });
    reader();
}

fn add_many(storage: &impl Storage, writer: usize) {
    for number in 0..WRITES {
        add(storage, &format!("{writer}-{number}"));
    }
}

/// Every position of the log, by asking for all that is behind each.
fn positions(tx: &dyn Transaction, after: u64) -> Result<Vec<u64>> {
    let changes = tx.changes_after(after, usize::MAX >> 1)?;
    Ok(changes.iter().map(|record| record.sequence).collect())
}

fn writers_at_once_give_each_position_once_and_leave_none_out<S: Storage + Sync>(storage: &S) {
    let given = Mutex::new(Vec::new());
    let work = |storage: &S, writer: usize| {
        for number in 0..WRITES {
            let position = add(storage, &format!("{writer}-{number}"));
            given.lock().unwrap().push(position);
        }
    };
    beside_writers(storage, work, || {});
    let mut given = given.into_inner().unwrap();
    given.sort_unstable();
    let all: Vec<u64> = (1..=(WRITERS * WRITES) as u64).collect();
    assert_eq!(given, all, "as told to the writers");
    assert_eq!(read(storage, |tx| positions(tx, 0)), all, "as stored");
    assert_eq!(read(storage, |tx| tx.last_sequence()), all.len() as u64);
    let times: Vec<Timestamp> = all
        .iter()
        .filter_map(|position| read(storage, |tx| tx.log_time(*position)))
        .collect();
    assert!(times.len() == all.len() && times.is_sorted_by(|a, b| a < b));
}

fn a_position_that_was_seen_gains_no_earlier_entry(storage: &(impl Storage + Sync)) {
    let mut seen: Vec<u64> = Vec::new();
    let follow = || {
        let now = read(storage, |tx| {
            let all = positions(tx, 0)?;
            assert_eq!(tx.last_sequence()?, all.len() as u64, "no gap at any time");
            Ok(all)
        });
        assert!(now.starts_with(&seen), "{seen:?}, then {now:?}");
        let later = read(storage, |tx| positions(tx, seen.len() as u64));
        assert!(later.is_empty() || later[0] == seen.len() as u64 + 1);
        seen = now;
    };
    beside_writers(storage, add_many, follow);
    assert_eq!(seen.len(), WRITERS * WRITES);
}

fn a_snapshot_stays_what_it_was(storage: &(impl Storage + Sync)) {
    let looked = || {
        read(storage, |tx| {
            let (last, ends) = (tx.last_sequence()?, positions(tx, 0)?);
            thread::yield_now();
            assert_eq!((tx.last_sequence()?, positions(tx, 0)?), (last, ends));
            Ok(())
        });
    };
    beside_writers(storage, add_many, looked);
}

/// A transaction writes its version, its counter and its account together, or a reader sees none of them.
fn counters_and_versions_are_never_torn_apart<S: Storage + Sync>(storage: &S) {
    let count = |tx: &dyn Transaction| -> Result<u64> {
        let counted = tx.meta("counted")?;
        Ok(counted.map_or(0, |text| text.parse().unwrap()))
    };
    let work = |storage: &S, writer: usize| {
        for number in 0..WRITES {
            let id = format!("{writer}-{number}");
            let fails = number % 5 == 4;
            let done: Result<()> = storage.write(Organisation::ONLY, |tx| {
                let counted = count(tx)? + 1;
                tx.put_meta("counted", &counted.to_string())?;
                put(tx, "order", &id, 1, &id)?;
                tx.identity_mut()?.save_user(&user(&id))?;
                match fails {
                    true => Err(StorageError::Inconsistent("on purpose".into())),
                    false => Ok(()),
                }
            });
            assert_eq!(done.is_err(), fails);
        }
    };
    let look = || {
        read(storage, |tx| {
            let (counted, last) = (count(tx)?, tx.last_sequence()?);
            let users = tx.identity().users()?.len() as u64;
            assert_eq!((counted, users), (last, last));
            Ok(())
        });
    };
    beside_writers(storage, work, look);
    assert_eq!(read(storage, count), (WRITERS * WRITES * 4 / 5) as u64);
}

/// Committed transactions survive closing the database while writers are active; failed ones leave nothing.
#[test]
fn what_a_write_returned_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    for round in 0..3 {
        let database = SqliteDatabase::open(&path).unwrap();
        let (told, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (database, told, stop) = (&database, &told, &stop);
                scope.spawn(move || {
                    for number in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let id = format!("{round}-{writer}-{number}");
                        let position = add(database, &id);
                        told.lock().unwrap().push((position, id));
                    }
                });
            }
            while told.lock().unwrap().len() < 20 {
                thread::yield_now();
            }
            stop.store(true, Ordering::Relaxed);
        });
        let unfinished: Result<()> = database.write(Organisation::ONLY, |tx| {
            put(tx, "order", "unfinished", 1, "x")?;
            Err(StorageError::Injected)
        });
        assert!(unfinished.is_err());
        drop(database);
        let reopened = SqliteDatabase::open(&path).unwrap();
        for (position, id) in told.into_inner().unwrap() {
            let found = read(&reopened, |tx| tx.record("order", &id)).unwrap();
            assert_eq!(found.sequence, position, "{id}");
        }
        assert_eq!(read(&reopened, |tx| tx.record("order", "unfinished")), None);
        let all = read(&reopened, |tx| positions(tx, 0));
        assert!(all.iter().copied().eq(1..=all.len() as u64));
    }
}

/// Two servers' worth of handles on one file, as an import beside a running server.
#[test]
fn a_commit_is_seen_by_every_later_read_of_another_handle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let (one, other) = (
        SqliteDatabase::open(&path).unwrap(),
        SqliteDatabase::open(&path).unwrap(),
    );
    for number in 0..20 {
        let (writer, reader) = if number % 2 == 0 {
            (&one, &other)
        } else {
            (&other, &one)
        };
        let position = add(writer, &format!("O-{number}"));
        assert_eq!(position, number + 1);
        assert_eq!(read(reader, |tx| tx.last_sequence()), position);
    }
}
