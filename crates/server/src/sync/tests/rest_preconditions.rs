//! Which version a write by REST builds on: entity tags and `_version`.

use holdfast_core::{protocol::IfMatch, record::Operation};
use serde_json::{Value, json};

use super::rest::{request, write};
use super::{World, on_both};
use crate::storage::{model::StoredRecord, port::Storage};
use crate::sync::rest::{self, RestWrite};

on_both!(
    a_write_says_which_version_it_builds_on,
    a_tag_of_a_lost_history_never_matches,
);

/// What a write of WO-1 with this precondition is answered, by a supervisor who may do anything with it.
fn answered(
    world: &World<impl Storage>,
    operation: Operation,
    if_match: &str,
    body: Value,
) -> Result<u64, u16> {
    let if_match = match if_match {
        "" => IfMatch::Absent,
        value => IfMatch::parse([value]).ok_or(400_u16)?,
    };
    let asked = RestWrite {
        if_match,
        ..request(operation, Some("WO-1"), None, None, body)
    };
    let written = write(world, &world.samir(), asked).map_err(|(status, _)| status)?;
    Ok(written.result.new_version.unwrap_or_default())
}

/// The entity tag of a version, written under the only start.
fn tag_of(world: &World<impl Storage>, version: u64) -> String {
    let record = StoredRecord {
        version,
        ..world.record("order", "WO-1")
    };
    world.act(&world.samir(), |tx, _| rest::tag(tx, &record))
}

fn a_write_says_which_version_it_builds_on(world: World<impl Storage>) {
    for (number, title) in ["a", "b", "c"].iter().enumerate() {
        let fields =
            json!({ "title": title, "owner": "tara", "siteId": "north", "completion": format!("{number}") });
        world.given("order", "WO-1", fields);
    }
    let tag = |version: u64| tag_of(&world, version);
    let weak = format!("W/{}", tag(3));
    let both = format!("{}, {}", tag(2), tag(99));
    let update = Operation::Update;
    let table = [
        (update, "3", json!({ "title": "x" }), Err(400)),
        (update, "\"3\"", json!({ "title": "x" }), Err(412)),
        (update, &weak, json!({ "title": "x" }), Err(412)),
        (update, &tag(999), json!({ "title": "x" }), Err(412)),
        (update, &tag(0), json!({ "title": "x" }), Err(412)),
        (update, "", json!({ "title": "x", "_version": "1" }), Err(400)),
        (update, "", json!({ "title": "x", "_version": 1.5 }), Err(400)),
        (update, "", json!({ "title": "x", "_version": -1 }), Err(400)),
        (update, "", json!({ "title": "x", "_version": null }), Err(400)),
        (
            update,
            &tag(3),
            json!({ "title": "x", "_version": "1" }),
            Err(400),
        ),
        (update, "", json!({ "title": "x", "_version": 999 }), Err(412)),
        (update, "", json!({ "title": "x", "_version": 0 }), Err(412)),
        (update, "", json!({ "completion": "mine" }), Err(428)),
        (Operation::Delete, "", json!({}), Err(428)),
        (Operation::Delete, &tag(4), json!({}), Err(412)),
        (update, "", json!({ "completion": "2", "title": "d" }), Ok(4)),
        (update, "", json!({ "title": "e", "_version": 4.0 }), Ok(5)),
        (update, &both, json!({ "owner": "jonas" }), Ok(6)),
        (update, "*", json!({ "completion": "mine" }), Ok(7)),
        (Operation::Delete, &tag(7), json!({}), Ok(8)),
    ];
    for (operation, if_match, body, expected) in table {
        let what = format!("{operation:?} {if_match} {body}");
        assert_eq!(answered(&world, operation, if_match, body), expected, "{what}");
    }
}

fn a_tag_of_a_lost_history_never_matches(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-1",
        json!({ "title": "a", "owner": "tara", "siteId": "north" }),
    );
    let lost = tag_of(&world, 1);
    world.act(&world.samir(), |tx, cx| {
        crate::records::epoch::renew(tx, cx.rng, &["order"])
    });
    let title = json!({ "title": "x" });
    assert_eq!(
        answered(&world, Operation::Update, &lost, title.clone()),
        Err(412)
    );
    assert_eq!(answered(&world, Operation::Delete, &lost, json!({})), Err(412));
    assert_eq!(
        answered(&world, Operation::Update, &tag_of(&world, 1), title),
        Ok(2)
    );
}
