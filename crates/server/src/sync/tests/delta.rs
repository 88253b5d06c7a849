//! `GET /sync/delta`: each kind of `since`, pages, lost answers.

use holdfast_core::protocol::{Delta, Digest, ErrorCode, Layout};
use serde_json::{Value, json};

use super::{World, create, delete, device::Device, local, on_both, system_update, update};
use crate::storage::port::Storage;
use crate::sync::delta::DeltaRequest;
use crate::sync::digest::{self, DigestRequest};
use crate::sync::{Caller, pull};

on_both!(
    a_scan_brings_what_is_wanted_in_pages,
    what_changes_during_a_scan_comes_after_it,
    a_delta_brings_changed_fields_on_what_is_held,
    a_lost_answer_is_given_again,
    own_writes_are_held,
    deletions_are_told_once,
    a_record_that_comes_back_comes_whole,
    a_cursor_of_another_set_or_form,
    entity_sets,
    the_digest_tells_what_should_be_held,
    whole_records_by_id,
    only_its_maker_is_told_under_which_id_a_record_was_made,
    a_page_by_columns_says_the_same_in_less,
);

fn orders(world: &World<impl Storage>, count: usize) {
    for number in 0..count {
        let id = format!("WO-{number:06}");
        world.given("order", &id, json!({ "title": format!("Order {number}"), "owner": "tara", "status": "open", "siteId": "north" }));
    }
}

fn a_scan_brings_what_is_wanted_in_pages(world: World<impl Storage>) {
    orders(&world, 25);
    world.given(
        "order",
        "WO-other",
        json!({ "title": "His", "owner": "jonas", "status": "open" }),
    );
    world.given(
        "order",
        "WO-done",
        json!({ "title": "Done", "owner": "tara", "status": "done" }),
    );
    world.given("asset", "AS-1", json!({ "name": "Loader", "siteId": "north" }));
    world.given("asset", "AS-2", json!({ "name": "Unused", "siteId": "north" }));
    world.given(
        "order",
        "WO-000003",
        json!({ "assetId": "AS-1", "parent": "WO-done" }),
    );
    let mut device = Device::new(world.tara());
    let first = world.pull(&device.caller, None, 10).unwrap();
    // 25 orders, an asset, 4 people, a profile.
    assert_eq!((first.has_more, first.remaining), (true, Some(31 - 10)));
    assert_eq!(device.sync(&world, 10), 4);
    assert_eq!(device.holds("order").len(), 25);
    assert_eq!(device.holds("asset"), ["AS-1"], "it comes along with an order");
    assert_eq!(device.holds("person").len(), 4);
    assert_eq!(device.holds("user"), ["tara"]);
    device.agrees(&world);
    assert_eq!(device.sync(&world, 10), 1);
    let nothing = world.pull(&device.caller, device.cursor.as_deref(), 10).unwrap();
    assert_eq!(
        (nothing.changes.records.len(), nothing.cursor.as_str()),
        (0, device.cursor.as_deref().unwrap())
    );
}

fn what_changes_during_a_scan_comes_after_it(world: World<impl Storage>) {
    orders(&world, 25);
    let mut device = Device::new(world.tara());
    let first = world.pull(&device.caller, None, 20).unwrap();
    device.apply(&world, &first);
    world.push_one(
        &world.samir(),
        update("k1", "WO-000000", 1, json!({ "plan": "passed already" })),
    );
    world.push_one(
        &world.samir(),
        update("k2", "WO-000024", 1, json!({ "plan": "still ahead" })),
    );
    world.push_one(&world.samir(), delete("k3", "WO-000001", 1));
    world.push_one(
        &world.samir(),
        create(
            "k4",
            "l4",
            json!({ "title": "New", "owner": "tara", "siteId": "north" }),
        ),
    );
    device.sync(&world, 20);
    device.agrees(&world);
    assert_eq!(device.holds("order").len(), 25);
    assert_eq!(device.left, ["deleted WO-000001"]);
}

