//! What a device brings back after the server lost history, and what its ids mean then.

use holdfast_core::{
    Timestamp,
    protocol::{ErrorCode, WireOperation},
};
use serde_json::json;

use super::cursors::{LOST, RESCAN, epoch_of, push_with, verdict};
use super::{World, create, delete, local, update};
use crate::records::starts;
use crate::storage::memory::MemoryStorage;
use crate::storage::port::{Organisation, Storage};
use crate::sync::Caller;

/// A world whose database is set back to `backup`, and started again, without anybody saying so.
fn restored(world: &World<MemoryStorage>, backup: &MemoryStorage) -> World<MemoryStorage> {
    let after = World::new(backup.backup());
    after.pass_days(1);
    after.draw_from(world);
    after.act(&after.tara(), |tx, cx| starts::begin(tx, cx.rng));
    after
}

#[test]
fn a_cursor_past_the_next_start_shows_a_lost_history() {
    let world = World::new(MemoryStorage::default());
    let (tara, jonas) = (world.tara(), world.jonas());
    let early = world.pull(&jonas, None, 100).unwrap().cursor;
    let backup = world.storage.backup();
    for number in 0..3 {
        let key = format!("k{number}");
        world.push_one(
            &tara,
            create(&key, &key, json!({ "title": "Lost", "siteId": "north" })),
        );
    }
    let late = world.pull(&tara, None, 100).unwrap().cursor;

    let after = restored(&world, &backup);
    let before = epoch_of(&after);
    assert_eq!(push_with(&after, &tara, &late), LOST);
    let begun = epoch_of(&after);
    assert_ne!(begun, before);
    // Whoever else knows the former epoch is told so, and nobody begins another one by it.
    for cursor in [&late, &early] {
        for caller in [&tara, &jonas] {
            let told = push_with(&after, caller, cursor);
            assert!(told == LOST || told == RESCAN, "{told:?}");
        }
    }
    assert_eq!(push_with(&after, &jonas, &early), LOST);
    assert_eq!(epoch_of(&after), begun);
    let fresh = after.push_one(
        &after.samir(),
        create("new", "new", json!({ "title": "New", "siteId": "north" })),
    );
    let number = |id: &str| id.strip_prefix("WO-").unwrap().parse::<u64>().unwrap();
    let given = number(fresh.entity_id.as_deref().unwrap());
    assert!(
        given > 10_000 && given % 10_000 == 1,
        "ids that may have been given out are skipped: {given}"
    );
}

#[test]
fn a_cursor_of_an_unknown_start_shows_a_lost_history_once() {
    let world = World::new(MemoryStorage::default());
    let (tara, jonas) = (world.tara(), world.jonas());
    world.pull(&tara, None, 100).unwrap();
    let backup = world.storage.backup();
    let mut cursors = Vec::new();
    for caller in [&tara, &jonas] {
        world.act(caller, |tx, cx| starts::begin(tx, cx.rng));
        let key = format!("of {}", caller.device_id);
        world.push_one(caller, create(&key, &key, json!({ "title": "Lost" })));
        cursors.push((caller, world.pull(caller, None, 100).unwrap().cursor));
    }
    let after = restored(&world, &backup);
    let mut epochs = vec![epoch_of(&after)];
    for (caller, cursor) in cursors.iter().chain(&cursors) {
        assert_eq!(verdict(after.pull(caller, Some(cursor), 100)), LOST);
        epochs.push(epoch_of(&after));
    }
    epochs.dedup();
    assert_eq!(
        epochs.len(),
        2,
        "two starts were lost together, and one epoch begins: {epochs:?}"
    );
}

#[test]
fn a_walk_past_the_end_shows_a_lost_history() {
    let world = World::new(MemoryStorage::default());
    let tara = world.tara();
    world.pull(&tara, None, 100).unwrap();
    let backup = world.storage.backup();
    for number in 0..3 {
        let key = format!("k{number}");
        world.push_one(
            &tara,
            create(&key, &key, json!({ "title": "Lost", "siteId": "north" })),
        );
    }
    let walking = world.pull(&tara, None, 1).unwrap();
    assert!(walking.has_more);
    assert_eq!(
        push_with(&restored(&world, &backup), &tara, &walking.cursor),
        LOST
    );
}

