//! Values are stored in one form, whatever form and way they came.

use holdfast_core::protocol::{ErrorCode, ResultStatus};
use serde_json::{Value, json};

use super::{World, create, local, on_both, system_update, update};
use crate::storage::port::Storage;

on_both!(
    numbers_are_kept_to_the_last_digit,
    what_no_number_can_say_is_refused_at_its_field,
    instants_are_stored_in_utc,
    a_device_that_writes_another_form_is_told_the_stored_one,
    a_resolution_is_stored_in_the_same_form,
);

fn numbers_are_kept_to_the_last_digit(world: World<impl Storage>) {
    let tara = world.tara();
    let trips = |value: Value| {
        world.push_one(
            &tara,
            create(
                &value.to_string(),
                &local(&value.to_string()),
                json!({ "title": "a", "trips": value }),
            ),
        )
    };
    let table = [
        (json!(9_007_199_254_740_992_i64), json!("9007199254740992")),
        (json!("9007199254740993"), json!("9007199254740993")),
        (json!("12.50"), json!(12.5)),
        (json!("0.1000000000000000055"), json!("0.1000000000000000055")),
        (json!(7.0), json!(7)),
    ];
    for (sent, stored) in table {
        let result = trips(sent.clone());
        assert_eq!(result.status, ResultStatus::Success, "{sent}: {result:?}");
        let id = result.entity_id.unwrap();
        assert_eq!(world.record("order", &id).fields["trips"], stored, "{sent}");
    }
    // Next to one that a double does not tell apart: a change, not the same once more.
    world.given(
        "order",
        "WO-000900",
        json!({ "title": "b", "owner": "tara", "trips": "9007199254740992" }),
    );
    let more = update(
        "more",
        "WO-000900",
        1,
        json!({ "trips": 9_007_199_254_740_993_i64 }),
    );
    assert_eq!(world.push_one(&tara, more).status, ResultStatus::Success);
    let again = update("again", "WO-000900", 1, json!({ "trips": "9007199254740994" }));
    assert_eq!(world.push_one(&tara, again).status, ResultStatus::Success);
    // One more by each of them: 2 ** 53 + 3.
    assert_eq!(
        world.record("order", "WO-000900").fields["trips"],
        "9007199254740995"
    );
}

fn what_no_number_can_say_is_refused_at_its_field(world: World<impl Storage>) {
    let tara = world.tara();
    world.given(
        "order",
        "WO-000900",
        json!({ "title": "b", "owner": "tara", "trips": 5 }),
    );
    let table = [
        json!(1e300),
        json!("1e300"),
        json!("1e-60"),
        json!("NaN"),
        json!("1,5"),
        json!(" 5"),
        json!(true),
        json!([1]),
    ];
    for (at, value) in table.into_iter().enumerate() {
        let result = world.push_one(
            &tara,
            update(&format!("k{at}"), "WO-000900", 1, json!({ "trips": value })),
        );
        let error = result.error.unwrap();
        assert_eq!(
            (result.status, error.code),
            (ResultStatus::Rejected, ErrorCode::ValidationError),
            "{value}"
        );
        assert_eq!(error.fields[0].field, "trips", "{value}");
    }
    let nested = json!({ "labor": [{ "id": "1", "hours": "24.0000000000000000000001" }] });
    let result = world.push_one(&tara, update("nested", "WO-000900", 1, nested));
    let error = result.error.unwrap();
    assert_eq!(
        (error.fields[0].field.as_str(), error.fields[0].message.as_str()),
        ("labor[0].hours", "must be at most 24")
    );
    assert_eq!(world.record("order", "WO-000900").fields["trips"], 5);
}

fn instants_are_stored_in_utc(world: World<impl Storage>) {
    let tara = world.tara();
    let table = [
        ("2026-11-21T01:00:00+05:00", "2026-11-20T20:00:00Z"),
        ("2026-11-20T20:00:00.000Z", "2026-11-20T20:00:00.000Z"),
        ("2026-11-20t15:00:00.25-05:00", "2026-11-20T20:00:00.250Z"),
    ];
    for (sent, stored) in table {
        let result = world.push_one(
            &tara,
            create(sent, &local(sent), json!({ "title": "a", "due": sent })),
        );
        let id = result.entity_id.unwrap();
        assert_eq!(world.record("order", &id).fields["due"], stored, "{sent}");
        // The same instant in another form is no change.
        let again = update(
            &format!("again {sent}"),
            &id,
            1,
            json!({ "due": "2026-11-21T02:00:00+06:00" }),
        );
        let result = world.push_one(&tara, again);
        assert_eq!(
            (result.status, result.new_version),
            (
                ResultStatus::Success,
                Some(if sent.contains(".25") { 2 } else { 1 })
            )
        );
    }
}

fn a_device_that_writes_another_form_is_told_the_stored_one(world: World<impl Storage>) {
    let tara = world.tara();
    world.given("order", "WO-000900", json!({ "title": "b", "owner": "tara" }));
    let plain = world.push_one(&tara, update("a", "WO-000900", 1, json!({ "trips": 5 })));
    assert_eq!((plain.status, plain.record), (ResultStatus::Success, None));
    let other = world.push_one(&tara, update("b", "WO-000900", 2, json!({ "trips": "6.0" })));
    assert_eq!(other.record.unwrap().0["trips"], 6);
}

fn a_resolution_is_stored_in_the_same_form(world: World<impl Storage>) {
    let (tara, samir) = (world.tara(), world.samir());
    world.given(
        "order",
        "WO-000900",
        json!({ "title": "b", "owner": "tara", "siteId": "north", "asked": "2026-11-20T20:00:00Z" }),
    );
    world.push_one(
        &samir,
        update("s", "WO-000900", 1, json!({ "asked": "2026-11-20T21:00:00Z" })),
    );
    let mine = world.push_one(
        &tara,
        update("t", "WO-000900", 1, json!({ "asked": "2026-11-20T22:00:00Z" })),
    );
    let conflict = mine.conflict.unwrap().conflict_id;
    let choice =
        json!({ "resolution": { "asked": { "choice": "value", "value": "2026-11-21T01:00:00+02:00" } } });
    let result = world.push_one(&tara, system_update("r", "conflict", &conflict, choice));
    assert_eq!(result.status, ResultStatus::Success, "{result:?}");
    assert_eq!(
        world.record("order", "WO-000900").fields["asked"],
        "2026-11-20T23:00:00Z"
    );
    let undone = world.push_one(
        &tara,
        system_update("u", "conflict", &conflict, json!({ "undo": true })),
    );
    assert_eq!(undone.status, ResultStatus::Success, "{undone:?}");
    assert_eq!(
        world.record("order", "WO-000900").fields["asked"],
        "2026-11-20T21:00:00Z"
    );
}