fn a_delta_brings_changed_fields_on_what_is_held(world: World<impl Storage>) {
    orders(&world, 2);
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    world.push_one(
        &world.samir(),
        update("k1", "WO-000000", 1, json!({ "plan": "Monday", "finding": "x" })),
    );
    world.push_one(
        &world.samir(),
        update("k2", "WO-000000", 2, json!({ "finding": null, "status": "done" })),
    );
    let delta = world.pull(&device.caller, device.cursor.as_deref(), 100).unwrap();
    let rows = &delta.changes.records["orders"];
    assert_eq!(rows.len(), 1, "a record stands in the log once");
    let mut row = rows[0].0.clone();
    row.remove("updatedAt");
    let expected = json!({ "orderId": "WO-000000", "plan": "Monday", "finding": null, "status": "done", "_version": 3, "_baseVersion": 1 });
    assert_eq!(
        Value::Object(row),
        expected,
        "it is done, hence no longer wanted, and goes on being updated"
    );
    device.apply(&world, &delta);
    device.agrees(&world);
}

fn a_lost_answer_is_given_again(world: World<impl Storage>) {
    orders(&world, 3);
    let mut device = Device::new(world.tara());
    for _ in 0..2 {
        let lost = world.pull(&device.caller, None, 2).unwrap();
        assert_eq!(lost.changes.records.values().map(Vec::len).sum::<usize>(), 2);
    }
    device.sync(&world, 2);
    world.push_one(
        &world.samir(),
        create(
            "k1",
            "l1",
            json!({ "title": "New", "owner": "tara", "siteId": "north" }),
        ),
    );
    world.push_one(
        &world.samir(),
        update("k2", "WO-000000", 1, json!({ "owner": "jonas" })),
    );
    world.push_one(&world.samir(), delete("k3", "WO-000001", 1));
    let cursor = device.cursor.clone();
    let lost = world.pull(&device.caller, cursor.as_deref(), 100).unwrap();
    let again = world.pull(&device.caller, cursor.as_deref(), 100).unwrap();
    assert_eq!(lost.changes, again.changes);
    assert_eq!(lost.cursor, again.cursor);
    device.apply(&world, &again);
    assert_eq!(device.left, ["deleted WO-000001", "revoked WO-000000"]);
    let after = world.pull(&device.caller, device.cursor.as_deref(), 100).unwrap();
    assert!(
        after.changes.records.is_empty()
            && after.changes.revoked_ids.is_empty()
            && after.changes.deleted_ids.is_empty()
    );
}

fn own_writes_are_held(world: World<impl Storage>) {
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    // Not wanted by its sync rule, but made here: others' changes of it have to come.
    let made = world.push_one(
        &device.caller,
        create("k1", "l1", json!({ "title": "Leak", "status": "done" })),
    );
    let record = made.record.unwrap();
    let id = record.id("orderId").unwrap().to_owned();
    device
        .mirrors
        .insert(("order".into(), id.clone()), (1, record.fields("orderId")));
    world.push_one(&world.samir(), update("k2", &id, 1, json!({ "plan": "Monday" })));
    device.sync(&world, 100);
    device.agrees(&world);
    assert_eq!(device.mirrors[&("order".to_owned(), id)].0, 2);
}

fn deletions_are_told_once(world: World<impl Storage>) {
    orders(&world, 1);
    let mut device = Device::new(world.tara());
    let mut stranger = Device::new(world.jonas());
    device.sync(&world, 100);
    stranger.sync(&world, 100);
    world.push_one(&world.samir(), delete("k1", "WO-000000", 1));
    let delta = world.pull(&device.caller, device.cursor.as_deref(), 100).unwrap();
    assert_eq!(delta.changes.deleted_ids["orders"], ["WO-000000"]);
    device.apply(&world, &delta);
    let next = world.pull(&device.caller, device.cursor.as_deref(), 100).unwrap();
    assert!(next.changes.deleted_ids.is_empty());
    let other = world
        .pull(&stranger.caller, stranger.cursor.as_deref(), 100)
        .unwrap();
    assert!(
        other.changes.deleted_ids.is_empty(),
        "who never had it is not told"
    );
}

