//! A reader that goes on by `syncTimestamp` or by `cursor` is told every change at least once: under any clock, with writers
//! beside it, and across restarts of the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use holdfast_core::protocol::{Delta, Layout};
use holdfast_core::{Timestamp, timestamp};
use serde_json::json;

use super::{Dice, World, on_both};
use crate::records::starts;
use crate::records::version::{Author, NewVersion};
use crate::storage::memory::MemoryStorage;
use crate::storage::model::Act;
use crate::storage::port::Storage;
use crate::storage::sqlite::SqliteDatabase;
use crate::sync::delta::DeltaRequest;
use crate::sync::readers;

on_both!(
    any_clock_and_any_polls_miss_nothing,
    a_clock_set_back_hides_nothing_and_repeats_nothing,
    more_records_of_one_millisecond_than_a_page_are_read_by_time_alone,
    a_time_cut_to_milliseconds_repeats_and_misses_nothing,
    a_cursor_outlives_restarts_and_deletions,
);

const BEGINNING: &str = "2020-01-01T00:00:00Z";

/// After the people of the world were stored.
const BEGUN: i64 = 1_790_000_100_000;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_timestamp_millis(BEGUN + millis).unwrap()
}

/// One more version of an order, by a server whose clock shows `time`.
fn written(world: &World<impl Storage>, id: &str, time: Timestamp) -> u64 {
    let entity = world.packs.entity("order").unwrap();
    world.write(|tx| {
        let before = tx.record("order", id)?;
        let fields = json!({ "title": id, "finding": format!("{time} {}", tx.last_sequence()?), "owner": "tara", "siteId": "north" });
        let act = if before.is_some() { Act::Update } else { Act::Create };
        let version = NewVersion {
            entity,
            id,
            before: before.as_ref(),
            fields: super::object(fields),
            act,
            local_id: None,
            author: Author::server("test"),
            at: time,
        };
        Ok(version.write(tx)?.version)
    })
}

fn poll(world: &World<impl Storage>, since: &str, limit: usize) -> Delta {
    assert!(readers::asks(Some(since)), "{since}");
    let request = DeltaRequest {
        since: Some(since.to_owned()),
        entities: Some("orders".into()),
        limit: Some(limit),
        layout: Layout::Rows,
        receipt: None,
    };
    let page = world.act(&world.samir(), |tx, cx| readers::read(tx, cx, &request));
    super::heard(&page.unwrap_or_else(|refusal| panic!("{since}: {refusal:?}")))
}

/// As it is written to JSON, and sent back.
fn as_sent(time: Timestamp) -> String {
    serde_json::to_value(time).unwrap().as_str().unwrap().to_owned()
}

fn rows(page: &Delta) -> Vec<(String, u64)> {
    let rows = page.changes.records.get("orders").into_iter().flatten();
    rows.map(|row| (row.id("orderId").unwrap().to_owned(), row.version().unwrap()))
        .collect()
}

/// What a reader has, by id the newest version.
#[derive(Default)]
struct Reader {
    has: BTreeMap<String, u64>,
    told: usize,
}

impl Reader {
    fn hear(&mut self, page: &Delta) {
        for (id, version) in rows(page) {
            self.told += 1;
            let known = self.has.entry(id).or_default();
            *known = (*known).max(version);
        }
    }

    /// Polls until there is no more; the last page's time and cursor.
    fn catch_up(&mut self, world: &World<impl Storage>, since: &str, limit: usize, by_time: bool) -> String {
        let mut since = since.to_owned();
        for _ in 0..2_000 {
            let page = poll(world, &since, limit);
            self.hear(&page);
            since = if by_time {
                as_sent(page.sync_timestamp)
            } else {
                page.cursor
            };
            if !page.has_more {
                return since;
            }
        }
        panic!("it never ends: {since}");
    }
}

fn any_clock_and_any_polls_miss_nothing(world: World<impl Storage>) {
    for seed in 0..12 {
        let mut dice = Dice(seed);
        let (mut clock, mut newest) = (0_i64, BTreeMap::new());
        let start = as_sent(at(-10_000_000_000));
        let mut readers: Vec<(Reader, String, bool)> = [true, true, false]
            .map(|by_time| (Reader::default(), start.clone(), by_time))
            .into();
        for _ in 0..60 {
            match dice.roll(6) {
                0 => clock += i64::try_from(dice.roll(3)).unwrap(),
                1 => clock += i64::try_from(dice.roll(5_000_000)).unwrap(),
                2 => clock -= i64::try_from(dice.roll(9_000_000)).unwrap(),
                3 => {
                    let (reader, since, by_time) = &mut readers[dice.roll(3) as usize];
                    // One page, or one that is lost on its way.
                    let page = poll(&world, since, 1 + dice.roll(4) as usize);
                    if dice.roll(4) > 0 {
                        reader.hear(&page);
                        *since = if *by_time {
                            as_sent(page.sync_timestamp)
                        } else {
                            page.cursor
                        };
                    }
                }
                _ => {
                    let id = format!("WO-{seed:03}{:03}", dice.roll(12));
                    newest.insert(id.clone(), written(&world, &id, at(clock)));
                }
            }
        }
        for (mut reader, since, by_time) in readers {
            let end = reader.catch_up(&world, &since, 3, by_time);
            reader
                .has
                .retain(|id, _| id.starts_with(&format!("WO-{seed:03}")));
            assert_eq!(reader.has, newest, "seed {seed}, by time: {by_time}");
            assert_eq!(
                rows(&poll(&world, &end, 9)),
                [],
                "nothing comes twice: seed {seed}"
            );
        }
    }
}

