//! The life of a conflict, C1 to C9 (C10 is in `merge`).

use holdfast_core::protocol::{ErrorCode, OperationResult, ResultStatus};
use serde_json::{Value, json};

use super::{World, on_both, system_update, update};
use crate::storage::model::StoredRecord;
use crate::storage::port::Storage;
use crate::sync::Caller;

on_both!(
    a_manual_field_waits_and_the_others_apply,
    a_second_conflict_of_the_same_author_grows_the_first,
    each_choice_settles,
    every_field_needs_a_choice_that_fits,
    the_first_resolver_wins_and_the_second_is_told,
    a_settlement_is_taken_back_or_not,
    a_choice_is_remembered_for_its_resolver,
    only_those_who_may_see_it_settle_it,
);

/// A conflict over `completion` (and `cause`) between tara, who lost the race, and samir.
fn open_conflict(world: &World<impl Storage>, key: &str) -> StoredRecord {
    let id = format!("WO-{key}");
    world.given(
        "order",
        &id,
        json!({ "title": "Leak", "owner": "tara", "siteId": "north", "completion": "base" }),
    );
    world.push_one(
        &world.samir(),
        update(
            &format!("s-{key}"),
            &id,
            1,
            json!({ "completion": "theirs", "cause": "wear" }),
        ),
    );
    let mine = json!({ "completion": "mine", "cause": "crack", "finding": "hose" });
    let result = world.push_one(&world.tara(), update(&format!("t-{key}"), &id, 1, mine));
    assert_eq!(result.status, ResultStatus::Conflict);
    world.record("conflict", &result.conflict.unwrap().conflict_id)
}

pub(super) fn resolve(
    world: &World<impl Storage>,
    by: &Caller,
    key: &str,
    conflict: &str,
    resolution: Value,
) -> OperationResult {
    world.push_one(
        by,
        system_update(key, "conflict", conflict, json!({ "resolution": resolution })),
    )
}

fn both(completion: &str, cause: &str) -> Value {
    json!({ "completion": { "choice": completion }, "cause": { "choice": cause } })
}

fn order<S: Storage>(world: &World<S>, conflict: &StoredRecord) -> StoredRecord {
    world.record("order", conflict.fields["recordId"].as_str().unwrap())
}

fn a_manual_field_waits_and_the_others_apply(world: World<impl Storage>) {
    let conflict = open_conflict(&world, "1");
    let record = order(&world, &conflict);
    assert_eq!(
        (&record.fields["completion"], &record.fields["finding"]),
        (&json!("theirs"), &json!("hose"))
    );
    assert_eq!(conflict.fields["status"], "open");
    assert_eq!(
        conflict.fields["conflictingFields"],
        json!(["cause", "completion"])
    );
    assert_eq!(conflict.fields["title"], "Leak");
    let values = &conflict.fields["values"]["completion"];
    assert_eq!(
        (&values["base"], &values["mine"], &values["theirs"]),
        (&json!("base"), &json!("mine"), &json!("theirs"))
    );
    assert_eq!(
        (&values["theirsBy"], &values["theirsName"]),
        (&json!("samir"), &json!("SAMIR"))
    );
    assert_eq!(
        (
            &conflict.fields["clientVersion"],
            &conflict.fields["serverVersion"]
        ),
        (&json!(1), &json!(3))
    );
}

fn a_second_conflict_of_the_same_author_grows_the_first(world: World<impl Storage>) {
    let first = open_conflict(&world, "1");
    let mut later = update("later", "WO-1", 1, json!({ "completion": "newer" }));
    later.base = Some(super::object(json!({ "completion": "mine" })));
    let result = world.push_one(&world.tara(), later);
    assert_eq!(result.conflict.unwrap().conflict_id, first.id);
    let grown = world.record("conflict", &first.id);
    let values = &grown.fields["values"]["completion"];
    assert_eq!(
        (&values["base"], &values["mine"], &values["theirs"]),
        (&json!("base"), &json!("newer"), &json!("theirs"))
    );
    assert_eq!(grown.fields["conflictingFields"], json!(["cause", "completion"]));
    assert_eq!(world.all("conflict").len(), 1);
    // Another author's conflict is another one.
    let other = world.push_one(
        &world.ada(),
        update("ada", "WO-1", 1, json!({ "completion": "third" })),
    );
    assert_ne!(other.conflict.unwrap().conflict_id, first.id);
}

fn each_choice_settles(world: World<impl Storage>) {
    let value =
        json!({ "completion": { "choice": "value", "value": "both" }, "cause": { "choice": "mine" } });
    let table = [
        ("1", both("mine", "mine"), "mine", "crack"),
        ("2", both("theirs", "theirs"), "theirs", "wear"),
        ("3", both("mine", "theirs"), "mine", "wear"),
        ("4", value, "both", "crack"),
    ];
    for (key, resolution, completion, cause) in table {
        let conflict = open_conflict(&world, key);
        let before = order(&world, &conflict).version;
        let result = resolve(
            &world,
            &world.tara(),
            &format!("r{key}"),
            &conflict.id,
            resolution.clone(),
        );
        assert_eq!(result.status, ResultStatus::Success, "{key}: {result:?}");
        let record = order(&world, &conflict);
        assert_eq!(
            (&record.fields["completion"], &record.fields["cause"]),
            (&json!(completion), &json!(cause)),
            "{key}"
        );
        assert_eq!(record.version, before + u64::from(key != "2"), "{key}");
        let settled = world.record("conflict", &conflict.id);
        assert_eq!(
            (&settled.fields["status"], &settled.fields["resolvedBy"]),
            (&json!("resolved"), &json!("tara"))
        );
        assert_eq!(settled.fields["resolution"], resolution);
        assert_eq!(result.record.unwrap().version(), Some(settled.version));
    }
    assert!(
        world.notices("tara").is_empty(),
        "who settles needs no notice of it"
    );
    assert_eq!(
        world
            .notices("samir")
            .iter()
            .filter(|told| told.starts_with("superseded"))
            .count(),
        5
    );
}

