//! The merge as push does it: who wrote, what they saw, who is told.

use holdfast_core::protocol::ResultStatus;
use serde_json::{Value, json};

use super::{World, object, on_both, operation, update};
use crate::storage::port::Storage;
use holdfast_core::record::Operation;

on_both!(
    each_strategy_settles_and_tells,
    who_wrote_decides,
    a_chain_of_own_edits_never_conflicts_with_itself,
    base_comes_from_the_history_where_it_is_not_sent,
    lists_merge_by_key,
    whoever_wrote_a_part_that_gave_way_is_told,
    values_of_a_form_that_was_open_longer_are_judged_by_who_wrote_since,
    a_choice_that_cannot_follow_gives_way_and_holds_nothing_up,
    a_remembered_choice_settles_a_manual_field,
);

/// field, server's value at the end, status, merged, superseded, notices to tara, notices to samir
type Row = (
    &'static str,
    Value,
    ResultStatus,
    usize,
    usize,
    Vec<&'static str>,
    Vec<&'static str>,
);

fn each_strategy_settles_and_tells(world: World<impl Storage>) {
    let table: Vec<Row> = vec![
        (
            "plan",
            json!("theirs"),
            ResultStatus::Success,
            0,
            1,
            vec!["superseded plan"],
            vec![],
        ),
        (
            "finding",
            json!("mine"),
            ResultStatus::Success,
            0,
            1,
            vec![],
            vec!["superseded finding"],
        ),
        (
            "completion",
            json!("theirs"),
            ResultStatus::Conflict,
            0,
            0,
            vec![],
            vec![],
        ),
    ];
    for (at, (field, stands, status, merged, superseded, to_tara, to_samir)) in table.into_iter().enumerate()
    {
        let id = format!("WO-00005{at}");
        world.given(
            "order",
            &id,
            json!({ "title": "Leak", "owner": "tara", field: "base", "siteId": "north" }),
        );
        world.push_one(
            &world.samir(),
            update(&format!("s{at}"), &id, 1, json!({ field: "theirs" })),
        );
        let told = (world.notices("tara").len(), world.notices("samir").len());
        let mut mine = update(
            &format!("t{at}"),
            &id,
            1,
            json!({ field: "mine", "title": format!("Leak {at}") }),
        );
        mine.base = Some(object(json!({ field: "base", "title": "Leak" })));
        let audits = world.audit_count();
        let result = world.push_one(&world.tara(), mine);
        assert_eq!(result.status, status, "{field}");
        assert_eq!(
            (result.merged.len(), result.superseded.len()),
            (merged, superseded),
            "{field}"
        );
        let record = world.record("order", &id);
        assert_eq!(record.fields[field], stands, "{field}");
        assert_eq!(
            record.fields["title"],
            json!(format!("Leak {at}")),
            "the other fields apply"
        );
        assert!(result.record.is_some(), "{field}");
        assert_eq!(world.notices("tara")[told.0..], to_tara, "{field}");
        assert_eq!(world.notices("samir")[told.1..], to_samir, "{field}");
        assert_eq!(world.audit_count(), audits + 1, "{field}");
    }
}

fn who_wrote_decides(world: World<impl Storage>) {
    for (at, (other, stands)) in [(world.samir(), "cancelled"), (world.ada(), "done")]
        .into_iter()
        .enumerate()
    {
        let id = format!("WO-00005{at}");
        world.given(
            "order",
            &id,
            json!({ "title": "Leak", "owner": "tara", "status": "open", "siteId": "north" }),
        );
        // "done" may follow only upon "open": the supervisor's word is kept, the admin's gives way to the strategy.
        let theirs = if stands == "cancelled" {
            "cancelled"
        } else {
            "open"
        };
        world.push_one(
            &other,
            update(&format!("o{at}"), &id, 1, json!({ "status": theirs })),
        );
        world.push_one(
            &world.tara(),
            update(&format!("t{at}"), &id, 1, json!({ "status": "done" })),
        );
        assert_eq!(world.record("order", &id).fields["status"], stands);
    }
}

fn a_chain_of_own_edits_never_conflicts_with_itself(world: World<impl Storage>) {
    world.given("order", "WO-000050", json!({ "title": "Leak", "owner": "tara" }));
    let edit = |key: &str, from: Value, to: &str| {
        let mut edit = update(key, "WO-000050", 1, json!({ "completion": to }));
        edit.base = Some(object(json!({ "completion": from })));
        edit
    };
    let chain = vec![
        edit("k1", json!(null), "a"),
        edit("k2", json!("a"), "ab"),
        edit("k3", json!("ab"), "abc"),
    ];
    let results = world.push(&world.tara(), chain);
    assert!(
        results
            .iter()
            .all(|result| result.status == ResultStatus::Success),
        "{results:?}"
    );
    assert_eq!(world.record("order", "WO-000050").fields["completion"], "abc");
    assert_eq!(world.audit_count(), 0);
}

