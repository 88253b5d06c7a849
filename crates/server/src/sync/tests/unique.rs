//! Unique values and sets, compared in the form that their fields declare.

use holdfast_core::pack::{Pack, Packs};
use holdfast_core::protocol::{ResultStatus, WireOperation};
use serde_json::json;

use super::push::rejected;
use super::{World, create, delete, on_both, update};
use crate::records::unique_keys;
use crate::storage::port::Storage;

on_both!(
    unique_values_are_released_by_a_deletion,
    unique_values_are_compared_in_the_form_of_their_field,
    what_is_no_value_claims_nothing,
    a_pack_that_compares_in_another_way_rebuilds_the_keys,
    a_set_with_a_form_holds_each_member_once,
);

fn unique_values_are_released_by_a_deletion(world: World<impl Storage>) {
    let samir = world.samir();
    let order = |key: &str| {
        create(
            key,
            key,
            json!({ "title": "x", "siteId": "north", "reference": "R-1" }),
        )
    };
    world.push_one(&samir, order("k1"));
    assert_eq!(rejected(&world.push_one(&samir, order("k2"))).1, ["reference"]);
    world.push_one(&samir, delete("k3", "WO-000001", 1));
    assert_eq!(world.push_one(&samir, order("k4")).status, ResultStatus::Success);
    world.push_one(
        &samir,
        update("k5", "WO-000002", 1, json!({ "reference": "R-2" })),
    );
    assert_eq!(world.push_one(&samir, order("k6")).status, ResultStatus::Success);
}

/// A world whose pack compares this field in this form.
fn comparing(mut world: World<impl Storage>, normalize: &str) -> World<impl Storage> {
    let pack = include_str!("pack.toml").replacen(
        "label = \"Reference\", type = \"text\"",
        &format!("label = \"Reference\", type = \"text\", normalize = {normalize}"),
        1,
    );
    world.packs = Packs::new(vec![Pack::from_toml("works", &pack).unwrap()]).unwrap();
    world.write(|tx| unique_keys::keep(tx, &world.packs));
    world
}

fn referring(key: &str, reference: &str) -> WireOperation {
    create(
        key,
        key,
        json!({ "title": "x", "siteId": "north", "reference": reference }),
    )
}

fn unique_values_are_compared_in_the_form_of_their_field(world: World<impl Storage>) {
    let world = comparing(world, "[\"trim\", \"casefold\"]");
    let samir = world.samir();
    let first = world.push_one(&samir, referring("k1", " R-1 é"));
    assert_eq!(first.status, ResultStatus::Success);
    assert_eq!(
        world.record("order", "WO-000001").fields["reference"],
        " R-1 é",
        "stored as written"
    );
    for (key, taken) in [("k2", "r-1 É"), ("k3", "Ｒ－１ e\u{301}"), ("k4", "R-1 é\u{a0}")] {
        assert_eq!(
            rejected(&world.push_one(&samir, referring(key, taken))).1,
            ["reference"],
            "{taken}"
        );
    }
    for (key, free) in [("k5", "R-1 e"), ("k6", "R-1é")] {
        assert_eq!(
            world.push_one(&samir, referring(key, free)).status,
            ResultStatus::Success,
            "{free}"
        );
    }
    let respelt = world.push_one(
        &samir,
        update("k7", "WO-000001", 1, json!({ "reference": "r-1 é" })),
    );
    assert_eq!(
        (respelt.status, respelt.new_version),
        (ResultStatus::Success, Some(2))
    );
    let stolen = world.push_one(
        &samir,
        update("k8", "WO-000002", 1, json!({ "reference": "R-1 É" })),
    );
    assert_eq!(rejected(&stolen).1, ["reference"]);
}

fn what_is_no_value_claims_nothing(world: World<impl Storage>) {
    let samir = world.samir();
    for key in ["k1", "k2"] {
        assert_eq!(
            world.push_one(&samir, referring(key, "")).status,
            ResultStatus::Success
        );
    }
    assert_eq!(
        world.push_one(&samir, referring("k3", " ")).status,
        ResultStatus::Success
    );
    assert_eq!(
        rejected(&world.push_one(&samir, referring("k4", " "))).1,
        ["reference"]
    );
    let world = comparing(world, "\"trim\"");
    assert_eq!(
        world.push_one(&samir, referring("k5", " ")).status,
        ResultStatus::Success
    );
    let cleared = update("k6", "WO-000001", 1, json!({ "reference": "\t" }));
    assert_eq!(world.push_one(&samir, cleared).status, ResultStatus::Success);
}

