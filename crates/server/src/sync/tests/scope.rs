//! Changes of scope: a record reaches a device, or leaves it, though it may not have changed itself.

use serde_json::json;

use super::{World, caller, device::Device, on_both, system_update, update};
use crate::storage::port::Storage;

on_both!(
    assigned_and_reassigned,
    what_a_record_newly_refers_to_comes_along,
    references_of_references_come_along,
    pinned_records_come,
    a_new_role_brings_and_takes,
    a_lost_page_of_a_new_role_is_given_again,
    sites_decide,
);

fn order(world: &World<impl Storage>, id: &str, owner: &str, status: &str) {
    world.given(
        "order",
        id,
        json!({ "title": id, "owner": owner, "status": status, "siteId": "north" }),
    );
}

fn assigned_and_reassigned(world: World<impl Storage>) {
    order(&world, "WO-1", "tara", "open");
    let (mut tara, mut jonas) = (Device::new(world.tara()), Device::new(world.jonas()));
    tara.sync(&world, 100);
    jonas.sync(&world, 100);
    assert_eq!(
        (tara.holds("order"), jonas.holds("order")),
        (vec!["WO-1"], vec![])
    );
    world.push_one(
        &world.samir(),
        update("k1", "WO-1", 1, json!({ "owner": "jonas" })),
    );
    tara.sync(&world, 100);
    jonas.sync(&world, 100);
    assert_eq!(
        (tara.holds("order"), jonas.holds("order")),
        (vec![], vec!["WO-1"])
    );
    assert_eq!(tara.left, ["revoked WO-1"]);
    world.push_one(
        &world.samir(),
        update("k2", "WO-1", 2, json!({ "owner": "tara" })),
    );
    tara.sync(&world, 100);
    tara.agrees(&world);
    assert_eq!(tara.holds("order"), ["WO-1"], "it comes again, whole");
}

fn what_a_record_newly_refers_to_comes_along(world: World<impl Storage>) {
    for asset in ["AS-1", "AS-2"] {
        world.given("asset", asset, json!({ "name": asset, "siteId": "north" }));
    }
    world.given("asset", "AS-3", json!({ "name": "elsewhere", "siteId": "south" }));
    world.given("part", "PT-1", json!({ "name": "Hose" }));
    order(&world, "WO-1", "tara", "open");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    assert!(device.holds("asset").is_empty() && device.holds("part").is_empty());
    let parts = json!([{ "partId": "PT-1", "quantity": 1 }]);
    world.push_one(
        &world.samir(),
        update("k1", "WO-1", 1, json!({ "assetId": "AS-1", "parts": parts })),
    );
    let lost = world.pull(&device.caller, device.cursor.as_deref(), 100).unwrap();
    assert_eq!(lost.changes.records["assets"].len(), 1);
    device.sync(&world, 100);
    assert_eq!(
        (device.holds("asset"), device.holds("part")),
        (vec!["AS-1"], vec!["PT-1"])
    );
    world.given("asset", "AS-1", json!({ "name": "renamed" }));
    world.push_one(
        &world.samir(),
        update("k2", "WO-1", 2, json!({ "assetId": "AS-2" })),
    );
    world.given("asset", "AS-1", json!({ "name": "renamed again" }));
    device.sync(&world, 100);
    device.agrees(&world);
    assert_eq!(
        device.holds("asset"),
        ["AS-1", "AS-2"],
        "what is no longer referred to stays, and is kept up to date"
    );
    world.push_one(
        &world.samir(),
        update("k3", "WO-1", 3, json!({ "assetId": "AS-3" })),
    );
    device.sync(&world, 100);
    assert_eq!(
        device.holds("asset"),
        ["AS-1", "AS-2"],
        "what the technician may not read does not come"
    );
}