fn base_comes_from_the_history_where_it_is_not_sent(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-000050",
        json!({ "title": "Leak", "owner": "tara", "completion": "v1" }),
    );
    world.push_one(
        &world.tara(),
        update("k1", "WO-000050", 1, json!({ "completion": "v2" })),
    );
    world.push_one(
        &world.samir(),
        update("k2", "WO-000050", 2, json!({ "plan": "Monday" })),
    );
    let saw_it = world.push_one(
        &world.tara(),
        update("k3", "WO-000050", 2, json!({ "completion": "v3" })),
    );
    assert_eq!(saw_it.status, ResultStatus::Success);
    let did_not = world.push_one(
        &world.samir(),
        update("k4", "WO-000050", 1, json!({ "completion": "other" })),
    );
    assert_eq!(did_not.status, ResultStatus::Conflict);
    let values = &did_not.conflict.unwrap().record.0["values"]["completion"];
    assert_eq!(
        (&values["base"], &values["mine"], &values["theirs"]),
        (&json!("v1"), &json!("other"), &json!("v3"))
    );
    assert_eq!(
        (&values["theirsBy"], &values["theirsName"]),
        (&json!("tara"), &json!("TARA"))
    );
    // Neither version nor base: what is there now is what the author speaks of.
    let blind = operation(
        "k5",
        Operation::Update,
        "WO-000050",
        json!({ "completion": "v4" }),
    );
    assert_eq!(
        world.push_one(&world.samir(), blind).status,
        ResultStatus::Success
    );
}

fn lists_merge_by_key(world: World<impl Storage>) {
    for part in ["PT-1", "PT-2", "PT-3"] {
        world.given("part", part, json!({ "name": part }));
    }
    let part = |id: &str, quantity: u32| json!({ "partId": id, "quantity": quantity });
    world.given(
        "order",
        "WO-000050",
        json!({ "title": "Leak", "owner": "tara", "parts": [part("PT-1", 1)] }),
    );
    world.push_one(
        &world.samir(),
        update(
            "s",
            "WO-000050",
            1,
            json!({ "parts": [part("PT-1", 2), part("PT-2", 1)] }),
        ),
    );
    let mine = update(
        "t",
        "WO-000050",
        1,
        json!({ "parts": [part("PT-1", 4), part("PT-3", 1)] }),
    );
    let result = world.push_one(&world.tara(), mine);
    assert_eq!(
        (result.status, result.merged.as_slice()),
        (ResultStatus::Success, ["parts".to_owned()].as_slice())
    );
    let parts = world.record("order", "WO-000050").fields["parts"].clone();
    let quantity = |id: &str| {
        parts
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["partId"] == id)
            .unwrap()["quantity"]
            .clone()
    };
    assert_eq!(
        (quantity("PT-1"), quantity("PT-2"), quantity("PT-3")),
        (json!(5), json!(1), json!(1))
    );
    assert_eq!(world.record("order", "WO-000050").fields["partCount"], 3);
    assert_eq!(world.notices("tara"), ["merged parts"]);
}

fn a_remembered_choice_settles_a_manual_field(world: World<impl Storage>) {
    for (at, (choice, stands)) in [("mine", "mine"), ("theirs", "theirs")].into_iter().enumerate() {
        let id = format!("WO-00005{at}");
        world.given(
            "user",
            "tara",
            json!({ "rememberedChoices": { "order.completion": choice } }),
        );
        world.given("order", &id, json!({ "title": "Leak", "owner": "tara" }));
        world.push_one(
            &world.samir(),
            update(&format!("s{at}"), &id, 1, json!({ "completion": "theirs" })),
        );
        let result = world.push_one(
            &world.tara(),
            update(&format!("t{at}"), &id, 1, json!({ "completion": "mine" })),
        );
        assert_eq!(
            (result.status, result.superseded.len()),
            (ResultStatus::Success, 1)
        );
        assert_eq!(world.record("order", &id).fields["completion"], stands);
    }
    assert!(world.all("conflict").is_empty());
    assert_eq!(world.notices("samir"), ["superseded completion"]);
    assert_eq!(world.notices("tara"), ["superseded completion"]);
}