fn a_pack_that_compares_in_another_way_rebuilds_the_keys(world: World<impl Storage>) {
    let samir = world.samir();
    world.write(|tx| unique_keys::keep(tx, &world.packs));
    for (key, reference) in [("k1", "R-1"), ("k2", "r-1"), ("k3", "R-2"), ("k4", "other")] {
        assert_eq!(
            world.push_one(&samir, referring(key, reference)).status,
            ResultStatus::Success
        );
    }
    world.push_one(&samir, delete("k5", "WO-000003", 1));
    let mut world = world;
    let pack = include_str!("pack.toml").replacen(
        "label = \"Reference\", type = \"text\"",
        "label = \"Reference\", type = \"text\", normalize = \"casefold\"",
        1,
    );
    let plain = std::mem::replace(
        &mut world.packs,
        Packs::new(vec![Pack::from_toml("works", &pack).unwrap()]).unwrap(),
    );
    let found = world.write(|tx| unique_keys::keep(tx, &world.packs));
    let named: Vec<_> = found
        .named
        .iter()
        .map(|one| (one.id.as_str(), one.other.as_str()))
        .collect();
    assert_eq!((named, found.unnamed), (vec![("WO-000002", "WO-000001")], 0));
    let again = world.write(|tx| unique_keys::keep(tx, &world.packs));
    assert_eq!(again, unique_keys::Report::default(), "made once");
    // Both are as they were, and nobody else comes by the value.
    assert_eq!(world.record("order", "WO-000002").fields["reference"], "r-1");
    assert_eq!(
        rejected(&world.push_one(&samir, referring("k6", "R-1"))).1,
        ["reference"]
    );
    assert_eq!(
        world.push_one(&samir, referring("k7", "r-2")).status,
        ResultStatus::Success,
        "deleted"
    );
    let other = update("k8", "WO-000002", 1, json!({ "title": "y" }));
    assert_eq!(
        world.push_one(&samir, other).status,
        ResultStatus::Success,
        "it may still be changed"
    );
    world.push_one(&samir, delete("k9", "WO-000001", 1));
    assert_eq!(
        rejected(&world.push_one(&samir, referring("k10", "R-1"))).1,
        ["reference"],
        "the other holds it"
    );
    world.push_one(
        &samir,
        update("k11", "WO-000002", 2, json!({ "reference": "R-9" })),
    );
    assert_eq!(
        world.push_one(&samir, referring("k12", "R-1")).status,
        ResultStatus::Success
    );
    // Back again: case counts once more.
    world.packs = plain;
    assert_eq!(
        world.write(|tx| unique_keys::keep(tx, &world.packs)),
        unique_keys::Report::default()
    );
    assert_eq!(
        world.push_one(&samir, referring("k13", "r-1")).status,
        ResultStatus::Success
    );
    assert_eq!(
        rejected(&world.push_one(&samir, referring("k14", "r-1"))).1,
        ["reference"]
    );
}

fn a_set_with_a_form_holds_each_member_once(mut world: World<impl Storage>) {
    let pack = include_str!("pack.toml").replacen(
        "label = \"Reference\", type = \"text\"",
        "label = \"Reference\", type = \"set\", normalize = \"casefold\"",
        1,
    );
    world.packs = Packs::new(vec![Pack::from_toml("works", &pack).unwrap()]).unwrap();
    let samir = world.samir();
    let tagged = |key: &str, tags: serde_json::Value| {
        create(
            key,
            key,
            json!({ "title": "x", "siteId": "north", "reference": tags }),
        )
    };
    world.push_one(&samir, tagged("k1", json!(["Pump", "pump", "Oil"])));
    assert_eq!(
        world.record("order", "WO-000001").fields["reference"],
        json!(["Pump", "Oil"])
    );
    world.push_one(
        &samir,
        update(
            "k2",
            "WO-000001",
            1,
            json!({ "reference": ["OIL", "Pump", "PUMP"] }),
        ),
    );
    assert_eq!(
        world.record("order", "WO-000001").fields["reference"],
        json!(["OIL", "Pump"])
    );
    assert_eq!(
        rejected(&world.push_one(&samir, tagged("k3", json!(["PUMP", "oil"])))).1,
        ["reference"]
    );
}
