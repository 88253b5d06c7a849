//! Questions that come again, late, or never: what a device is taken to hold is what it is known to have heard.

use std::collections::BTreeMap;

use holdfast_core::protocol::{Delta, Digest, ErrorCode};
use serde_json::json;

use super::{World, device::Device, on_both, update};
use crate::storage::port::Storage;
use crate::sync::Refusal;
use crate::sync::digest::{self, DigestRequest};

on_both!(
    an_answer_is_true_of_the_device_once_its_cursor_is_presented,
    a_cursor_from_which_the_device_has_moved_on_writes_nothing,
    a_late_copy_of_the_newest_question_takes_nothing_back,
    of_two_answers_the_one_whose_cursor_is_presented_counts,
    a_late_copy_of_the_first_question_takes_nothing_back,
    a_device_that_lost_everything_begins_anew,
    an_answer_to_a_device_that_holds_nothing_is_not_forgotten_for_another,
    what_a_device_writes_outlasts_the_answers_before,
    an_answer_given_again_knows_what_its_batch_wrote_before,
    a_refusal_that_may_not_have_arrived_leaves_both_possible,
    the_same_answer_has_the_same_cursor,
    a_storm_of_repeats_ends_in_a_new_beginning,
    fetching_by_id_makes_no_holder,
    the_digest_counts_a_page_once_its_cursor_is_presented,
    a_digest_with_nothing_to_note_is_a_read,
    the_digest_leaves_out_what_has_had_its_days,
);

fn order(world: &World<impl Storage>, id: &str, owner: &str) {
    world.given(
        "order",
        id,
        json!({ "title": id, "owner": owner, "status": "open", "siteId": "north" }),
    );
}

/// The supervisor gives an order to somebody.
fn give(world: &World<impl Storage>, key: &str, id: &str, owner: &str) {
    let version = world.record("order", id).version;
    world.push_one(
        &world.samir(),
        update(key, id, version, json!({ "owner": owner })),
    );
}

fn ask(world: &World<impl Storage>, device: &Device, since: Option<&str>) -> Result<Delta, Refusal> {
    world.pull(&device.caller, since, 100)
}

/// All that the server keeps of a device.
fn kept(world: &World<impl Storage>, device: &Device) -> (Vec<String>, BTreeMap<String, String>) {
    let id = &device.caller.device_id;
    world.write(|tx| {
        let held = tx.held(id, "order")?;
        Ok((
            held.into_iter().map(|record| record.id).collect(),
            tx.dialogues(id)?,
        ))
    })
}

fn versions(world: &World<impl Storage>, device: &Device, since: Option<String>) -> Vec<String> {
    let request = DigestRequest {
        since,
        versions: true,
        ..DigestRequest::default()
    };
    let digest: Digest = world
        .act(&device.caller, |tx, cx| digest::digest(tx, cx, &request))
        .unwrap();
    let versions = digest.entities["orders"].versions.clone().unwrap();
    versions.into_keys().collect()
}

fn an_answer_is_true_of_the_device_once_its_cursor_is_presented(world: World<impl Storage>) {
    order(&world, "WO-1", "tara");
    let mut device = Device::new(world.tara());
    let first = ask(&world, &device, None).unwrap();
    assert!(kept(&world, &device).0.is_empty(), "it may never have arrived");
    device.apply(&world, &first);
    ask(&world, &device, Some(&first.cursor)).unwrap();
    assert_eq!(kept(&world, &device).0, ["WO-1"]);
}

fn a_cursor_from_which_the_device_has_moved_on_writes_nothing(world: World<impl Storage>) {
    order(&world, "WO-1", "tara");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    let before = device.cursor.clone();
    order(&world, "WO-2", "tara");
    device.sync(&world, 100);
    device.sync(&world, 100);
    let state = kept(&world, &device);
    let late = ask(&world, &device, before.as_deref()).unwrap_err();
    assert_eq!((late.status, late.error.code), (410, ErrorCode::Gone));
    assert_eq!(kept(&world, &device), state);
    give(&world, "k1", "WO-2", "jonas");
    device.sync(&world, 100);
    assert_eq!(device.left, ["revoked WO-2"]);
}

