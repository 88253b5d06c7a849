//! What one request may cost, whatever is stored: batches that run out of time, long histories, many references.

use holdfast_core::protocol::{ErrorCode, OperationResult, PushRequest, ResultStatus};
use serde_json::{Value, json};

use super::{World, create, on_both, update};
use crate::records::past;
use crate::storage::port::Storage;
use crate::sync::{Caller, push};

on_both!(
    what_a_batch_has_no_time_for_is_sent_again,
    a_record_that_changed_often_comes_whole,
    a_change_of_long_ago_is_merged_over_what_its_author_saw,
    the_last_author_of_a_field_is_found_however_long_ago,
    many_references_are_each_looked_at_once,
);

/// More than a merge looks back at.
const VERSIONS: usize = 1_050;

fn push_with_time_for(
    world: &World<impl Storage>,
    caller: &Caller,
    keys: &[&str],
    time_for: usize,
) -> Vec<OperationResult> {
    let order = |key: &&str| create(key, key, json!({ "title": key, "siteId": "north", "owner": "tara" }));
    let request = PushRequest {
        cursor: None,
        receipt: None,
        by_position: false,
        stamps: false,
        device_id: caller.device_id.clone(),
        pack_versions: world.packs.versions(),
        operations: keys.iter().map(order).collect(),
    };
    let left = std::cell::Cell::new(time_for);
    let is_time_left = || left.replace(left.get().saturating_sub(1)) > 0;
    let answer = world.act(caller, |tx, cx| push::push_while(tx, cx, &request, is_time_left));
    answer.unwrap().results
}

fn what_a_batch_has_no_time_for_is_sent_again(world: World<impl Storage>) {
    let tara = world.tara();
    let keys = ["k1", "k2", "k3", "k4"];
    // The first one is carried out in any case; what the ledger knows costs its turn as well.
    for (time_for, expected) in [(0, 1), (0, 1), (1, 2)] {
        let results = push_with_time_for(&world, &tara, &keys, time_for);
        let applied = results.iter().filter(|result| result.status == ResultStatus::Success);
        assert_eq!(applied.count(), expected, "{time_for}");
        for left_over in &results[expected..] {
            assert_eq!(left_over.status, ResultStatus::Retry);
            assert_eq!(left_over.error.as_ref().unwrap().code, ErrorCode::DependencyFailed);
        }
    }
    assert_eq!(world.all("order").len(), 2);
    let rest = push_with_time_for(&world, &tara, &keys[2..], 10);
    assert!(rest.iter().all(|result| result.status == ResultStatus::Success));
    assert_eq!(world.all("order").len(), 4, "each once");
}

/// An order that samir changed so many times.
fn often_changed(world: &World<impl Storage>, count: usize, field: &str) {
    world.given("order", "WO-1", json!({ "title": "Leak", "owner": "tara", "status": "open", "finding": "none" }));
    for start in (0..count).step_by(500) {
        let change = |number: usize| {
            let mut change = update(&format!("s{number}"), "WO-1", 0, json!({ field: format!("{number}") }));
            change.payload.remove("_version");
            change
        };
        let changes = (start..count.min(start + 500)).map(change).collect();
        let results = world.push(&world.samir(), changes);
        assert!(results.iter().all(|result| result.status == ResultStatus::Success));
    }
}

fn a_record_that_changed_often_comes_whole(world: World<impl Storage>) {
    world.given("order", "WO-1", json!({ "title": "Leak", "owner": "tara", "status": "open" }));
    let tara = world.tara();
    let first = world.pull(&tara, None, 100).unwrap();
    for (count, whole) in [(150, false), (250, true)] {
        often_changed(&world, count, "plan");
        let page = world.pull(&tara, Some(&first.cursor), 100).unwrap();
        let row = &page.changes.records["orders"][0];
        assert_eq!(row.base_version().is_none(), whole, "{count}");
        assert_eq!(row.0["plan"], format!("{}", count - 1));
    }
}

