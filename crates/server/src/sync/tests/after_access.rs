//! Work done on a record that was given to somebody else, or finished, while its author was away.

use holdfast_core::protocol::{ErrorCode, OperationResult, ResultStatus, WireOperation};
use serde_json::{Value, json};

use super::{World, caller, delete, device::Device, object, on_both, update};
use crate::storage::port::Storage;
use crate::sync::Caller;
use crate::sync::rest::{self, RestWrite};

on_both!(
    what_was_done_is_taken_and_both_are_told,
    the_lane_goes_on_and_what_is_no_addition_gives_way,
    nothing_that_is_there_is_changed_or_removed,
    who_could_not_read_it_then_may_not_now,
    the_door_closes_after_thirty_days,
    the_door_closes_after_a_thousand_versions,
    a_lost_role_or_site_opens_nothing,
    other_ways_in_stay_shut,
    additions_that_do_not_fit_are_refused_to_be_corrected,
    sent_again_it_counts_once,
    the_device_lets_go_of_the_record,
    a_repeated_answer_says_whether_access_is_lost_now,
);

fn a_repeated_answer_says_whether_access_is_lost_now(world: World<impl Storage>) {
    reassigned(&world);
    let push = || world.push_one(&world.tara(), labor("t"));
    assert!(push().access_lost);
    assert!(push().access_lost, "as at first");
    let version = world.record("order", "WO-1").version;
    let back = json!({ "owner": "tara" });
    world.push_one(&world.samir(), update("back", "WO-1", version, back));
    let again = push();
    assert_eq!((again.status, again.access_lost), (ResultStatus::Success, false));
    assert_eq!(hours(&world), ["l1", "t"], "applied once");
}

/// Given to tara at version 1, with an hour of jonas' on it; given to jonas by samir at version 2.
fn reassigned(world: &World<impl Storage>) {
    world.given("part", "PT-1", json!({ "name": "Hose" }));
    let labor = json!([{ "id": "l1", "hours": 1 }]);
    let fields = json!({ "title": "Leak", "owner": "tara", "status": "open", "labor": labor, "trips": 1 });
    world.given("order", "WO-1", fields);
    let given = json!({ "owner": "jonas", "title": "Secret new title" });
    world.push_one(&world.samir(), update("samir", "WO-1", 1, given));
}

/// A write of somebody's device over version 1.
pub(super) fn over_first(key: &str, base: Value, payload: Value) -> WireOperation {
    let mut write = update(key, "WO-1", 1, payload);
    write.base = Some(object(base));
    write
}

pub(super) fn labor(key: &str) -> WireOperation {
    let done = json!([{ "id": "l1", "hours": 1 }, { "id": key, "hours": 2 }]);
    over_first(
        key,
        json!({ "labor": [{ "id": "l1", "hours": 1 }] }),
        json!({ "labor": done }),
    )
}

fn code(result: &OperationResult) -> Option<ErrorCode> {
    result.error.as_ref().map(|error| error.code)
}

pub(super) fn hours(world: &World<impl Storage>) -> Vec<Value> {
    let labor = world.record("order", "WO-1").fields["labor"].clone();
    labor
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].clone())
        .collect()
}

fn what_was_done_is_taken_and_both_are_told(world: World<impl Storage>) {
    reassigned(&world);
    let base = json!({ "labor": [{ "id": "l1", "hours": 1 }], "parts": null, "notes": null, "trips": 1 });
    let done = json!({
        "labor": [{ "id": "l1", "hours": 1 }, { "id": "l2", "hours": 2 }],
        "parts": [{ "partId": "PT-1", "quantity": 2 }], "notes": [{ "id": "n1" }], "trips": 3,
    });
    let audits = world.audit_count();
    let result = world.push_one(&world.tara(), over_first("t", base, done));
    assert_eq!(
        (result.status, result.access_lost),
        (ResultStatus::Success, true),
        "{result:?}"
    );
    assert_eq!(
        (&result.record, result.new_version),
        (&None, None),
        "the answer says nothing of the record"
    );
    let record = world.record("order", "WO-1");
    assert_eq!(hours(&world), ["l1", "l2"]);
    assert_eq!(
        record.fields["parts"],
        json!([{ "partId": "PT-1", "quantity": 2 }])
    );
    assert_eq!(
        (&record.fields["notes"], &record.fields["trips"]),
        (&json!([{ "id": "n1" }]), &json!(3))
    );
    assert_eq!(
        (&record.fields["partCount"], &record.updated_by),
        (&json!(1), &"tara".to_owned())
    );
    assert_eq!(
        (&record.fields["owner"], record.version),
        (&json!("jonas"), 3),
        "and stays jonas'"
    );
    assert_eq!(
        (world.notices("tara").len(), world.notices("samir").len()),
        (1, 1)
    );
    assert!(
        world.notices("tara")[0].starts_with("recorded") && world.notices("samir")[0].starts_with("recorded")
    );
    let notices = world.all("notice");
    let to_tara = notices
        .iter()
        .find(|notice| notice.fields["userId"] == "tara")
        .unwrap();
    assert_eq!(
        to_tara.fields["title"], "Leak",
        "the title that tara saw, not the one it has now"
    );
    assert_eq!(world.audit_count(), audits + 1);
}