#[test]
fn only_a_device_that_proved_it_brings_back_ids_of_the_lost_history() {
    let world = World::new(MemoryStorage::default());
    let (tara, samir) = (world.tara(), world.samir());
    world.pull(&tara, None, 100).unwrap();
    let backup = world.storage.backup();
    world.push_one(
        &tara,
        create("k", "l", json!({ "title": "Lost", "siteId": "north" })),
    );
    let proof = world.pull(&tara, None, 100).unwrap().cursor;

    let after = restored(&world, &backup);
    let offer = |caller: &Caller, key: &str, id: &str| {
        let given = after.push_one(
            caller,
            create(key, id, json!({ "title": "Offered", "siteId": "north" })),
        );
        given.entity_id.unwrap_or_else(|| id.to_owned())
    };
    assert_ne!(
        offer(&tara, "early", "WO-000120"),
        "WO-000120",
        "nothing was proved yet"
    );
    assert_eq!(push_with(&after, &tara, &proof), LOST);
    assert_ne!(offer(&samir, "k1", "WO-000120"), "WO-000120", "another device");
    assert_eq!(offer(&tara, "k2", "WO-000120"), "WO-000120");
    for beyond in ["WO-700000", "WO-0000120", "WO-120", "WO-+00120"] {
        let made = after.push_one(
            &tara,
            create(&format!("k-{beyond}"), beyond, json!({ "title": "x" })),
        );
        assert_ne!(made.entity_id.as_deref(), Some(beyond));
        assert!(
            after
                .storage
                .read(Organisation::ONLY, |tx| tx.record("order", beyond))
                .unwrap()
                .is_none(),
            "{beyond}"
        );
    }
    // Of the records that were there before the backup, none is replaced.
    let there = after.record("order", "WO-000120");
    offer(&tara, "k3", "WO-000120");
    assert_eq!(after.record("order", "WO-000120").version, there.version);
}

/// A world that was set back without a word, lost "WO-…1" of tara's, and gave the same id to samir's record since.
fn given_out_twice() -> (World<MemoryStorage>, String, Timestamp, String) {
    let world = World::new(MemoryStorage::default());
    let (tara, samir) = (world.tara(), world.samir());
    world.pull(&tara, None, 100).unwrap();
    let backup = world.storage.backup();
    let fields = json!({ "title": "Lost", "siteId": "north" });
    let made = world.push_one(&tara, create("k", &local("lost"), fields));
    let id = made.entity_id.unwrap();
    let seen_at = world.record("order", &id).updated_at;
    let proof = world.pull(&tara, None, 100).unwrap().cursor;
    let after = restored(&world, &backup);
    let fields = json!({ "title": "Another", "siteId": "north" });
    let again = after.push_one(&samir, create("other", &local("other"), fields));
    assert_eq!(again.entity_id.as_deref(), Some(id.as_str()));
    (after, id, seen_at, proof)
}

#[test]
fn a_change_of_a_lost_record_never_reaches_another_under_its_id() {
    let (world, id, seen_at, _) = given_out_twice();
    let before = world.record("order", &id);
    let author = world.samir();
    for (key, operation) in [
        ("u", update("u", &id, 0, json!({ "title": "Typed" }))),
        ("d", delete("d", &id, 0)),
    ] {
        let lost = WireOperation {
            seen_at: Some(seen_at),
            ..operation
        };
        let result = world.push_one(&author, lost);
        let code = result.error.map(|error| error.code);
        assert_eq!(code, Some(ErrorCode::NotFound), "{key}");
    }
    assert_eq!(world.record("order", &id), before);
    // Whoever saw the record that stands there now, changes it.
    let seen = WireOperation {
        seen_at: Some(before.updated_at),
        ..update("v", &id, 1, json!({ "title": "Typed" }))
    };
    assert_eq!(world.push_one(&author, seen).error, None);
}

#[test]
fn what_builds_on_a_record_that_came_back_under_another_id_is_sent_again() {
    let (world, id, seen_at, proof) = given_out_twice();
    let tara = world.tara();
    assert_eq!(push_with(&world, &tara, &proof), LOST);
    let offered = create("c", &id, json!({ "title": "Lost", "siteId": "north" }));
    let behind = WireOperation {
        seen_at: Some(seen_at),
        depends_on: vec!["c".into()],
        ..update("u", &id, 0, json!({ "title": "Typed" }))
    };
    let before = world.record("order", &id);
    let results = world.push(&tara, vec![offered, behind]);
    let fresh = results[0].entity_id.clone().unwrap();
    assert_ne!(fresh, id);
    let code = results[1].error.as_ref().map(|error| error.code);
    assert_eq!(code, Some(ErrorCode::DependencyFailed));
    assert_eq!(world.record("order", &id), before);
    let again = update("u", &fresh, 0, json!({ "title": "Typed" }));
    assert_eq!(world.push_one(&tara, again).error, None);
    assert_eq!(world.record("order", &fresh).fields["title"], "Typed");
}

#[test]
fn a_record_that_came_back_under_its_id_takes_the_changes_of_then() {
    let world = World::new(MemoryStorage::default());
    let tara = world.tara();
    world.pull(&tara, None, 100).unwrap();
    let backup = world.storage.backup();
    let fields = json!({ "title": "Lost", "siteId": "north" });
    let made = world.push_one(&tara, create("k", &local("lost"), fields.clone()));
    let id = made.entity_id.unwrap();
    let seen_at = world.record("order", &id).updated_at;
    let proof = world.pull(&tara, None, 100).unwrap().cursor;
    let after = restored(&world, &backup);
    assert_eq!(push_with(&after, &tara, &proof), LOST);
    let behind = WireOperation {
        seen_at: Some(seen_at),
        depends_on: vec!["c".into()],
        ..update("u", &id, 0, json!({ "title": "Typed" }))
    };
    after.push(&tara, vec![create("c", &id, fields), behind]);
    assert_eq!(after.record("order", &id).fields["title"], "Typed");
}
