//! Nobody writes in another's name, by whatever way in.

use holdfast_core::protocol::{ErrorCode, OperationResult, ResultStatus, WireOperation};
use holdfast_core::record::Operation;
use holdfast_core::{protocol::PushRequest, stamps::Signer};
use serde_json::{Value, json};

use super::{World, create, delete, object, on_both, system_update, update};
use crate::storage::port::Storage;
use crate::sync::rest::{self, RestWrite};
use crate::sync::{Caller, push as pushing, restore};

on_both!(
    a_new_item_is_its_authors,
    a_time_is_the_claim_corrected_and_the_receipt,
    what_is_stored_keeps_its_stamps,
    what_others_wrote_and_nobody_touches_refuses_nothing,
    a_stamp_follows_what_it_tells_of,
    a_stamped_field_of_the_record_is_its_writers,
    later_writes_over_a_stamped_item_need_no_merge,
    an_item_that_somebody_removed_comes_back_in_its_authors_name,
    what_a_lost_history_held_of_others_is_passed_over,
    a_settlement_keeps_the_author_of_a_value,
    a_deleted_record_comes_back_with_its_authors,
    what_was_recorded_after_access_is_its_authors,
    a_restored_value_keeps_its_author,
    rest_lets_nobody_write_for_another,
    a_device_that_stamps_alike_needs_no_record,
);

fn order(world: &World<impl Storage>, fields: Value) {
    let mut all = object(json!({ "title": "Leak", "owner": "tara", "siteId": "north" }));
    all.extend(object(fields));
    world.given("order", "WO-1", Value::Object(all));
}

fn field(world: &World<impl Storage>, name: &str) -> Value {
    world.record("order", "WO-1").fields.get(name).cloned().unwrap_or_default()
}

/// The fields that an operation is refused for.
fn refused(result: &OperationResult) -> Vec<&str> {
    let error = result.error.as_ref().expect("a refusal");
    assert_eq!(error.code, ErrorCode::ValidationError, "{error:?}");
    error.fields.iter().map(|field| field.field.as_str()).collect()
}

fn accepted(result: OperationResult) -> OperationResult {
    assert_eq!(result.status, ResultStatus::Success, "{result:?}");
    result
}

fn with_base(mut write: WireOperation, base: Value) -> WireOperation {
    write.base = Some(object(base));
    write
}

fn a_new_item_is_its_authors(world: World<impl Storage>) {
    order(&world, json!({}));
    let tara = world.tara();
    let table = [
        (json!({ "remarks": [{ "id": "a", "by": "jonas" }] }), "remarks[0].by"),
        (json!({ "remarks": [{ "id": "a" }, { "id": "b", "by": "samir" }] }), "remarks[1].by"),
        (json!({ "remarks": [{ "id": "a", "by": "TARA" }] }), "remarks[0].by"),
        (json!({ "remarks": [{ "id": "a", "by": 5 }] }), "remarks[0].by"),
        (json!({ "shifts": [{ "id": "a", "person": "jonas", "hours": 2 }] }), "shifts[0].person"),
        (json!({ "check": { "result": "good", "by": "samir" } }), "check.by"),
        (json!({ "tasks": [{ "id": "a", "done": true, "doneBy": "jonas" }] }), "tasks[0].doneBy"),
    ];
    for (at, (payload, field)) in table.into_iter().enumerate() {
        let changed = world.push_one(&tara, update(&format!("u{at}"), "WO-1", 1, payload.clone()));
        assert!(refused(&changed).contains(&field), "{payload}");
        let mut whole = payload.clone();
        whole["title"] = json!("New");
        let made = world.push_one(&tara, create(&format!("c{at}"), &format!("l{at}"), whole));
        assert!(refused(&made).contains(&field), "{payload}");
    }
    assert_eq!(world.record("order", "WO-1").version, 1);
    let unnamed = json!({ "remarks": [{ "id": "a", "text": "Hot" }], "shifts": [{ "id": "s", "hours": 1 }], "check": { "result": "good" } });
    accepted(world.push_one(&tara, update("good", "WO-1", 1, unnamed)));
    assert_eq!(field(&world, "remarks")[0]["by"], "tara");
    assert_eq!(field(&world, "shifts"), json!([{ "id": "s", "hours": 1, "person": "tara" }]));
    assert_eq!(field(&world, "check")["by"], "tara");
    let named = json!({ "title": "New", "remarks": [{ "id": "a", "by": "tara" }] });
    let made = accepted(world.push_one(&tara, create("named", "named", named)));
    let made = world.record("order", made.entity_id.as_deref().unwrap());
    assert_eq!(made.fields["remarks"][0]["by"], "tara");
}