/// Inside a field the author's value stands: the one it stands against is told by place, and whoever wrote it, which
/// need not be the last who touched the field.
fn whoever_wrote_a_part_that_gave_way_is_told(world: World<impl Storage>) {
    world.given("part", "PT-1", json!({ "name": "Hose" }));
    world.given("part", "PT-2", json!({ "name": "Seal" }));
    let parts = |one: Option<&str>, other: &str| {
        let one = one.map(|note| json!({ "partId": "PT-1", "quantity": 1, "note": note }));
        let other = json!({ "partId": "PT-2", "quantity": 1, "note": other });
        json!({ "parts": one.into_iter().chain([other]).collect::<Vec<_>>() })
    };
    let begin = |id: &str| {
        let mut fields = parts(Some("base"), "base");
        fields["title"] = json!("Leak");
        fields["owner"] = json!("tara");
        world.given("order", id, fields);
    };
    begin("WO-000050");
    let send = |caller: crate::sync::Caller, key: &str, id: &str, version: u64, value: Value| {
        world.push_one(&caller, update(key, id, version, value))
    };
    send(world.ada(), "a1", "WO-000050", 1, parts(Some("from ada"), "base"));
    send(
        world.samir(),
        "s1",
        "WO-000050",
        2,
        parts(Some("from ada"), "from samir"),
    );
    let result = send(
        world.tara(),
        "t1",
        "WO-000050",
        1,
        parts(Some("from tara"), "base"),
    );
    assert_eq!(result.status, ResultStatus::Success);
    let stands = world.record("order", "WO-000050").fields["parts"].clone();
    assert_eq!(
        (&stands[0]["note"], &stands[1]["note"]),
        (&json!("from tara"), &json!("from samir"))
    );
    assert_eq!(world.notices("ada"), ["superseded parts[PT-1].note"]);
    assert!(world.notices("samir").is_empty(), "nothing of samir's gave way");
    assert_eq!(world.notices("tara"), ["merged parts"]);
    let notice = world
        .all("notice")
        .into_iter()
        .find(|notice| notice.fields["userId"] == "ada")
        .unwrap();
    let detail = &notice.fields["details"][0];
    assert_eq!(
        (&detail["kept"], &detail["lost"]),
        (&json!("from tara"), &json!("from ada"))
    );
    // A removal gives way to a change of what was removed, and whoever removed it is told.
    begin("WO-000051");
    send(world.samir(), "s2", "WO-000051", 1, parts(None, "base"));
    send(
        world.tara(),
        "t2",
        "WO-000051",
        1,
        parts(Some("from tara"), "base"),
    );
    assert_eq!(world.notices("samir"), ["superseded parts[PT-1]"]);
    assert_eq!(world.record("order", "WO-000051").fields["partCount"], 2);
}

/// A form shows what was there when it was opened; what comes while it is open raises the version that it is sent with.
fn values_of_a_form_that_was_open_longer_are_judged_by_who_wrote_since(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-000050",
        json!({ "title": "Leak", "owner": "tara", "status": "done" }),
    );
    world.push_one(
        &world.samir(),
        update("s", "WO-000050", 1, json!({ "status": "open" })),
    );
    let mut mine = update(
        "t",
        "WO-000050",
        2,
        json!({ "status": "cancelled", "finding": "Hose" }),
    );
    mine.base = Some(object(json!({ "status": "done", "finding": null })));
    let result = world.push_one(&world.tara(), mine);
    assert_eq!(result.superseded.len(), 1);
    let record = world.record("order", "WO-000050");
    assert_eq!(
        (&record.fields["status"], &record.fields["finding"]),
        (&json!("open"), &json!("Hose"))
    );
    assert_eq!(
        world.notices("tara"),
        ["superseded status"],
        "what a supervisor decided stands"
    );
}

fn a_choice_that_cannot_follow_gives_way_and_holds_nothing_up(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-000050",
        json!({ "title": "Leak", "owner": "tara", "status": "open" }),
    );
    // Against an administrator the technician's choice wins, but nothing follows upon "cancelled".
    world.push_one(
        &world.ada(),
        update("a", "WO-000050", 1, json!({ "status": "cancelled" })),
    );
    let mine = update(
        "t",
        "WO-000050",
        1,
        json!({ "status": "done", "finding": "Hose" }),
    );
    let result = world.push_one(&world.tara(), mine);
    assert_eq!(
        result.status,
        ResultStatus::Success,
        "no dead letter: {:?}",
        result.error
    );
    assert_eq!(result.superseded[0].strategy, "server-wins");
    let record = world.record("order", "WO-000050");
    assert_eq!(
        (&record.fields["status"], &record.fields["finding"]),
        (&json!("cancelled"), &json!("Hose"))
    );
    assert_eq!(world.notices("tara"), ["superseded status"]);
}
