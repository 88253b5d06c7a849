//! The audit's hash chain, against somebody who reaches the database past the server.

use serde_json::json;

use super::{World, update};
use crate::storage::port::{Organisation, Storage, StorageError};
use crate::storage::sqlite::SqliteDatabase;
use crate::sync::audit::chain::{self, Broken, Chain};

const ENTRIES: usize = 5;

/// tara's changes give way to samir's, again and again: an audit of as many entries.
fn quarrel(world: &World<impl Storage>) {
    world.given(
        "order",
        "WO-1",
        json!({ "title": "Leak", "owner": "tara", "siteId": "north" }),
    );
    for round in 0..ENTRIES {
        let (first, second) = (format!("s{round}"), format!("t{round}"));
        let seen = 1 + round as u64;
        world.push_one(
            &world.samir(),
            update(&first, "WO-1", seen, json!({ "plan": first })),
        );
        world.push_one(
            &world.tara(),
            update(&second, "WO-1", seen, json!({ "plan": second })),
        );
    }
    assert_eq!(world.audit_count(), ENTRIES);
}

fn verify(storage: &impl Storage, noted: Option<&str>) -> Result<Chain, Broken> {
    storage
        .read::<_, StorageError>(Organisation::ONLY, |tx| chain::verify(tx, noted))
        .unwrap()
}

#[test]
fn an_untouched_chain_holds_and_a_noted_head_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(SqliteDatabase::open(&folder.path().join("test.db")).unwrap());
    let empty = verify(&world.storage, None).unwrap();
    assert_eq!((empty.entries, empty.head), (0, None));
    quarrel(&world);
    let chain = verify(&world.storage, None).unwrap();
    assert_eq!((chain.entries, chain.unchained), (ENTRIES, 0));
    let head = chain.head.unwrap();
    world.push_one(&world.samir(), update("s", "WO-1", 6, json!({ "plan": "last" })));
    world.push_one(&world.tara(), update("t", "WO-1", 6, json!({ "plan": "lost" })));
    assert_eq!(verify(&world.storage, Some(&head)).unwrap().entries, ENTRIES + 1);
}

#[test]
fn whatever_is_changed_past_the_server_breaks_the_chain_at_its_first_entry() {
    let broken = |number: u64, sql: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let world = World::new(SqliteDatabase::open(&path).unwrap());
        quarrel(&world);
        let intruder = rusqlite::Connection::open(&path).unwrap();
        intruder.execute_batch(sql).unwrap();
        match verify(&world.storage, None).unwrap_err() {
            Broken::Link { number: found, .. } => assert_eq!(found, number, "{sql}"),
            other => panic!("{sql}: {other}"),
        }
    };
    let table = [
        (
            2,
            "UPDATE audit SET entry = replace(entry, 's1', 'x1') WHERE number = 2",
        ),
        (3, "UPDATE audit SET user_id = 'jonas' WHERE number = 3"),
        (1, "UPDATE audit SET at = at + 1 WHERE number = 1"),
        (3, "DELETE FROM audit WHERE number = 2"),
        (2, "DELETE FROM audit WHERE number = 1"),
        (4, "UPDATE audit SET hash = '' WHERE number = 4"),
        (3, "UPDATE audit SET hash = '' WHERE number <= 2"),
        (
            6,
            "INSERT INTO audit (id, at, entity, record_id, user_id, entry, hash) \
             SELECT 'x', at, entity, record_id, user_id, entry, hash FROM audit WHERE number = 5",
        ),
    ];
    for (number, sql) in table {
        broken(number, sql);
    }
}

#[test]
fn a_tail_that_was_cut_off_is_missed_by_whoever_noted_the_head() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let world = World::new(SqliteDatabase::open(&path).unwrap());
    quarrel(&world);
    let head = verify(&world.storage, None).unwrap().head.unwrap();
    let intruder = rusqlite::Connection::open(&path).unwrap();
    intruder
        .execute_batch("DELETE FROM audit WHERE number = 5")
        .unwrap();
    assert!(verify(&world.storage, None).is_ok());
    assert_eq!(verify(&world.storage, Some(&head)), Err(Broken::Head(head)));
}