fn a_time_is_the_claim_corrected_and_the_receipt(world: World<impl Storage>) {
    order(&world, json!({}));
    let tara = world.tara();
    let now = world.now();
    let ago = |minutes: i64| now - chrono::Duration::minutes(minutes);
    let hour = 3_600_000;
    // Claim, clock offset, whether the recorded time is the receipt's, or else how many minutes ago it is.
    let table = [
        (Some(json!(ago(60))), 0, Some(60)),
        (Some(json!(ago(60))), -hour, Some(120)),
        (Some(json!(ago(60))), hour / 2, Some(30)),
        (Some(json!(ago(60))), 2 * hour, None),
        (Some(json!(ago(-600))), 0, None),
        (Some(json!(ago(-60))), -2 * hour, Some(60)),
        (Some(json!(ago(60))), i64::MIN, None),
        (Some(json!(ago(60))), i64::MAX, None),
        (Some(json!("0000-01-01T00:00:00Z")), -hour, None),
        (Some(Value::Null), 0, None),
        (None, hour, None),
    ];
    for (at, (claim, offset, minutes)) in table.into_iter().enumerate() {
        let id = format!("r{at}");
        let mut item = json!({ "id": id, "atReceived": "2020-01-01T00:00:00Z" });
        if let Some(claim) = claim {
            item["at"] = claim;
        }
        let mut write = update(&id, "WO-1", 1, json!({ "remarks": [item] }));
        write.clock_offset_ms = offset;
        accepted(world.push_one(&tara, write));
        let stored = &field(&world, "remarks")[at];
        let time = |name: &str| stored[name].as_str().unwrap().parse::<holdfast_core::Timestamp>().unwrap();
        let received = time("atReceived");
        assert!(received > now, "{at}");
        assert_eq!(time("at"), minutes.map_or(received, ago), "{at}");
    }
    let odd = json!({ "remarks": [{ "id": "odd", "at": "yesterday" }] });
    let odd = world.push_one(&tara, update("odd", "WO-1", 1, odd));
    assert_eq!(refused(&odd)[0], "remarks[0].at");
}

fn what_is_stored_keeps_its_stamps(world: World<impl Storage>) {
    let at = "2026-01-01T00:00:00Z";
    let stored = json!({
        "remarks": [{ "id": "a", "text": "Hot", "by": "jonas", "at": at }],
        "shifts": [{ "id": "a", "person": "jonas", "hours": 1 }, { "id": "old", "hours": 1 }],
        "check": { "result": "good", "by": "jonas" },
    });
    order(&world, stored.clone());
    let forged = json!({
        "remarks": [{ "id": "a", "text": "Cold", "by": "tara", "at": "2020-01-01T00:00:00Z", "atReceived": at }],
        "shifts": [{ "id": "a", "person": "samir", "hours": 2 }, { "id": "old", "hours": 1, "person": "tara" }],
        "check": { "result": "bad", "by": null },
    });
    for (key, by) in [("tara", world.tara()), ("samir", world.samir())] {
        accepted(world.push_one(&by, update(key, "WO-1", 1, forged.clone())));
        // With a base that says that it was so.
        let again = update(&format!("{key}-base"), "WO-1", 0, forged.clone());
        accepted(world.push_one(&by, with_base(again, json!({ "remarks": null, "shifts": [], "check": null }))));
    }
    assert_eq!(field(&world, "remarks"), stored["remarks"], "a log only grows");
    let shifts = json!([{ "id": "a", "person": "jonas", "hours": 2 }, { "id": "old", "hours": 1 }]);
    assert_eq!(field(&world, "shifts"), shifts);
    assert_eq!(field(&world, "check"), json!({ "result": "bad", "by": "jonas" }));
}

