//! Pages that are made on a snapshot: what happens between it and the write, and how much one request looks at.

use holdfast_core::protocol::Delta;
use serde_json::json;

use super::{World, create, device::Device, heard, on_both};
use crate::records::epoch;
use crate::storage::model::Membership;
use crate::storage::port::{Organisation, Storage, StorageError, Transaction};
use crate::sync::delta::DeltaRequest;
use crate::sync::prepared::prepare;
use crate::sync::pull;
use crate::sync::{Caller, Context, dialogue};

on_both!(
    a_page_is_stored_as_it_was_made,
    what_is_no_news_is_stored_nowhere,
    a_write_of_the_device_in_between_is_heeded,
    an_epoch_that_begins_in_between_is_heeded,
    what_concerns_all_devices_is_left_to_a_write_transaction,
    a_request_looks_at_only_so_many_records,
    of_too_many_entity_sets_the_one_answered_longest_ago_is_forgotten,
    open_answers_say_only_so_much_together,
);

fn orders(world: &World<impl Storage>, count: usize, owner: &str) {
    for number in 0..count {
        let id = format!("WO-{owner}-{number:03}");
        world.given(
            "order",
            &id,
            json!({ "title": id, "owner": owner, "status": "open" }),
        );
    }
}

fn request(since: Option<&str>) -> DeltaRequest {
    DeltaRequest {
        since: since.map(str::to_owned),
        limit: Some(100),
        ..DeltaRequest::default()
    }
}

/// Makes a page on a snapshot, lets `between` happen, and stores the page.
fn with_between(
    world: &World<impl Storage>,
    caller: &Caller,
    since: Option<&str>,
    between: impl FnOnce(),
) -> Result<Delta, u16> {
    let cx = Context {
        stamps_alike: false,
        packs: &world.packs,
        rng: &world.random,
        now: world.now(),
        caller,
    };
    let request = request(since);
    let prepared = world.storage.read(Organisation::ONLY, |tx| {
        prepare(tx, &cx, |tx| pull::delta(tx, &cx, &request))
    });
    let prepared = prepared.unwrap().expect("a snapshot does");
    assert!(!prepared.is_final(), "there is something to store");
    between();
    let stored = world.storage.write(Organisation::ONLY, |tx| {
        prepared.store(tx, &cx, |tx| pull::delta(tx, &cx, &request))
    });
    stored
        .unwrap()
        .map(|delta| heard(&delta))
        .map_err(|refusal| refusal.status)
}

fn a_page_is_stored_as_it_was_made(world: World<impl Storage>) {
    orders(&world, 3, "tara");
    // The first request of all names the epoch, in a write transaction.
    world.pull(&world.samir(), None, 100).unwrap();
    let mut device = Device::new(world.tara());
    let others = || orders(&world, 2, "jonas");
    let page = with_between(&world, &device.caller, None, others).unwrap();
    device.apply(&world, &page);
    assert_eq!(device.holds("order").len(), 3);
    // What others wrote meanwhile comes with the next page.
    world.given("order", "WO-jonas-000", json!({ "owner": "tara" }));
    device.sync(&world, 100);
    assert_eq!(device.holds("order").len(), 4);
    device.agrees(&world);
}

fn what_is_no_news_is_stored_nowhere(world: World<impl Storage>) {
    orders(&world, 3, "tara");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    let pull = |since: Option<&str>| {
        let request = request(since);
        let (page, stored) = world.tell(&device.caller, |tx, cx| pull::delta(tx, cx, &request));
        (page.unwrap().cursor, stored)
    };
    let (cursor, stored) = pull(device.cursor.as_deref());
    assert!(stored, "the page of this cursor has arrived");
    assert_eq!(pull(Some(&cursor)), (cursor.clone(), false));
}

fn a_write_of_the_device_in_between_is_heeded(world: World<impl Storage>) {
    orders(&world, 2, "tara");
    let device = Device::new(world.tara());
    let first = world.pull(&device.caller, None, 100).unwrap();
    let made = std::cell::OnceCell::new();
    let writes = || {
        let order = create(
            "k1",
            "mine",
            json!({ "title": "Mine", "siteId": "north", "owner": "tara" }),
        );
        made.set(world.push_one(&device.caller, order).entity_id.unwrap())
            .unwrap();
    };
    orders(&world, 4, "tara");
    let page = with_between(&world, &device.caller, Some(&first.cursor), writes).unwrap();
    world.pull(&device.caller, Some(&page.cursor), 100).unwrap();
    let id = made.get().unwrap();
    let held = world.write(|tx| tx.membership(&device.caller.device_id, "order", id));
    assert_eq!(held, Some(Membership::Held));
    let held = world.write(|tx| tx.membership(&device.caller.device_id, "order", "WO-tara-003"));
    assert_eq!(held, Some(Membership::Held));
}

