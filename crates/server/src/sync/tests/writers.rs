//! Fields that only some roles may write.

use holdfast_core::protocol::{ErrorCode, OperationResult, ResultStatus};
use serde_json::{Value, json};

use super::{World, create, delete, object, on_both, system_update, update};
use crate::storage::port::Storage;
use crate::sync::restore;

on_both!(
    who_lacks_the_role_sets_nothing,
    what_is_left_alone_refuses_nothing,
    taking_an_item_away_takes_its_parts_away,
    a_conflict_is_no_way_around,
    the_audit_is_no_way_around,
);

fn order(world: &World<impl Storage>, fields: Value) {
    let mut all = object(json!({ "title": "Leak", "owner": "tara", "siteId": "north" }));
    all.extend(object(fields));
    world.given("order", "WO-1", Value::Object(all));
}

fn refused(result: &OperationResult) -> Vec<&str> {
    let error = result.error.as_ref().expect("a refusal");
    assert_eq!(error.code, ErrorCode::ValidationError, "{error:?}");
    error.fields.iter().map(|field| field.field.as_str()).collect()
}

fn who_lacks_the_role_sets_nothing(world: World<impl Storage>) {
    order(&world, json!({ "shifts": [{ "id": "s", "person": "tara" }] }));
    let table = [
        (json!({ "budget": 5 }), "budget"),
        (
            json!({ "shifts": [{ "id": "s", "person": "tara", "paid": true }] }),
            "shifts[0].paid",
        ),
        (
            json!({ "shifts": [{ "id": "s", "person": "tara" }, { "id": "n", "paid": false }] }),
            "shifts[1].paid",
        ),
    ];
    for (at, (payload, field)) in table.into_iter().enumerate() {
        let changed = world.push_one(
            &world.tara(),
            update(&format!("u{at}"), "WO-1", 1, payload.clone()),
        );
        assert_eq!(refused(&changed), [field], "{payload}");
        let mut whole = object(payload.clone());
        whole.insert("title".into(), json!("New"));
        let made = world.push_one(
            &world.tara(),
            create(&format!("c{at}"), &format!("l{at}"), Value::Object(whole)),
        );
        assert_eq!(refused(&made), [field], "{payload}");
        let by_office = world.push_one(&world.samir(), update(&format!("s{at}"), "WO-1", 1, payload));
        assert_ne!(by_office.status, ResultStatus::Rejected, "{by_office:?}");
    }
}

fn what_is_left_alone_refuses_nothing(world: World<impl Storage>) {
    order(
        &world,
        json!({ "budget": 5, "shifts": [{ "id": "s", "person": "tara", "paid": true }] }),
    );
    let whole = json!({ "finding": "x", "budget": 5, "shifts": [{ "id": "s", "person": "tara", "paid": true, "hours": 2 }] });
    let changed = world.push_one(&world.tara(), update("t", "WO-1", 1, whole));
    assert_eq!(changed.status, ResultStatus::Success, "{changed:?}");
    // The office has changed it since; the technician speaks of something else.
    world.push_one(
        &world.samir(),
        update(
            "s",
            "WO-1",
            2,
            json!({ "budget": 7, "shifts": [{ "id": "s", "person": "tara", "paid": false, "hours": 2 }] }),
        ),
    );
    let stale = json!({ "budget": 5, "shifts": [{ "id": "s", "person": "tara", "paid": true, "hours": 3 }] });
    let changed = world.push_one(&world.tara(), update("late", "WO-1", 2, stale));
    assert_eq!(changed.status, ResultStatus::Success, "{changed:?}");
    let record = world.record("order", "WO-1");
    assert_eq!(
        (&record.fields["budget"], &record.fields["shifts"][0]["paid"]),
        (&json!(7), &json!(false))
    );
    assert_eq!(record.fields["shifts"][0]["hours"], 3);
}