fn a_late_copy_of_the_newest_question_takes_nothing_back(world: World<impl Storage>) {
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    order(&world, "WO-1", "tara");
    let asked = device.cursor.clone();
    let arrived = ask(&world, &device, asked.as_deref()).unwrap();
    device.apply(&world, &arrived);
    assert_eq!(device.holds("order"), ["WO-1"]);
    give(&world, "k1", "WO-1", "jonas");
    // The copy is answered without the order, which is no longer hers; nobody hears it.
    let copy = ask(&world, &device, asked.as_deref()).unwrap();
    assert!(!copy.changes.records.contains_key("orders"));
    device.sync(&world, 100);
    assert_eq!(
        device.left,
        ["revoked WO-1"],
        "the device had the order by the first answer"
    );
}

fn of_two_answers_the_one_whose_cursor_is_presented_counts(world: World<impl Storage>) {
    for arrives in [0, 1] {
        let mut device = Device::new(world.tara());
        device.caller.device_id = format!("phone-{arrives}");
        device.sync(&world, 100);
        let (gone, new) = (format!("WO-{arrives}1"), format!("WO-{arrives}2"));
        order(&world, &gone, "tara");
        let asked = device.cursor.clone();
        let first = ask(&world, &device, asked.as_deref()).unwrap();
        give(&world, &format!("a{arrives}"), &gone, "jonas");
        order(&world, &new, "tara");
        let second = ask(&world, &device, asked.as_deref()).unwrap();
        device.apply(&world, if arrives == 0 { &first } else { &second });
        device.sync(&world, 1);
        device.agrees(&world);
        assert!(device.holds("order").contains(&new.as_str()));
        assert!(!device.holds("order").contains(&gone.as_str()));
        give(&world, &format!("b{arrives}"), &new, "jonas");
        device.sync(&world, 100);
        assert!(device.holds("order").is_empty(), "{:?}", device.holds("order"));
    }
}

fn a_late_copy_of_the_first_question_takes_nothing_back(world: World<impl Storage>) {
    order(&world, "WO-1", "tara");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    device.sync(&world, 100);
    ask(&world, &device, None).unwrap();
    assert_eq!(kept(&world, &device).0, ["WO-1"]);
    give(&world, "k1", "WO-1", "jonas");
    device.sync(&world, 100);
    assert_eq!(device.left, ["revoked WO-1"]);
}

fn a_device_that_lost_everything_begins_anew(world: World<impl Storage>) {
    order(&world, "WO-1", "tara");
    order(&world, "WO-2", "tara");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    device.sync(&world, 100);
    let former = device.cursor.clone();
    let mut device = Device::new(world.tara());
    device.sync(&world, 1);
    device.sync(&world, 1);
    assert_eq!(device.holds("order"), ["WO-1", "WO-2"]);
    let state = kept(&world, &device);
    assert_eq!(ask(&world, &device, former.as_deref()).unwrap_err().status, 410);
    assert_eq!(kept(&world, &device), state, "a copy out of its former life");
    give(&world, "k1", "WO-1", "jonas");
    device.sync(&world, 100);
    assert_eq!(device.left, ["revoked WO-1"]);
}

fn an_answer_to_a_device_that_holds_nothing_is_not_forgotten_for_another(world: World<impl Storage>) {
    order(&world, "WO-1", "tara");
    let mut former = Device::new(world.tara());
    former.sync(&world, 100);
    let mut device = Device::new(world.tara());
    let first = ask(&world, &device, None).unwrap();
    // What the device asked before it lost its storage arrives only now.
    ask(&world, &former, former.cursor.as_deref()).unwrap();
    device.apply(&world, &first);
    device.sync(&world, 100);
    give(&world, "k1", "WO-1", "jonas");
    device.sync(&world, 100);
    assert_eq!(device.left, ["revoked WO-1"]);
}