fn a_change_of_long_ago_is_merged_over_what_its_author_saw(world: World<impl Storage>) {
    often_changed(&world, VERSIONS, "plan");
    // Without a base the history says what the author saw; the plan is decided by the server's value.
    let said = world.push_one(&world.tara(), update("t1", "WO-1", 1, json!({ "plan": "mine", "finding": "wear" })));
    assert_eq!(said.status, ResultStatus::Success);
    assert_eq!(said.superseded.len(), 1, "{said:?}");
    assert_eq!((&said.superseded[0].kept, &said.superseded[0].lost), (&json!("1049"), &json!("mine")));
    let order = world.record("order", "WO-1");
    assert_eq!((&order.fields["plan"], &order.fields["finding"]), (&json!("1049"), &json!("wear")));
    // What nobody changed since is no conflict, and a manual field that somebody changed is.
    world.push_one(&world.samir(), update("s", "WO-1", order.version, json!({ "cause": "theirs" })));
    let said = world.push_one(&world.tara(), update("t2", "WO-1", 1, json!({ "cause": "mine", "completion": "done" })));
    assert_eq!(said.status, ResultStatus::Conflict);
    assert_eq!(said.conflict.unwrap().fields, ["cause"]);
    assert_eq!(world.record("order", "WO-1").fields["completion"], "done");
}

fn the_last_author_of_a_field_is_found_however_long_ago(world: World<impl Storage>) {
    often_changed(&world, 230, "plan");
    let order = world.record("order", "WO-1");
    let fields = ["plan", "finding", "cause"];
    let authors = world.write(|tx| past::last_authors(tx, &order, fields.into(), |_| true));
    let expected = [("finding", ""), ("plan", "samir")];
    let pairs: Vec<_> = authors.iter().map(|(field, user)| (field.as_str(), user.as_str())).collect();
    assert_eq!(pairs, expected, "nobody wrote a cause");
    let by_others = world.write(|tx| past::last_authors(tx, &order, fields.into(), |entry| entry.user_id != "samir"));
    assert_eq!(by_others.keys().collect::<Vec<_>>(), ["finding"]);
    let values = world.write(|tx| past::values_at(tx, &order, 200, fields.into()));
    assert_eq!((&values["plan"], &values["finding"], &values["cause"]), (&json!("198"), &json!("none"), &Value::Null));
}

fn many_references_are_each_looked_at_once(world: World<impl Storage>) {
    let parts = |from: usize, to: usize, known: bool| -> Value {
        let id = |number: usize| format!("PT-{}", if known { number } else { number + 100_000 });
        (from..to).map(|number| json!({ "partId": id(number), "quantity": 1 })).collect()
    };
    for number in 0..40 {
        world.given("part", &format!("PT-{number}"), json!({ "name": "Seal" }));
    }
    let tara = world.tara();
    let push = |key: &str, parts: Value| {
        let made = create(key, key, json!({ "title": key, "siteId": "north", "owner": "tara", "parts": parts }));
        world.push_one(&tara, made)
    };
    assert_eq!(push("good", parts(0, 40, true)).status, ResultStatus::Success);
    let refused = push("bad", parts(0, 2_000, false)).error.unwrap();
    assert_eq!((refused.code, refused.fields.len()), (ErrorCode::ValidationError, 20));
    assert_eq!(refused.fields[0].field, "parts[0].partId");
    // Old references that lead nowhere by now refuse nothing; a new one does, once for each place.
    let id = push("good", parts(0, 40, true)).entity_id.unwrap();
    let mut items = parts(0, 40, true);
    items[3]["partId"] = json!("PT-none");
    let refused = world.push_one(&tara, update("k", &id, 1, json!({ "parts": items }))).error.unwrap();
    assert_eq!(refused.fields.len(), 1, "{:?}", refused.fields);
}