fn an_epoch_that_begins_in_between_is_heeded(world: World<impl Storage>) {
    orders(&world, 2, "tara");
    let tara = world.tara();
    let first = world.pull(&tara, None, 1).unwrap();
    let begins = || world.write(|tx| epoch::renew(tx, &world.random, &["order"]).map(drop));
    assert_eq!(
        with_between(&world, &tara, Some(&first.cursor), begins).unwrap_err(),
        410
    );
}

type Work = fn(&mut dyn Transaction) -> Result<(), StorageError>;

fn what_concerns_all_devices_is_left_to_a_write_transaction(world: World<impl Storage>) {
    let tara = world.tara();
    let cx = Context {
        stamps_alike: false,
        packs: &world.packs,
        rng: &world.random,
        now: world.now(),
        caller: &tara,
    };
    let works: [Work; 4] = [
        |tx| tx.put_meta("name", "value"),
        |tx| tx.put_membership("another device", "order", "1", Membership::Held),
        |tx| tx.put_answer("phone", "key", "{}"),
        |tx| tx.savepoint(),
    ];
    for work in works {
        let prepared = world
            .storage
            .read(Organisation::ONLY, |tx| prepare(tx, &cx, |tx| work(tx).map(Ok)));
        assert!(prepared.unwrap().is_none());
    }
    let failed = world.storage.read(Organisation::ONLY, |tx| {
        prepare::<()>(tx, &cx, |_| Err(StorageError::Injected))
    });
    assert!(
        matches!(failed, Err(StorageError::Injected)),
        "it is no reason to try again"
    );
}

fn a_request_looks_at_only_so_many_records(world: World<impl Storage>) {
    let mut device = Device::new(world.tara());
    let pull = |device: &mut Device| {
        let mut pages = 0;
        loop {
            let request = request(device.cursor.as_deref());
            let page = world.act(&device.caller, |tx, cx| pull::delta_within(tx, cx, &request, 5));
            let page: Delta = heard(&page.unwrap());
            pages += 1;
            assert!(pages < 40, "it gets on");
            assert!(page.changes.records.values().flatten().count() <= 5);
            device.apply(&world, &page);
            if !page.has_more {
                return pages;
            }
        }
    };
    orders(&world, 20, "jonas");
    orders(&world, 1, "tara");
    assert!(pull(&mut device) > 4, "a walk");
    assert_eq!(device.holds("order"), ["WO-tara-000"]);
    orders(&world, 20, "jonas");
    orders(&world, 2, "tara");
    assert!(pull(&mut device) > 4, "the log");
    assert_eq!(device.holds("order").len(), 2);
    device.agrees(&world);
}

fn of_too_many_entity_sets_the_one_answered_longest_ago_is_forgotten(world: World<impl Storage>) {
    orders(&world, 2, "tara");
    let tara = world.tara();
    let names = ["orders", "assets", "spare-parts", "people"];
    let sets = (1..16).map(|number| {
        let chosen = (0..4).filter(|place| number >> place & 1 == 1);
        chosen.map(|place| names[place]).collect::<Vec<_>>().join(",")
    });
    let sets: Vec<String> = sets.take(dialogue::ENTITY_SETS + 1).collect();
    let cursors: Vec<String> = sets.iter().map(|set| world.pull_of(&tara, set).cursor).collect();
    let kept = world.write(|tx| tx.dialogues(&tara.device_id));
    assert_eq!(kept.len(), dialogue::ENTITY_SETS);
    let follow = |number: usize| {
        let request = DeltaRequest {
            entities: Some(sets[number].clone()),
            ..request(Some(&cursors[number]))
        };
        let (page, _) = world.tell(&tara, |tx, cx| pull::delta(tx, cx, &request));
        page.map(|_| ())
            .map_err(|refusal| (refusal.status, refusal.offer_again))
    };
    assert_eq!(
        follow(0),
        Err((410, Some(false))),
        "it begins anew, and loses nothing"
    );
    assert!((1..sets.len()).all(|number| follow(number).is_ok()));
}

fn open_answers_say_only_so_much_together(world: World<impl Storage>) {
    orders(&world, 12, "tara");
    let tara = world.tara();
    let cursors: Vec<String> = (1..=12)
        .map(|limit| world.pull(&tara, None, limit).unwrap().cursor)
        .collect();
    let open = |bound: usize| world.write(|tx| dialogue::tests::open_within(tx, &tara.device_id, bound));
    assert_eq!(open(usize::MAX), cursors);
    assert_eq!(open(12 + 11), cursors[10..]);
    assert_eq!(open(12 + 11 - 1), cursors[11..]);
    assert_eq!(open(1), cursors[11..], "the newest is kept in any case");
}