fn taking_an_item_away_takes_its_parts_away(world: World<impl Storage>) {
    order(
        &world,
        json!({ "budget": 5, "shifts": [{ "id": "s", "person": "tara", "paid": true }, { "id": "t", "person": "tara" }] }),
    );
    let table = [
        (
            json!({ "shifts": [{ "id": "t", "person": "tara" }] }),
            "shifts[s].paid",
        ),
        (json!({ "shifts": null }), "shifts[s].paid"),
        (json!({ "budget": null }), "budget"),
    ];
    for (at, (payload, field)) in table.into_iter().enumerate() {
        let changed = world.push_one(&world.tara(), update(&format!("u{at}"), "WO-1", 1, payload));
        assert_eq!(refused(&changed), [field]);
    }
    let unpaid = json!({ "shifts": [{ "id": "s", "person": "tara", "paid": true }] });
    let changed = world.push_one(&world.tara(), update("u", "WO-1", 1, unpaid));
    assert_eq!(changed.status, ResultStatus::Success);
}

fn a_conflict_is_no_way_around(world: World<impl Storage>) {
    order(&world, json!({ "budget": 5, "completion": "base" }));
    // It would wait for a person, and no person was meant to be asked.
    world.push_one(
        &world.samir(),
        update("s", "WO-1", 1, json!({ "budget": 6, "completion": "theirs" })),
    );
    let waiting = world.push_one(&world.tara(), update("t", "WO-1", 1, json!({ "budget": 9 })));
    assert_eq!(refused(&waiting), ["budget"]);
    // An administrator and a supervisor meet on it; a technician has another conflict.
    let admin = world.push_one(&world.ada(), update("a", "WO-1", 1, json!({ "budget": 9 })));
    let conflict = admin.conflict.unwrap().conflict_id;
    let settle = json!({ "resolution": { "budget": { "choice": "mine" } } });
    let mut deputy = world.ada();
    deputy.me.roles = vec!["technician".into()];
    deputy.device_id = "ada-phone".into();
    world.given("order", "WO-1", json!({ "owner": "ada" }));
    let settled = world.push_one(&deputy, system_update("r", "conflict", &conflict, settle));
    assert_eq!(refused(&settled), ["budget"]);
    // A deleted record keeps what was typed for later.
    world.push_one(
        &world.samir(),
        delete("d", "WO-1", world.record("order", "WO-1").version),
    );
    world.given("order", "WO-2", json!({ "title": "x", "owner": "tara" }));
    world.push_one(&world.samir(), delete("d2", "WO-2", 1));
    let typed = world.push_one(&world.tara(), update("typed", "WO-2", 1, json!({ "budget": 1 })));
    assert_eq!(refused(&typed), ["budget"]);
}

fn the_audit_is_no_way_around(world: World<impl Storage>) {
    order(&world, json!({ "budget": 5 }));
    world.push_one(&world.samir(), update("s", "WO-1", 1, json!({ "budget": 6 })));
    let admin = world.push_one(&world.ada(), update("a", "WO-1", 1, json!({ "budget": 9 })));
    assert_eq!(admin.status, ResultStatus::Conflict);
    let filter = crate::storage::model::AuditFilter {
        limit: 1,
        ..Default::default()
    };
    let entry = world.write(|tx| tx.audits(&filter)).remove(0);
    let mut auditor = world.ada();
    auditor.me.roles = vec!["technician".into()];
    world.given("order", "WO-1", json!({ "owner": "ada" }));
    let refusal = world
        .act(&auditor, |tx, cx| restore::restore(tx, cx, &entry.id, &[]))
        .unwrap_err();
    assert_eq!(
        (refusal.status, refusal.error.fields[0].field.as_str()),
        (422, "budget")
    );
    world
        .act(&world.ada(), |tx, cx| restore::restore(tx, cx, &entry.id, &[]))
        .unwrap();
    assert_eq!(world.record("order", "WO-1").fields["budget"], 9);
}