fn the_lane_goes_on_and_what_is_no_addition_gives_way(world: World<impl Storage>) {
    reassigned(&world);
    let status = over_first(
        "t1",
        json!({ "status": "open" }),
        json!({ "status": "done", "finding": "Hose worn" }),
    );
    let mut then = labor("t2");
    then.depends_on = vec!["t1".into()];
    let results = world.push(&world.tara(), vec![status, then]);
    assert!(
        results
            .iter()
            .all(|result| result.status == ResultStatus::Success && result.access_lost),
        "{results:?}"
    );
    let superseded: Vec<_> = results[0]
        .superseded
        .iter()
        .map(|s| (s.field.as_str(), &s.kept, &s.lost))
        .collect();
    assert_eq!(
        superseded,
        [
            ("finding", &Value::Null, &json!("Hose worn")),
            ("status", &Value::Null, &json!("done"))
        ]
    );
    let record = world.record("order", "WO-1");
    assert_eq!(
        (&record.fields["status"], record.fields.get("finding")),
        (&json!("open"), None)
    );
    assert_eq!(hours(&world), ["l1", "t2"]);
    assert_eq!(world.notices("tara"), ["superseded finding", "recorded labor"]);
    assert_eq!(world.notices("samir"), ["recorded labor"]);
}

fn nothing_that_is_there_is_changed_or_removed(world: World<impl Storage>) {
    reassigned(&world);
    let base = json!({ "labor": [{ "id": "l1", "hours": 1 }], "trips": 9 });
    let forged = json!({ "labor": [{ "id": "l1", "hours": 24, "end": "noon" }], "trips": 0 });
    let result = world.push_one(&world.tara(), over_first("t1", base, forged));
    assert_eq!(result.superseded.len(), 2, "{result:?}");
    let record = world.record("order", "WO-1");
    let expected = json!([{ "id": "l1", "hours": 1, "end": "noon" }]);
    assert_eq!(
        (&record.fields["labor"], &record.fields["trips"]),
        (&expected, &json!(1)),
        "what was empty is filled in, no more"
    );
    let emptied = over_first(
        "t2",
        json!({ "labor": [{ "id": "l1", "hours": 1 }] }),
        json!({ "labor": null }),
    );
    world.push_one(&world.tara(), emptied);
    assert_eq!(hours(&world), ["l1"]);
}

fn who_could_not_read_it_then_may_not_now(world: World<impl Storage>) {
    reassigned(&world);
    world.push_one(
        &world.samir(),
        update("samir2", "WO-1", 2, json!({ "owner": "samir" })),
    );
    let version = |version: u64| {
        let mut write = labor("x");
        write.payload.insert("_version".into(), json!(version));
        write
    };
    let before = world.record("order", "WO-1");
    let stranger = caller(&world.packs, "zoe", "technician", &["north"], "zoe-phone");
    world.know(&stranger);
    let table: [(&str, Caller, u64); 6] = [
        ("never had it", stranger, 1),
        ("jonas had it at version 2, not at 1", world.jonas(), 1),
        ("nor at 3", world.jonas(), 3),
        ("no version", world.tara(), 0),
        ("a version to come", world.tara(), 9),
        ("tara not at 2", world.tara(), 2),
    ];
    for (what, who, claimed) in table {
        let result = world.push_one(&who, version(claimed));
        assert_eq!(code(&result), Some(ErrorCode::NotFound), "{what}");
    }
    assert_eq!(world.record("order", "WO-1"), before);
    assert!(
        !world.push_one(&world.jonas(), version(2)).superseded.is_empty() || hours(&world).len() == 2,
        "at 2 it was his"
    );
}

fn the_door_closes_after_thirty_days(world: World<impl Storage>) {
    reassigned(&world);
    world.pass_days(29);
    // What others do to the record meanwhile does not open it for longer.
    world.push_one(
        &world.samir(),
        update("samir2", "WO-1", 2, json!({ "plan": "Monday" })),
    );
    assert_eq!(
        world.push_one(&world.tara(), labor("in-time")).status,
        ResultStatus::Success
    );
    world.pass_days(2);
    assert_eq!(
        code(&world.push_one(&world.tara(), labor("late"))),
        Some(ErrorCode::NotFound)
    );
    assert_eq!(hours(&world), ["l1", "in-time"]);
}

/// No more of a record's history is read under the writer.
fn the_door_closes_after_a_thousand_versions(world: World<impl Storage>) {
    reassigned(&world);
    world.replanned(&world.jonas(), "WO-1", 998);
    assert!(world.push_one(&world.tara(), labor("in-time")).access_lost);
    let late = world.push_one(&world.tara(), labor("late"));
    assert_eq!(code(&late), Some(ErrorCode::NotFound));
    assert_eq!(hours(&world), ["l1", "in-time"]);
}

