//! Work done on a record that was finished while its author was away.

use holdfast_core::protocol::ResultStatus;
use serde_json::json;

use super::after_access::{hours, labor, over_first};
use super::{World, on_both, update};
use crate::storage::port::Storage;
use crate::sync::Caller;

on_both!(work_on_what_was_finished_meanwhile_is_told_to_both,);

fn work_on_what_was_finished_meanwhile_is_told_to_both(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-1",
        json!({ "title": "Leak", "owner": "tara", "status": "open", "labor": [{ "id": "l1", "hours": 1 }] }),
    );
    world.push_one(
        &world.samir(),
        update("samir", "WO-1", 1, json!({ "status": "done" })),
    );
    let result = world.push_one(&world.tara(), labor("t"));
    assert_eq!(
        (result.status, result.access_lost),
        (ResultStatus::Success, false)
    );
    assert_eq!(hours(&world), ["l1", "t"]);
    assert_eq!(
        (world.notices("tara"), world.notices("samir")),
        (
            vec!["recorded labor".to_owned()],
            vec!["recorded labor".to_owned()]
        )
    );
    // Who finished it knows; and so does everybody who saw that it was.
    let seen = |caller: Caller, key: &str, version: u64| {
        let known = world.record("order", "WO-1").fields["labor"].clone();
        let mut more = known.as_array().cloned().unwrap();
        more.push(json!({ "id": key, "hours": 1 }));
        let mut write = over_first(key, json!({ "labor": known }), json!({ "labor": more }));
        write.payload.insert("_version".into(), json!(version));
        world.push_one(&caller, write)
    };
    seen(world.tara(), "later", 3);
    seen(world.samir(), "own", 1);
    assert_eq!(
        (world.notices("tara").len(), world.notices("samir").len()),
        (1, 1)
    );
    assert_eq!(hours(&world), ["l1", "t", "later", "own"]);
}
