//! `GET /sync/delta` for readers that are no devices.

use holdfast_core::protocol::{Delta, Layout};
use serde_json::json;

use super::{World, on_both};
use crate::records::version::{Author, NewVersion};
use crate::storage::model::Act;
use crate::storage::port::Storage;
use crate::sync::delta::DeltaRequest;
use crate::sync::{Caller, Refusal, readers};

on_both!(
    records_of_one_millisecond_are_parted,
    a_reader_may_ask_by_time_alone,
    what_changes_between_two_pages_comes_again,
    a_request_looks_at_only_so_many_records,
    a_position_is_of_one_history,
);

/// As an import stores them: all at one time.
fn imported(world: &World<impl Storage>, from: usize, count: usize, owner: &str) {
    let (entity, at) = (world.packs.entity("order").unwrap(), world.now());
    world.write(|tx| {
        for number in from..from + count {
            let fields = super::object(json!({ "title": format!("{number}"), "owner": owner, "siteId": "north" }));
            let (id, author) = (format!("WO-{number:06}"), Author::server("import"));
            let version = NewVersion { entity, id: &id, before: None, fields, act: Act::Create, local_id: None, author, at };
            version.write(tx)?;
        }
        Ok(())
    });
}

fn read(world: &World<impl Storage>, caller: &Caller, since: &str, limit: usize) -> Result<Delta, Refusal> {
    assert!(readers::asks(Some(since)));
    let request = DeltaRequest { since: Some(since.into()), entities: Some("orders".into()), limit: Some(limit), layout: Layout::Rows, receipt: None };
    let page = world.act(caller, |tx, cx| readers::read(tx, cx, &request));
    page.map(|page| super::heard(&page))
}

fn ids(page: &Delta) -> Vec<String> {
    let rows = page.changes.records.get("orders");
    rows.into_iter().flatten().map(|row| row.id("orderId").unwrap().to_owned()).collect()
}

const BEGINNING: &str = "2020-01-01T00:00:00Z";

/// All that comes by cursors; no page is larger than its limit.
fn by_cursor(world: &World<impl Storage>, caller: &Caller, limit: usize) -> Vec<String> {
    let (mut since, mut seen) = (BEGINNING.to_owned(), Vec::new());
    for _ in 0..100 {
        let page = read(world, caller, &since, limit).unwrap();
        assert!(ids(&page).len() <= limit);
        seen.extend(ids(&page));
        since = page.cursor;
        if !page.has_more {
            assert_eq!(ids(&read(world, caller, &since, limit).unwrap()), [""; 0], "that was all");
            return seen;
        }
    }
    panic!("it never ends");
}

fn expected(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("WO-{number:06}")).collect()
}

fn records_of_one_millisecond_are_parted(world: World<impl Storage>) {
    imported(&world, 0, 25, "tara");
    imported(&world, 25, 5, "tara");
    for limit in [1, 4, 10, 29, 30, 31, 2_000] {
        assert_eq!(by_cursor(&world, &world.samir(), limit), expected(30), "{limit}");
    }
    let membership = world.write(|tx| tx.membership("samir-tablet", "order", "WO-000004"));
    assert_eq!(membership, None, "a reader is no device");
}

/// As long as no millisecond has more records than a page.
fn a_reader_may_ask_by_time_alone(world: World<impl Storage>) {
    for group in 0..6 {
        imported(&world, group * 4, 4, "tara");
    }
    for limit in [5, 6, 8, 13, 24] {
        let (mut since, mut seen) = (BEGINNING.to_owned(), std::collections::BTreeSet::new());
        for turn in 0.. {
            assert!(turn < 30, "it goes on");
            let page = read(&world, &world.samir(), &since, limit).unwrap();
            seen.extend(ids(&page));
            since = page.sync_timestamp.to_rfc3339();
            if !page.has_more {
                break;
            }
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected(24), "{limit}");
    }
}

fn what_changes_between_two_pages_comes_again(world: World<impl Storage>) {
    imported(&world, 0, 10, "tara");
    let samir = world.samir();
    let first = read(&world, &samir, BEGINNING, 4).unwrap();
    // One that was read, one that was not, and one that goes.
    for number in [2, 6] {
        world.given("order", &format!("WO-{number:06}"), json!({ "title": "changed" }));
    }
    world.push_one(&samir, super::delete("k", "WO-000005", 1));
    let second = read(&world, &samir, &first.cursor, 100).unwrap();
    let expected = [4, 7, 8, 9, 2, 6].map(|number| format!("WO-{number:06}"));
    assert!(!ids(&second).contains(&"WO-000005".into()));
    assert_eq!(ids(&second)[..4], expected[..4]);
    assert!(expected.iter().all(|id| ids(&second).contains(id)), "{:?}", ids(&second));
}

fn a_request_looks_at_only_so_many_records(world: World<impl Storage>) {
    imported(&world, 0, 20, "jonas");
    imported(&world, 20, 1, "tara");
    let (mut since, mut seen, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let page = world.act(&world.tara(), |tx, cx| readers::tests::page_looking_at(tx, cx, &since, 10, 5));
        let page: Delta = super::heard(&page);
        pages += 1;
        assert!(pages < 20);
        seen.extend(ids(&page));
        since = page.cursor;
        if !page.has_more {
            break;
        }
    }
    assert_eq!((seen, pages > 4), (vec!["WO-000020".to_owned()], true));
}

fn a_position_is_of_one_history(world: World<impl Storage>) {
    imported(&world, 0, 3, "tara");
    let (samir, epoch) = (world.samir(), || world.write(|tx| tx.meta("epoch")));
    world.pull(&samir, None, 10).unwrap();
    let page = read(&world, &samir, BEGINNING, 2).unwrap();
    let (before, last) = (epoch(), world.write(|tx| tx.last_sequence()));
    let (history, _) = page.cursor.rsplit_once('.').unwrap();
    for forged in [format!("{history}.{}", last + 1), format!("{history}.{}", u64::MAX), "reader.another.1".into(), "reader..1".into()] {
        assert_eq!(read(&world, &samir, &forged, 10).unwrap_err().status, 410, "{forged}");
    }
    assert_eq!(epoch(), before, "no reader begins an epoch");
    assert!(read(&world, &samir, &format!("{history}.{last}"), 10).is_ok());
    assert_eq!(read(&world, &samir, BEGINNING, 0).unwrap_err().status, 400);
    assert_eq!(read(&world, &samir, BEGINNING, 2_001).unwrap_err().status, 400);
}