fn what_others_wrote_and_nobody_touches_refuses_nothing(world: World<impl Storage>) {
    let stored = json!({
        "remarks": [{ "id": "a", "by": "gone" }, { "id": "b", "by": "jonas", "at": "2026-01-01T00:00:00Z" }],
        "shifts": [{ "id": "a", "person": "jonas" }], "signedBy": "jonas", "signedAt": "2026-01-01T00:00:00Z",
    });
    order(&world, stored.clone());
    let mut whole = stored.clone();
    whole["remarks"].as_array_mut().unwrap().push(json!({ "id": "c", "by": "tara" }));
    whole["finding"] = json!("x");
    accepted(world.push_one(&world.tara(), update("t", "WO-1", 1, whole)));
    let remarks = field(&world, "remarks");
    assert_eq!((&remarks[0], &remarks[1]), (&stored["remarks"][0], &stored["remarks"][1]));
    assert_eq!((&remarks[2]["by"], field(&world, "signedBy")), (&json!("tara"), json!("jonas")));
    assert_eq!(field(&world, "signedAtReceived"), Value::Null, "it did not change");
}

fn a_stamp_follows_what_it_tells_of(world: World<impl Storage>) {
    order(&world, json!({ "tasks": [{ "id": "a" }] }));
    let (tara, samir) = (world.tara(), world.samir());
    let (mut version, mut count) = (1, 0);
    let mut tick = |by: &Caller, payload: Value| {
        count += 1;
        let key = format!("k{count}");
        let result = world.push_one(by, update(&key, "WO-1", version, json!({ "tasks": [payload] })));
        version = result.new_version.unwrap_or(version);
        (result, field(&world, "tasks")[0].clone())
    };
    let (_, done) = tick(&tara, json!({ "id": "a", "done": true }));
    assert_eq!((&done["doneBy"], done["doneAt"].is_string()), (&json!("tara"), true));
    let (_, noted) = tick(&samir, json!({ "id": "a", "done": true, "doneBy": "samir", "note": "ok" }));
    assert_eq!((&noted["doneBy"], &noted["doneAt"]), (&json!("tara"), &done["doneAt"]), "it was done by her");
    let (_, open) = tick(&samir, json!({ "id": "a", "done": false, "doneBy": "tara", "note": "ok" }));
    assert_eq!(open, json!({ "id": "a", "done": false, "note": "ok" }));
    let (refusal, _) = tick(&samir, json!({ "id": "a", "done": true, "doneBy": "tara" }));
    assert_eq!(refused(&refusal), ["tasks[0].doneBy"]);
    let (_, again) = tick(&samir, json!({ "id": "a", "done": true, "doneBy": "samir" }));
    assert_eq!(again["doneBy"], "samir");
    // Somebody who saw it done before, and speaks of something else.
    let stale = with_base(
        update("stale", "WO-1", 2, json!({ "tasks": [{ "id": "a", "done": true, "doneBy": "tara", "note": "late" }] })),
        json!({ "tasks": [{ "id": "a", "done": true, "doneBy": "tara" }] }),
    );
    accepted(world.push_one(&tara, stale));
    assert_eq!((&field(&world, "tasks")[0]["doneBy"], &field(&world, "tasks")[0]["note"]), (&json!("samir"), &json!("late")));
}

fn a_stamped_field_of_the_record_is_its_writers(world: World<impl Storage>) {
    order(&world, json!({}));
    let (tara, samir) = (world.tara(), world.samir());
    let forged = world.push_one(&tara, update("forged", "WO-1", 1, json!({ "signedBy": "samir" })));
    assert_eq!(refused(&forged), ["signedBy"]);
    let told = json!({ "signedBy": "tara", "signedAtReceived": "2020-01-01T00:00:00Z" });
    assert_eq!(refused(&world.push_one(&tara, update("told", "WO-1", 1, told))), ["signedAtReceived"]);
    let signed = json!({ "signedBy": "tara", "signedAt": "2026-01-01T00:00:00Z" });
    accepted(world.push_one(&tara, update("signed", "WO-1", 1, signed)));
    assert_eq!(field(&world, "signedAt"), "2026-01-01T00:00:00Z");
    let received = field(&world, "signedAtReceived");
    assert!(received.is_string());
    accepted(world.push_one(&samir, update("same", "WO-1", 2, json!({ "signedBy": "tara", "finding": "x" }))));
    assert_eq!(field(&world, "signedAtReceived"), received);
    accepted(world.push_one(&samir, update("taken", "WO-1", 3, json!({ "signedBy": "samir", "signedAt": "2199-01-01T00:00:00Z" }))));
    assert_eq!((field(&world, "signedBy"), field(&world, "signedAt")), (json!("samir"), field(&world, "signedAtReceived")));
    accepted(world.push_one(&tara, update("cleared", "WO-1", 4, json!({ "signedBy": null, "signedAt": null }))));
    assert_eq!((field(&world, "signedAt"), field(&world, "signedAtReceived")), (Value::Null, Value::Null));
}