fn every_field_needs_a_choice_that_fits(world: World<impl Storage>) {
    let conflict = open_conflict(&world, "1");
    let table = [
        (
            json!({ "completion": { "choice": "mine" } }),
            vec!["resolution.cause"],
        ),
        (json!({}), vec!["resolution.cause", "resolution.completion"]),
        (both("recreate", "mine"), vec!["resolution.completion"]),
        (both("coin", "mine"), vec!["resolution.completion"]),
        (
            json!({ "completion": { "choice": "value", "value": 7 }, "cause": { "choice": "theirs" } }),
            vec!["completion"],
        ),
    ];
    for (at, (resolution, wrong)) in table.into_iter().enumerate() {
        let result = resolve(&world, &world.tara(), &format!("r{at}"), &conflict.id, resolution);
        let error = result.error.unwrap();
        assert_eq!(error.code, ErrorCode::ValidationError);
        assert_eq!(
            error
                .fields
                .iter()
                .map(|field| field.field.as_str())
                .collect::<Vec<_>>(),
            wrong
        );
    }
    let touched = world.push_one(
        &world.tara(),
        system_update("x", "conflict", &conflict.id, json!({ "status": "resolved" })),
    );
    assert_eq!(touched.error.unwrap().code, ErrorCode::ValidationError);
    assert_eq!(world.record("conflict", &conflict.id).version, conflict.version);
}

fn the_first_resolver_wins_and_the_second_is_told(world: World<impl Storage>) {
    let conflict = open_conflict(&world, "1");
    resolve(
        &world,
        &world.samir(),
        "r1",
        &conflict.id,
        both("theirs", "theirs"),
    );
    assert_eq!(
        world.notices("tara"),
        ["settled cause"],
        "the author learns that somebody else settled it"
    );
    let second = resolve(&world, &world.tara(), "r2", &conflict.id, both("mine", "mine"));
    assert_eq!(
        (second.status, second.superseded.len()),
        (ResultStatus::Success, 1)
    );
    assert_eq!(order(&world, &conflict).fields["completion"], "theirs");
    assert_eq!(world.notices("tara"), ["settled cause", "settled resolution"]);
    let same = resolve(
        &world,
        &world.samir(),
        "r3",
        &conflict.id,
        both("theirs", "theirs"),
    );
    assert_eq!((same.status, same.superseded.len()), (ResultStatus::Success, 0));
}

fn a_settlement_is_taken_back_or_not(world: World<impl Storage>) {
    let conflict = open_conflict(&world, "1");
    let undo = |key: &str| {
        world.push_one(
            &world.tara(),
            system_update(key, "conflict", &conflict.id, json!({ "undo": true })),
        )
    };
    resolve(&world, &world.tara(), "r1", &conflict.id, both("mine", "theirs"));
    let taken_back = undo("u1");
    assert_eq!(taken_back.status, ResultStatus::Success, "{taken_back:?}");
    assert_eq!(order(&world, &conflict).fields["completion"], "theirs");
    let opened = world.record("conflict", &conflict.id);
    assert_eq!(
        (&opened.fields["status"], opened.fields.get("resolution")),
        (&json!("open"), None)
    );
    assert_eq!(
        undo("u2").new_version,
        Some(opened.version),
        "an open one has nothing to take back"
    );

    resolve(&world, &world.tara(), "r2", &conflict.id, both("mine", "theirs"));
    let version = order(&world, &conflict).version;
    world.push_one(
        &world.samir(),
        update(
            "later",
            "WO-1",
            version,
            json!({ "completion": "moved on", "plan": "x" }),
        ),
    );
    let refused = undo("u3");
    let error = refused.error.unwrap();
    assert_eq!(
        (refused.status, error.code),
        (ResultStatus::Rejected, ErrorCode::VersionConflict)
    );
    assert_eq!(error.fields[0].field, "completion");
    assert_eq!(
        world.record("conflict", &conflict.id).fields["status"],
        "resolved"
    );
}

fn a_choice_is_remembered_for_its_resolver(world: World<impl Storage>) {
    let conflict = open_conflict(&world, "1");
    let resolution =
        json!({ "completion": { "choice": "mine", "remember": true }, "cause": { "choice": "theirs" } });
    resolve(&world, &world.tara(), "r", &conflict.id, resolution);
    assert_eq!(
        world.record("user", "tara").fields["rememberedChoices"],
        json!({ "order.completion": "mine" })
    );
    assert!(
        !world
            .record("user", "samir")
            .fields
            .contains_key("rememberedChoices")
    );
}

fn only_those_who_may_see_it_settle_it(world: World<impl Storage>) {
    let conflict = open_conflict(&world, "1");
    let result = resolve(&world, &world.jonas(), "r", &conflict.id, both("mine", "mine"));
    assert_eq!(result.error.unwrap().code, ErrorCode::NotFound);
    // The author lost access meanwhile: the server's values close it, one's own cannot be written.
    world.push_one(
        &world.samir(),
        update("away", "WO-1", 3, json!({ "owner": "jonas" })),
    );
    let denied = resolve(&world, &world.tara(), "r2", &conflict.id, both("mine", "mine"));
    assert_eq!(denied.error.unwrap().code, ErrorCode::PermissionDenied);
    let closed = resolve(
        &world,
        &world.tara(),
        "r3",
        &conflict.id,
        both("theirs", "theirs"),
    );
    assert_eq!(closed.status, ResultStatus::Success);
}