fn what_a_device_writes_outlasts_the_answers_before(world: World<impl Storage>) {
    order(&world, "WO-1", "tara");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    give(&world, "k1", "WO-1", "jonas");
    device.sync(&world, 100);
    assert_eq!(device.left, ["revoked WO-1"]);
    give(&world, "k2", "WO-1", "tara");
    let pushed = world.push_one(
        &device.caller,
        update("k3", "WO-1", 3, json!({ "finding": "hose" })),
    );
    let record = world.record("order", "WO-1");
    assert_eq!(pushed.new_version, Some(record.version));
    let mut fields = record.fields.clone();
    fields.remove("orderId");
    device
        .mirrors
        .insert(("order".into(), "WO-1".into()), (record.version, fields));
    give(&world, "k4", "WO-1", "jonas");
    device.sync(&world, 100);
    assert_eq!(device.left, ["revoked WO-1", "revoked WO-1"]);
}

fn an_answer_given_again_knows_what_its_batch_wrote_before(world: World<impl Storage>) {
    order(&world, "WO-1", "tara");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    let note = update("k1", "WO-1", 1, json!({ "finding": "hose" }));
    world.push_one(&device.caller, note.clone());
    give(&world, "k2", "WO-1", "jonas");
    device.sync(&world, 100);
    give(&world, "k3", "WO-1", "tara");
    // The open answer still says that the record is to go; the device writes to it, and asks for an older answer again.
    let version = world.record("order", "WO-1").version;
    let results = world.push(
        &device.caller,
        vec![
            note.clone(),
            update("k4", "WO-1", version, json!({ "finding": "clamp" })),
            note,
        ],
    );
    let takes_it = |at: usize| results[at].record.is_some();
    assert!(!takes_it(0), "the page that takes it away may have arrived");
    assert!(takes_it(2), "the device wrote to it after that page");
}

fn a_refusal_that_may_not_have_arrived_leaves_both_possible(world: World<impl Storage>) {
    for (arrives, comes_back) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut device = Device::new(world.tara());
        device.caller.device_id = format!("phone-{arrives}-{comes_back}");
        let id = format!("WO-{arrives}-{comes_back}");
        order(&world, &id, "tara");
        device.sync(&world, 100);
        give(&world, &format!("a-{id}"), &id, "jonas");
        let refused = world.push_one(
            &device.caller,
            update(&format!("k-{id}"), &id, 1, json!({ "finding": "hose" })),
        );
        assert_eq!(refused.error.map(|error| error.code), Some(ErrorCode::NotFound));
        if arrives {
            device.mirrors.remove(&("order".to_owned(), id.clone()));
        }
        if comes_back {
            give(&world, &format!("b-{id}"), &id, "tara");
        }
        device.sync(&world, 100);
        assert_eq!(device.holds("order").contains(&id.as_str()), comes_back, "{id}");
        device.agrees(&world);
        give(&world, &format!("c-{id}"), &id, "jonas");
        device.sync(&world, 100);
        assert!(device.holds("order").is_empty(), "{id}");
    }
}

fn the_same_answer_has_the_same_cursor(world: World<impl Storage>) {
    order(&world, "WO-1", "tara");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    order(&world, "WO-2", "tara");
    let answers = [0, 1].map(|_| ask(&world, &device, device.cursor.as_deref()).unwrap());
    assert_eq!(
        (&answers[0].cursor, &answers[0].changes),
        (&answers[1].cursor, &answers[1].changes)
    );
    device.sync(&world, 100);
    let idle = ask(&world, &device, device.cursor.as_deref()).unwrap();
    assert_eq!(Some(idle.cursor), device.cursor, "nothing has moved");
    let state = kept(&world, &device);
    ask(&world, &device, device.cursor.as_deref()).unwrap();
    assert_eq!(kept(&world, &device), state);
}

fn a_storm_of_repeats_ends_in_a_new_beginning(world: World<impl Storage>) {
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    let asked = device.cursor.clone();
    order(&world, "WO-00", "tara");
    let first = ask(&world, &device, asked.as_deref()).unwrap();
    for number in 1..=16 {
        order(&world, &format!("WO-{number:02}"), "tara");
        ask(&world, &device, asked.as_deref()).unwrap();
    }
    device.apply(&world, &first);
    assert_eq!(
        ask(&world, &device, device.cursor.as_deref()).unwrap_err().status,
        410
    );
    device.cursor = None;
    device.sync(&world, 100);
    assert_eq!(device.holds("order").len(), 17);
}