/// A device queues a start and a stop of its timer, and two remarks, before it hears of the first answer.
fn later_writes_over_a_stamped_item_need_no_merge(world: World<impl Storage>) {
    order(&world, json!({}));
    let tara = world.tara();
    let (first, second) = (json!({ "id": "a", "by": "tara", "at": "2026-01-01T08:00:00Z" }), json!({ "id": "b", "by": "tara" }));
    let (running, stopped) = (json!({ "id": "s", "person": "tara" }), json!({ "id": "s", "person": "tara", "hours": 2 }));
    let mut one = with_base(update("1", "WO-1", 1, json!({ "remarks": [first], "shifts": [running] })), json!({ "remarks": null, "shifts": null }));
    let mut two = with_base(
        update("2", "WO-1", 1, json!({ "remarks": [first, second], "shifts": [stopped] })),
        json!({ "remarks": [first], "shifts": [running] }),
    );
    (one.clock_offset_ms, two.clock_offset_ms) = (-60_000, -60_000);
    for result in world.push(&tara, vec![one, two]) {
        let result = accepted(result);
        assert_eq!((result.merged.len(), result.superseded.len()), (0, 0), "{result:?}");
    }
    assert_eq!(field(&world, "remarks")[0]["at"], "2026-01-01T07:59:00.000Z");
    assert_eq!((&field(&world, "remarks")[1]["by"], &field(&world, "shifts")[0]["hours"]), (&json!("tara"), &json!(2)));
    assert!(world.notices("tara").is_empty());
}

fn an_item_that_somebody_removed_comes_back_in_its_authors_name(world: World<impl Storage>) {
    order(&world, json!({ "shifts": [{ "id": "s", "person": "jonas", "hours": 1 }] }));
    accepted(world.push_one(&world.samir(), update("removed", "WO-1", 1, json!({ "shifts": [] }))));
    let base = json!({ "shifts": [{ "id": "s", "person": "jonas", "hours": 1 }] });
    let more = json!({ "shifts": [{ "id": "s", "person": "jonas", "hours": 2 }] });
    accepted(world.push_one(&world.tara(), with_base(update("t", "WO-1", 1, more.clone()), base.clone())));
    assert_eq!(field(&world, "shifts"), more["shifts"]);
    // A base alone makes nothing of an item that never was.
    let claimed = json!({ "shifts": [{ "id": "never", "person": "jonas", "hours": 1 }] });
    let changed = json!({ "shifts": [{ "id": "never", "person": "jonas", "hours": 2 }] });
    let forged = world.push_one(&world.tara(), with_base(update("f", "WO-1", 1, changed), claimed));
    assert_eq!(refused(&forged), ["shifts[0].person"]);
}

fn what_a_lost_history_held_of_others_is_passed_over(world: World<impl Storage>) {
    order(&world, json!({}));
    let others = json!({ "id": "lost", "by": "jonas" });
    let own = json!({ "id": "own-lost", "by": "tara" });
    let write = with_base(
        update("t", "WO-1", 0, json!({ "remarks": [others, own, { "id": "new", "by": "tara" }] })),
        json!({ "remarks": [others, own] }),
    );
    accepted(world.push_one(&world.tara(), write));
    let kept = field(&world, "remarks");
    let kept: Vec<_> = kept.as_array().unwrap().iter().map(|item| (&item["id"], &item["by"])).collect();
    assert_eq!(kept, [(&json!("own-lost"), &json!("tara")), (&json!("new"), &json!("tara"))]);
}

/// tara and samir measured at the same time; somebody decides.
fn measured(world: &World<impl Storage>) -> String {
    order(world, json!({ "measures": [{ "id": "m", "value": 1, "by": "jonas" }] }));
    let of = |by: &str| json!({ "measures": [{ "id": "m", "value": 1 }, { "id": by, "value": 2, "by": by }] });
    accepted(world.push_one(&world.samir(), update("s", "WO-1", 1, of("samir"))));
    let result = world.push_one(&world.tara(), update("t", "WO-1", 1, of("tara")));
    result.conflict.unwrap().conflict_id
}