fn a_clock_set_back_hides_nothing_and_repeats_nothing(world: World<impl Storage>) {
    for number in 0..50 {
        written(&world, &format!("WO-{number:06}"), at(number));
    }
    let mut reader = Reader::default();
    let since = reader.catch_up(&world, BEGINNING, 7, true);
    // A year back, longer than a page; also for records that were told before.
    for number in 30..90 {
        written(&world, &format!("WO-{number:06}"), at(number - 31_536_000_000));
    }
    reader.catch_up(&world, &since, 7, true);
    assert_eq!((reader.has.len(), reader.told), (90, 110));
}

fn more_records_of_one_millisecond_than_a_page_are_read_by_time_alone(world: World<impl Storage>) {
    for number in 0..40 {
        written(&world, &format!("WO-{number:06}"), at(7));
    }
    for limit in [1, 3, 39, 40, 41] {
        let mut reader = Reader::default();
        reader.catch_up(&world, BEGINNING, limit, true);
        assert_eq!((reader.has.len(), reader.told), (40, 40), "{limit}");
    }
}

fn a_time_cut_to_milliseconds_repeats_and_misses_nothing(world: World<impl Storage>) {
    let mut reader = Reader::default();
    let mut since = BEGINNING.to_owned();
    for number in 0..60 {
        // Some in one millisecond, some not.
        written(&world, &format!("WO-{number:06}"), at(number / 3));
        let page = poll(&world, &since, 100);
        reader.hear(&page);
        let millis = page.sync_timestamp.timestamp_millis();
        since = as_sent(Timestamp::from_timestamp_millis(millis).unwrap());
    }
    assert_eq!(reader.has.len(), 60);
    // An offset, and a finer clock than the server's.
    for since in ["2026-09-21T16:15:00.019+02:00", "2026-09-21T14:15:00.019000000Z"] {
        assert!(timestamp::parse(since) == Some(at(19)), "{since}");
        // Those of that millisecond, and one before them whose time in the log is later than its own.
        let told: Vec<String> = rows(&poll(&world, since, 100))
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        assert_eq!(
            told,
            ["WO-000056", "WO-000057", "WO-000058", "WO-000059"],
            "{since}"
        );
    }
}

fn a_cursor_outlives_restarts_and_deletions(world: World<impl Storage>) {
    for number in 0..20 {
        written(&world, &format!("WO-{number:06}"), at(number));
    }
    let (mut seen, mut since) = (BTreeSet::new(), BEGINNING.to_owned());
    loop {
        let page = poll(&world, &since, 3);
        seen.extend(rows(&page).into_iter().map(|(id, _)| id));
        since.clone_from(&page.cursor);
        if !page.has_more {
            break;
        }
        // Between two pages the server starts again, devices come, and the record at the cursor goes.
        world.act(&world.ada(), |tx, cx| starts::begin(tx, cx.rng));
        world.pull(&world.tara(), None, 5).unwrap();
        let (last, _) = rows(&page).pop().unwrap();
        let version = world.record("order", &last).version;
        world.push_one(
            &world.samir(),
            super::delete(&format!("del-{last}"), &last, version),
        );
    }
    assert_eq!(seen.len(), 20);
}

/// Writers on several threads with clocks of their own, which are read before they wait for their turn.
#[test]
fn a_reader_by_time_skips_nothing_under_concurrent_writers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    drop(World::new(SqliteDatabase::open(&path).unwrap()));
    for by_time in [true, false] {
        let (clock, done) = (AtomicI64::new(0), AtomicUsize::new(0));
        let reader = std::thread::scope(|scope| {
            for thread in 0..4_i64 {
                let world = World::new(SqliteDatabase::open(&path).unwrap());
                let (clock, done) = (&clock, &done);
                scope.spawn(move || {
                    for number in 0..25_i64 {
                        // Now and then the clock is set back by an hour.
                        let step = if number % 9 == 8 { -3_600_000 } else { number % 2 };
                        let now = at(clock.fetch_add(step, Ordering::SeqCst));
                        std::thread::yield_now();
                        written(&world, &format!("WO-{by_time}{thread}{number:03}"), now);
                    }
                    done.fetch_add(1, Ordering::SeqCst);
                });
            }
            let world = World::new(SqliteDatabase::open(&path).unwrap());
            let (mut reader, mut since) = (Reader::default(), BEGINNING.to_owned());
            while done.load(Ordering::SeqCst) < 4 {
                since = reader.catch_up(&world, &since, 7, by_time);
            }
            reader.catch_up(&world, &since, 7, by_time);
            reader
                .has
                .retain(|id, _| id.starts_with(&format!("WO-{by_time}")));
            reader
        });
        assert_eq!(reader.has.len(), 100, "by time: {by_time}");
    }
}

#[test]
fn both_storages_tell_the_same_times() {
    let folder = tempfile::tempdir().unwrap();
    let memory = World::new(MemoryStorage::default());
    let sqlite = World::new(SqliteDatabase::open(&folder.path().join("test.db")).unwrap());
    let mut dice = Dice(11);
    for number in 0..40 {
        let (id, time) = (
            format!("WO-{:06}", dice.roll(15)),
            at(i64::try_from(dice.roll(20)).unwrap() - number % 7),
        );
        written(&memory, &id, time);
        written(&sqlite, &id, time);
    }
    let last = memory.write(|tx| tx.last_sequence());
    for sequence in 0..=last + 1 {
        let times = [
            memory.write(|tx| tx.log_time(sequence)),
            sqlite.write(|tx| tx.log_time(sequence)),
        ];
        assert_eq!(times[0], times[1], "{sequence}");
    }
}