fn fetching_by_id_makes_no_holder(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-1",
        json!({ "title": "Done", "owner": "tara", "status": "done" }),
    );
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    let found = world.fetch(&device.caller, "orders", &["WO-1"]);
    assert_eq!(found.unwrap().len(), 1);
    device.sync(&world, 100);
    assert!(
        kept(&world, &device).0.is_empty(),
        "a late copy would make it one again"
    );
}

fn the_digest_counts_a_page_once_its_cursor_is_presented(world: World<impl Storage>) {
    order(&world, "WO-1", "tara");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    assert!(versions(&world, &device, None).is_empty());
    let first = device.cursor.clone();
    assert_eq!(versions(&world, &device, first.clone()), ["WO-1"]);
    order(&world, "WO-2", "tara");
    device.sync(&world, 100);
    assert_eq!(versions(&world, &device, first.clone()), ["WO-1"]);
    assert_eq!(versions(&world, &device, device.cursor.clone()), ["WO-1", "WO-2"]);
    let state = kept(&world, &device);
    assert_eq!(versions(&world, &device, first), ["WO-1", "WO-2"], "a late copy");
    assert_eq!(kept(&world, &device), state);
}

fn the_digest_leaves_out_what_has_had_its_days(world: World<impl Storage>) {
    for id in ["WO-1", "WO-2", "WO-3"] {
        order(&world, id, "tara");
    }
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    for id in ["WO-1", "WO-2"] {
        world.push_one(&device.caller, update(id, id, 1, json!({ "status": "done" })));
    }
    world.given("user", "tara", json!({ "pinned": ["order/WO-2"] }));
    device.sync(&world, 100);
    let orders = |versions: bool| {
        let request = DigestRequest {
            since: device.cursor.clone(),
            versions,
            ..DigestRequest::default()
        };
        let digest = world.act(&device.caller, |tx, cx| digest::digest(tx, cx, &request));
        let digest: Digest = digest.unwrap();
        digest.entities["orders"].clone()
    };
    world.pass_days(89);
    assert_eq!(orders(false).count, 3);
    world.pass_days(2);
    let plain = orders(false);
    assert_eq!((plain.count, plain.aged.len()), (2, 0), "the pinned one stays");
    let named = orders(true);
    assert_eq!(named.versions.map(|versions| versions.len()), Some(3));
    assert_eq!(named.aged.into_iter().collect::<Vec<_>>(), ["WO-1"]);
    assert_eq!(plain.sha256, named.sha256);
    world.push_one(
        &world.samir(),
        update("k9", "WO-1", 2, json!({ "plan": "Monday" })),
    );
    assert_eq!(orders(false).count, 3, "changed again: counted from then");
}

fn a_digest_with_nothing_to_note_is_a_read(world: World<impl Storage>) {
    for id in ["WO-1", "WO-2", "WO-3"] {
        order(&world, id, "tara");
    }
    let tara = world.tara();
    let request = |since: &str| DigestRequest {
        since: Some(since.to_owned()),
        entities: None,
        versions: false,
    };
    let count = |since: &str| {
        let request = request(since);
        let (presented, stored) = world.tell(&tara, |tx, cx| digest::present(tx, cx, &request));
        presented.unwrap();
        let told = world.act(&tara, |tx, cx| digest::told(tx, cx, &request));
        (told.unwrap().entities["orders"].count, stored)
    };
    let cursor = world.pull(&tara, None, 100).unwrap().cursor;
    assert_eq!(count(&cursor), (3, true), "the page has just arrived");
    assert_eq!(count(&cursor), (3, false));
    assert_eq!(count("no cursor of this device"), (3, false));
    order(&world, "WO-4", "tara");
    let next = world.pull(&tara, Some(&cursor), 100).unwrap().cursor;
    world.pull(&tara, Some(&next), 100).unwrap();
    assert_eq!(count(&next), (4, false));
    assert_eq!(count(&cursor), (4, false), "overtaken");
}