fn a_record_that_comes_back_comes_whole(world: World<impl Storage>) {
    orders(&world, 1);
    let mut device = Device::new(world.tara());
    let mut away = Device::new(world.tara());
    away.caller.device_id = "tara-tablet".into();
    away.sync(&world, 100);
    device.sync(&world, 100);
    world.push_one(&world.samir(), delete("k1", "WO-000000", 1));
    let conflict = world
        .push_one(
            &world.tara(),
            update("k2", "WO-000000", 1, json!({ "finding": "hose" })),
        )
        .conflict
        .unwrap();
    device.sync(&world, 100);
    assert_eq!(device.left, ["deleted WO-000000"]);
    let resolution = json!({ "resolution": { "record": { "choice": "recreate" } } });
    world.push_one(
        &world.tara(),
        system_update("k3", "conflict", &conflict.conflict_id, resolution),
    );
    device.sync(&world, 100);
    assert_eq!(device.holds("order"), ["WO-000000"]);
    device.agrees(&world);
    // A device that saw neither the end nor the return gets it whole as well.
    let delta = world.pull(&away.caller, away.cursor.as_deref(), 100).unwrap();
    assert_eq!(delta.changes.records["orders"][0].base_version(), None);
}

fn a_cursor_of_another_set_or_form(world: World<impl Storage>) {
    orders(&world, 1);
    let tara = world.tara();
    let delta = world.pull(&tara, None, 100).unwrap();
    let ask = |cursor: &str| {
        let answer = world.pull(&tara, Some(cursor), 100);
        answer.map(|_| ()).map_err(|r| (r.status, r.error.code))
    };
    let of_orders = world.pull_of(&tara, "orders").cursor;
    let refused = Err((400, ErrorCode::ValidationError));
    assert_eq!(ask(&of_orders), refused, "another set of entities");
    for no_cursor in ["yesterday", "2026-11-30T07:00:00Z", "reader.e.1"] {
        assert_eq!(ask(no_cursor), refused, "{no_cursor}");
    }
    for limit in [0, 2_001] {
        assert_eq!(world.pull(&tara, None, limit).unwrap_err().status, 400);
    }
    assert_eq!(ask(&delta.cursor), Ok(()));
}

fn entity_sets(world: World<impl Storage>) {
    orders(&world, 1);
    let ask = |entities: &str, since: Option<String>| {
        let request = DeltaRequest {
            since,
            entities: Some(entities.into()),
            limit: None,
            layout: Layout::Rows,
            receipt: None,
        };
        world.act(&world.tara(), |tx, cx| pull::delta(tx, cx, &request))
    };
    let delta = ask("orders,people", None).unwrap();
    assert_eq!(
        delta.changes.records.keys().collect::<Vec<_>>(),
        ["orders", "people"]
    );
    assert!(
        ask("people,orders", Some(delta.cursor.clone())).is_ok(),
        "the order of names does not matter"
    );
    assert_eq!(ask("orders", Some(delta.cursor)).unwrap_err().status, 400);
    assert_eq!(ask("ships", None).unwrap_err().status, 400);
}

fn the_digest_tells_what_should_be_held(world: World<impl Storage>) {
    orders(&world, 3);
    let mut device = Device::new(world.tara());
    device.sync(&world, 2);
    world.push_one(
        &world.samir(),
        update("k1", "WO-000000", 1, json!({ "plan": "Monday" })),
    );
    world.push_one(&world.samir(), delete("k2", "WO-000001", 1));
    world.push_one(
        &world.samir(),
        update("k3", "WO-000002", 1, json!({ "owner": "jonas" })),
    );
    device.sync(&world, 2);
    let digest: Digest = world
        .act(&device.caller, |tx, cx| {
            let request = DigestRequest {
                since: device.cursor.clone(),
                versions: true,
                ..DigestRequest::default()
            };
            digest::digest(tx, cx, &request)
        })
        .unwrap();
    for entity in ["order", "person", "user", "asset"] {
        let entry = &digest.entities[&world.packs.entity(entity).unwrap().collection()];
        let versions: Vec<(String, u64)> = entry.versions.clone().unwrap().into_iter().collect();
        let held = device.mirrors.iter().filter(|((of, _), _)| of == entity);
        assert_eq!(
            versions,
            held.map(|((_, id), (version, _))| (id.clone(), *version))
                .collect::<Vec<_>>(),
            "{entity}"
        );
    }
    assert_eq!(digest.entities["orders"].count, 1);
    let plain: Digest = world
        .act(&device.caller, |tx, cx| {
            let request = DigestRequest {
                entities: Some("orders".into()),
                ..DigestRequest::default()
            };
            digest::digest(tx, cx, &request)
        })
        .unwrap();
    assert_eq!(
        (plain.entities.len(), &plain.entities["orders"].versions),
        (1, &None)
    );
    assert_eq!(plain.entities["orders"].sha256, digest.entities["orders"].sha256);
}