fn a_settlement_keeps_the_author_of_a_value(world: World<impl Storage>) {
    let conflict = measured(&world);
    let settle = |key: &str, choice: Value| {
        world.push_one(&world.samir(), system_update(key, "conflict", &conflict, json!({ "resolution": { "measures": choice } })))
    };
    let others = json!({ "choice": "value", "value": [{ "id": "x", "value": 9, "by": "jonas" }] });
    assert_eq!(refused(&settle("forged", others)), ["measures[0].by"]);
    let mixed = json!({ "choice": "value", "value": [{ "id": "tara", "value": 3, "by": "samir" }, { "id": "own", "value": 4 }, { "id": "m", "value": 5 }] });
    accepted(settle("mixed", mixed));
    let by = |world: &World<_>| {
        let items = field(world, "measures");
        let items = items.as_array().unwrap().iter();
        items.map(|item| format!("{}:{}", item["id"].as_str().unwrap(), item["by"].as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(by(&world), ["tara:tara", "own:samir", "m:jonas"]);
    let undone = world.push_one(&world.samir(), system_update("undo", "conflict", &conflict, json!({ "undo": true })));
    accepted(undone);
    assert_eq!(by(&world), ["m:jonas", "samir:samir"]);
    accepted(settle("mine", json!({ "choice": "mine" })));
    assert_eq!(by(&world), ["m:jonas", "tara:tara"], "chosen by samir, measured by tara");
}

fn a_deleted_record_comes_back_with_its_authors(world: World<impl Storage>) {
    order(&world, json!({ "remarks": [{ "id": "a", "by": "jonas" }] }));
    accepted(world.push_one(&world.samir(), delete("d", "WO-1", 1)));
    let forged = json!({ "remarks": [{ "id": "a", "by": "tara" }, { "id": "f", "by": "jonas" }] });
    assert_eq!(refused(&world.push_one(&world.tara(), update("f", "WO-1", 1, forged))), ["remarks[1].by"]);
    let typed = json!({ "remarks": [{ "id": "a", "by": "tara" }, { "id": "b" }] });
    let result = world.push_one(&world.tara(), update("t", "WO-1", 1, typed));
    let conflict = result.conflict.unwrap().conflict_id;
    let back = json!({ "resolution": { "record": { "choice": "recreate" } } });
    accepted(world.push_one(&world.samir(), system_update("r", "conflict", &conflict, back)));
    let remarks = field(&world, "remarks");
    assert_eq!((&remarks[0]["by"], &remarks[1]["by"]), (&json!("jonas"), &json!("tara")));
}

fn what_was_recorded_after_access_is_its_authors(world: World<impl Storage>) {
    order(&world, json!({ "shifts": [{ "id": "s", "person": "jonas", "hours": 1 }] }));
    accepted(world.push_one(&world.samir(), update("s", "WO-1", 1, json!({ "owner": "jonas" }))));
    let base = json!({ "shifts": [{ "id": "s", "person": "jonas", "hours": 1 }], "remarks": null });
    let forged = json!({ "remarks": [{ "id": "f", "by": "jonas" }] });
    let forged = world.push_one(&world.tara(), with_base(update("f", "WO-1", 1, forged), base.clone()));
    assert_eq!(refused(&forged), ["remarks[0].by"]);
    let done = json!({ "remarks": [{ "id": "r" }], "shifts": [{ "id": "s", "person": "tara", "hours": 1 }, { "id": "t", "hours": 3 }] });
    let taken = accepted(world.push_one(&world.tara(), with_base(update("t", "WO-1", 1, done), base)));
    assert!(taken.access_lost);
    assert_eq!((&field(&world, "remarks")[0]["by"], &field(&world, "shifts")[1]["person"]), (&json!("tara"), &json!("tara")));
    assert_eq!(field(&world, "shifts")[0]["person"], "jonas");
}

fn a_restored_value_keeps_its_author(world: World<impl Storage>) {
    let conflict = measured(&world);
    let theirs = json!({ "resolution": { "measures": { "choice": "theirs" } } });
    accepted(world.push_one(&world.samir(), system_update("r", "conflict", &conflict, theirs)));
    let filter = crate::storage::model::AuditFilter { limit: 1, ..Default::default() };
    let entry = world.write(|tx| tx.audits(&filter)).remove(0);
    world.act(&world.ada(), |tx, cx| restore::restore(tx, cx, &entry.id, &[])).unwrap();
    let measures = field(&world, "measures");
    assert_eq!((&measures[0]["by"], &measures[1]["by"]), (&json!("jonas"), &json!("tara")));
}

fn rest_lets_nobody_write_for_another(world: World<impl Storage>) {
    order(&world, json!({ "remarks": [{ "id": "a", "by": "jonas" }] }));
    let write = |operation: Operation, id: Option<&str>, body: Value| {
        let (tara, id) = (world.tara(), id.map(str::to_owned));
        world.act(&tara, |tx, cx| {
            let write = RestWrite { operation, id, body: object(body), key: None, if_match: holdfast_core::protocol::IfMatch::Absent };
            rest::write(tx, cx, rest::entity(cx, "orders").unwrap(), write)
        })
    };
    let forged = json!({ "title": "New", "remarks": [{ "id": "f", "by": "jonas" }] });
    for (operation, id) in [(Operation::Create, None), (Operation::Update, Some("WO-1"))] {
        let refusal = write(operation, id, forged.clone()).unwrap_err();
        assert_eq!((refusal.status, refusal.error.fields[0].field.as_str()), (422, "remarks[0].by"));
    }
    let written = write(Operation::Update, Some("WO-1"), json!({ "remarks": [{ "id": "n" }] })).unwrap();
    let remarks = written.record.unwrap().fields["remarks"].clone();
    assert_eq!((&remarks[0]["by"], &remarks[1]["by"]), (&json!("jonas"), &json!("tara")));
    assert!(remarks[1]["atReceived"].is_string());
}

fn a_device_that_stamps_alike_needs_no_record(world: World<impl Storage>) {
    let tara = world.tara();
    order(&world, json!({ "tasks": [{ "id": "a" }], "remarks": [{ "id": "r", "by": "jonas" }] }));
    let mut version = 1;
    let table = [
        (json!({ "tasks": [{ "id": "a" }] }), json!({ "tasks": [{ "id": "a", "done": true }] })),
        (json!({ "remarks": [{ "id": "r", "by": "jonas" }] }), json!({ "remarks": [{ "id": "r", "by": "jonas" }, { "id": "n", "at": "2026-01-01T08:00:00Z" }] })),
        (json!({ "signedAt": null }), json!({ "signedAt": "2026-01-01T08:00:00Z", "finding": null })),
        (json!({ "shifts": null }), json!({ "shifts": [{ "id": "s", "hours": 2 }] })),
    ];
    for (at, (base, payload)) in table.into_iter().enumerate() {
        let before = world.record("order", "WO-1").fields;
        let mut write = with_base(update(&format!("k{at}"), "WO-1", version, payload.clone()), base.clone());
        write.clock_offset_ms = -90_000;
        let request = |stamps: bool, write: &WireOperation| PushRequest {
            device_id: tara.device_id.clone(),
            pack_versions: Default::default(),
            cursor: None,
            receipt: None,
            by_position: false,
            stamps,
            operations: vec![write.clone()],
        };
        let answer = world.act(&tara, |tx, cx| pushing::push(tx, cx, &request(true, &write))).unwrap();
        let result = accepted(answer.results[0].clone());
        assert_eq!(result.record, None, "{payload}");
        let signer = Signer { user_id: "tara", received: answer.server_time, clock_offset_ms: write.clock_offset_ms };
        let entity = world.packs.entity("order").unwrap();
        let derived = signer.applied(entity, &before, &object(base.clone()), &object(payload.clone()));
        assert_eq!(derived, world.record("order", "WO-1").fields, "{payload}");
        version = result.new_version.unwrap();
        // One that does not say so is told the record.
        let plain = update(&format!("p{at}"), "WO-1", version, json!({ "check": { "result": format!("r{at}") } }));
        let answer = world.act(&tara, |tx, cx| pushing::push(tx, cx, &request(false, &plain))).unwrap();
        assert!(accepted(answer.results[0].clone()).record.is_some());
        version += 1;
    }
}