fn references_of_references_come_along(world: World<impl Storage>) {
    world.given("asset", "AS-1", json!({ "name": "Loader", "siteId": "north" }));
    order(&world, "WO-1", "tara", "done");
    world.given("order", "WO-1", json!({ "assetId": "AS-1" }));
    order(&world, "WO-2", "tara", "open");
    // The profile pins WO-1, which brings the asset.
    world.given("user", "tara", json!({ "pinned": ["order/WO-1"] }));
    for limit in [1, 2, 3, 100] {
        let mut device = Device::new(world.tara());
        device.sync(&world, limit);
        assert_eq!(
            (device.holds("order"), device.holds("asset")),
            (vec!["WO-1", "WO-2"], vec!["AS-1"]),
            "{limit}"
        );
    }
}

fn pinned_records_come(world: World<impl Storage>) {
    world.given("asset", "AS-1", json!({ "name": "Loader", "siteId": "north" }));
    order(&world, "WO-1", "tara", "done");
    order(&world, "WO-2", "jonas", "done");
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    assert!(device.holds("order").is_empty());
    let pins = json!({ "pinned": ["order/WO-1", "order/WO-2", "asset/AS-1", "nonsense"] });
    world.push_one(&device.caller, system_update("k1", "user", "tara", pins));
    device.sync(&world, 100);
    assert_eq!(
        (device.holds("order"), device.holds("asset")),
        (vec!["WO-1"], vec!["AS-1"])
    );
    device.agrees(&world);
}

fn a_new_role_brings_and_takes(world: World<impl Storage>) {
    for number in 0..30 {
        order(
            &world,
            &format!("WO-{number:02}"),
            if number % 3 == 0 { "tara" } else { "jonas" },
            "open",
        );
    }
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    assert_eq!(device.holds("order").len(), 10);
    device.caller = caller(&world.packs, "tara", "supervisor", &["north"], "tara-phone");
    world.know(&device.caller);
    world.push_one(
        &world.samir(),
        update("k1", "WO-00", 1, json!({ "plan": "Monday" })),
    );
    let pages = device.sync(&world, 7);
    assert!(pages > 3, "what comes into scope comes in pages: {pages}");
    assert_eq!(device.holds("order").len(), 30);
    device.agrees(&world);
    device.caller = world.tara();
    world.know(&device.caller);
    device.sync(&world, 7);
    assert_eq!((device.holds("order").len(), device.left.len()), (10, 20));
    assert!(device.left.iter().all(|left| left.starts_with("revoked")));
    device.agrees(&world);
}

fn a_lost_page_of_a_new_role_is_given_again(world: World<impl Storage>) {
    for number in 0..9 {
        order(
            &world,
            &format!("WO-{number}"),
            if number < 3 { "tara" } else { "jonas" },
            "open",
        );
        world.given(
            "asset",
            &format!("AS-{number}"),
            json!({ "name": "x", "siteId": "north" }),
        );
        world.given(
            "order",
            &format!("WO-{number}"),
            json!({ "assetId": format!("AS-{number}") }),
        );
    }
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    device.caller = caller(&world.packs, "tara", "supervisor", &["north"], "tara-phone");
    world.know(&device.caller);
    for _ in 0..100 {
        let lost = world.pull(&device.caller, device.cursor.as_deref(), 2).unwrap();
        let again = world.pull(&device.caller, device.cursor.as_deref(), 2).unwrap();
        assert_eq!((&lost.changes, &lost.cursor), (&again.changes, &again.cursor));
        device.apply(&world, &again);
        if !again.has_more {
            break;
        }
    }
    assert_eq!((device.holds("order").len(), device.holds("asset").len()), (9, 9));
    device.agrees(&world);
}

fn sites_decide(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-north",
        json!({ "title": "n", "status": "open", "siteId": "north" }),
    );
    world.given(
        "order",
        "WO-south",
        json!({ "title": "s", "status": "open", "siteId": "south" }),
    );
    let mut device = Device::new(world.samir());
    device.sync(&world, 100);
    assert_eq!(device.holds("order"), ["WO-north", "WO-south"]);
    device.caller = caller(&world.packs, "samir", "supervisor", &["south"], "samir-tablet");
    world.know(&device.caller);
    device.sync(&world, 100);
    assert_eq!(
        (device.holds("order"), device.left.as_slice()),
        (vec!["WO-south"], ["revoked WO-north".to_owned()].as_slice())
    );
}