fn whole_records_by_id(world: World<impl Storage>) {
    orders(&world, 2);
    world.given("order", "WO-other", json!({ "title": "His", "owner": "jonas" }));
    world.push_one(&world.tara(), create("k1", "l1", json!({ "title": "New" })));
    let ask = |plural: &str, ids: &[&str]| world.fetch(&world.tara(), plural, ids);
    let found = ask("orders", &["WO-000000", "WO-other", "WO-nowhere", &local("l1")]).unwrap();
    assert_eq!(
        found.iter().map(|row| row.0["title"].clone()).collect::<Vec<_>>(),
        ["Order 0", "New"]
    );
    assert_eq!(ask("ships", &[]).unwrap_err().status, 400);
    assert_eq!(ask("orders", &["x"; 201]).unwrap_err().status, 413);
}

fn only_its_maker_is_told_under_which_id_a_record_was_made(world: World<impl Storage>) {
    let (tara, samir) = (world.tara(), world.samir());
    let local_id = |delta: &Delta| {
        let rows = &delta.changes.records["orders"];
        rows[0].local_id().map(str::to_owned)
    };
    let before = world.pull(&tara, None, 100).unwrap().cursor;
    world.push_one(&tara, create("k1", "local-1", json!({ "title": "Leak" })));
    let own = Some(local("local-1"));
    let followed = world.pull(&tara, Some(&before), 100).unwrap();
    assert_eq!(local_id(&followed), own, "the answer to the create may be lost");
    assert_eq!(local_id(&world.pull(&tara, None, 100).unwrap()), own);
    assert_eq!(local_id(&world.pull(&samir, None, 100).unwrap()), None);
    let fetched = |reader: &Caller, id: &str| world.fetch(reader, "orders", &[id]).unwrap();
    assert_eq!(
        fetched(&tara, &local("local-1"))[0].local_id().map(str::to_owned),
        own
    );
    assert_eq!(fetched(&samir, "WO-000001")[0].local_id(), None);
    assert!(
        fetched(&samir, &local("local-1")).is_empty(),
        "an alias belongs to the device that made it"
    );
}

fn a_page_by_columns_says_the_same_in_less(world: World<impl Storage>) {
    orders(&world, 12);
    let tara = world.tara();
    let before = world.pull(&tara, None, 100).unwrap().cursor;
    world.pull(&tara, Some(&before), 100).unwrap();
    orders(&world, 10);
    for number in 20..25 {
        let id = format!("WO-{number:06}");
        world.given(
            "order",
            &id,
            json!({ "title": "New", "owner": "tara", "status": "open", "siteId": "north" }),
        );
    }
    world.given("order", "WO-000003", json!({ "title": null, "plan": "changed" }));
    let written = |since: Option<&str>, layout: Layout| {
        let request = DeltaRequest {
            since: since.map(str::to_owned),
            layout,
            ..Default::default()
        };
        let delta = world.act(&tara, |tx, cx| pull::delta(tx, cx, &request)).unwrap();
        serde_json::to_string(&delta).unwrap()
    };
    for since in [None, Some(before.as_str())] {
        let (rows, columns) = (written(since, Layout::Rows), written(since, Layout::Columns));
        let by_id = |text: &str| {
            let mut delta: Delta = serde_json::from_str(text).unwrap();
            let orders = delta.changes.records.get_mut("orders").unwrap();
            orders.sort_by_key(|row| row.id("orderId").map(str::to_owned));
            delta.changes
        };
        assert_eq!(by_id(&columns), by_id(&rows));
        assert!(
            columns.contains("\"columns\":{") && columns.len() < rows.len(),
            "{columns}"
        );
    }
    let changed = written(Some(&before), Layout::Columns);
    assert!(
        changed.contains("\"rows\":[{"),
        "what only changed stays a row: {changed}"
    );
}