fn a_lost_role_or_site_opens_nothing(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-1",
        json!({ "title": "Leak", "owner": "tara", "siteId": "north", "labor": [{ "id": "l1", "hours": 1 }] }),
    );
    world.push_one(
        &world.samir(),
        update("samir", "WO-1", 1, json!({ "owner": "jonas", "plan": "x" })),
    );
    let without = |mut caller: Caller, scope: &str| {
        caller.me.scopes.retain(|held| held != scope);
        caller
    };
    let moved = caller(&world.packs, "samir", "supervisor", &["south"], "samir-tablet");
    let dismissed = Caller {
        me: holdfast_core::protocol::Me {
            scopes: Vec::new(),
            roles: Vec::new(),
            ..world.tara().me
        },
        ..world.tara()
    };
    let table = [
        ("a supervisor who lost the site", moved),
        ("no roles at all", dismissed),
        (
            "may no longer change orders",
            without(world.tara(), "works:order:update"),
        ),
        (
            "may no longer read orders",
            without(world.tara(), "works:order:read"),
        ),
    ];
    for (what, who) in table {
        assert_eq!(
            code(&world.push_one(&who, labor("x"))),
            Some(ErrorCode::NotFound),
            "{what}"
        );
    }
    assert_eq!(hours(&world), ["l1"]);
}

fn other_ways_in_stay_shut(world: World<impl Storage>) {
    reassigned(&world);
    let tara = world.tara();
    assert_eq!(
        code(&world.push_one(&tara, delete("d", "WO-1", 1))),
        Some(ErrorCode::NotFound)
    );
    let mut create = labor("c");
    create.operation = holdfast_core::record::Operation::Create;
    assert_eq!(
        code(&world.push_one(&tara, create)),
        Some(ErrorCode::ValidationError)
    );
    let entity = world.packs.entity("order").unwrap();
    let write = RestWrite {
        operation: holdfast_core::record::Operation::Update,
        id: Some("WO-1".into()),
        body: object(json!({ "labor": [{ "id": "rest", "hours": 1 }], "_version": 1 })),
        key: None,
        if_match: holdfast_core::protocol::IfMatch::Absent,
    };
    let refused = world
        .act(&tara, |tx, cx| rest::write(tx, cx, entity, write))
        .unwrap_err();
    assert_eq!(
        refused.status, 404,
        "a REST write is made over the record as it is"
    );
    world.push_one(&world.samir(), delete("gone", "WO-1", 2));
    assert_eq!(
        code(&world.push_one(&tara, labor("t"))),
        Some(ErrorCode::NotFound),
        "deleted"
    );
    assert_eq!(hours(&world), ["l1"]);
}

fn additions_that_do_not_fit_are_refused_to_be_corrected(world: World<impl Storage>) {
    reassigned(&world);
    let too_long = over_first(
        "t",
        json!({ "labor": null }),
        json!({ "labor": [{ "id": "l2", "hours": 30 }] }),
    );
    let result = world.push_one(&world.tara(), too_long);
    assert_eq!(code(&result), Some(ErrorCode::ValidationError));
    assert_eq!(result.error.unwrap().fields[0].field, "labor[0].hours");
    let unknown = over_first(
        "t2",
        json!({ "parts": null }),
        json!({ "parts": [{ "partId": "PT-9", "quantity": 1 }] }),
    );
    assert_eq!(
        code(&world.push_one(&world.tara(), unknown)),
        Some(ErrorCode::ValidationError)
    );
    assert_eq!(hours(&world), ["l1"]);
}

fn sent_again_it_counts_once(world: World<impl Storage>) {
    reassigned(&world);
    let trips = || over_first("t", json!({ "trips": 1 }), json!({ "trips": 3 }));
    let first = world.push_one(&world.tara(), trips());
    let again = world.push_one(&world.tara(), trips());
    assert_eq!(first, again);
    assert_eq!(world.record("order", "WO-1").fields["trips"], 3);
    assert_eq!(world.notices("samir").len(), 1);
}

fn the_device_lets_go_of_the_record(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-1",
        json!({ "title": "Leak", "owner": "tara", "status": "open", "labor": [{ "id": "l1", "hours": 1 }] }),
    );
    let mut device = Device::new(world.tara());
    device.sync(&world, 100);
    assert_eq!(device.holds("order"), ["WO-1"]);
    world.push_one(
        &world.samir(),
        update("samir", "WO-1", 1, json!({ "owner": "jonas" })),
    );
    world.push_one(&device.caller, labor("t"));
    device.sync(&world, 100);
    assert_eq!(
        (device.holds("order"), device.left.as_slice()),
        (vec![], ["revoked WO-1".to_owned()].as_slice())
    );
    device.agrees(&world);
    world.push_one(&device.caller, labor("later"));
    let next = world.pull(&device.caller, device.cursor.as_deref(), 100).unwrap();
    assert!(
        next.changes.revoked_ids.is_empty(),
        "it has let go, and is not told again"
    );
    let mut jonas = Device::new(world.jonas());
    jonas.sync(&world, 100);
    jonas.agrees(&world);
}
