//! What is about a record is shown, and settled, by access to that record.

use holdfast_core::protocol::{Delta, ErrorCode, ResultStatus};
use serde_json::{Value, json};

use super::{World, on_both, system_update, update};
use crate::storage::model::{AuditFilter, StoredRecord};
use crate::storage::port::Storage;
use crate::sync::{audit, digest, digest::DigestRequest, rest};

on_both!(
    nothing_of_the_record_is_told_to_whoever_lost_it,
    a_lost_conflict_is_neither_settled_nor_taken_back_to_read_a_value,
    an_answer_given_again_says_no_more_than_the_caller_may_see,
    the_audit_shows_values_of_readable_records_alone,
    the_digest_is_of_what_may_be_read,
    a_conflict_is_told_again_once_its_record_is_in_sight,
    another_readers_conflict_and_notices_are_whole_once_their_record_is_back,
    a_conflict_that_changed_is_sent_whole,
);

const SECRET: &str = "only for those who may read it";

/// A conflict of tara's, whose record was then given to somebody else and changed.
fn lost_conflict(world: &World<impl Storage>) -> StoredRecord {
    world.given(
        "order",
        "WO-000001",
        json!({ "title": "Leak", "owner": "tara", "siteId": "north", "completion": "base" }),
    );
    world.push_one(
        &world.samir(),
        update(
            "s1",
            "WO-000001",
            1,
            json!({ "completion": "theirs", "plan": "a" }),
        ),
    );
    let mine = json!({ "completion": "mine", "plan": "b" });
    let result = world.push_one(&world.tara(), update("t1", "WO-000001", 1, mine));
    let conflict = result.conflict.unwrap().conflict_id;
    let away = json!({ "owner": "jonas", "title": SECRET, "completion": SECRET, "plan": SECRET });
    world.push_one(&world.samir(), update("s2", "WO-000001", 2, away));
    world.record("conflict", &conflict)
}

fn says_the_secret(what: &impl serde::Serialize) -> bool {
    serde_json::to_string(what).unwrap().contains(SECRET)
}

fn nothing_of_the_record_is_told_to_whoever_lost_it(world: World<impl Storage>) {
    let tara = world.tara();
    let conflict = lost_conflict(&world);
    // Somebody else settles it; the author is told that it is settled.
    let resolution = json!({ "resolution": { "completion": { "choice": "value", "value": SECRET } } });
    world.push_one(
        &world.samir(),
        system_update("r", "conflict", &conflict.id, resolution),
    );
    assert!(!world.notices("tara").is_empty());
    let scan = world.pull(&tara, None, 1_000).unwrap();
    assert!(
        !says_the_secret(&scan),
        "{}",
        serde_json::to_string(&scan).unwrap()
    );
    let rows = &scan.changes.records["conflicts"];
    assert_eq!(
        rows[0].0["values"]["completion"],
        json!({ "base": "base", "mine": "mine" }),
        "one's own words stay"
    );
    let fetched = world.fetch(&tara, "conflicts", &[&conflict.id]).unwrap();
    assert!(!says_the_secret(&fetched));
    for plural in ["conflicts", "notices"] {
        let listed = world.act(&tara, |tx, cx| {
            let entity = rest::entity(cx, plural).unwrap();
            let list = rest::list(tx, cx, entity, &rest::ListRequest::default())?;
            let ids: Vec<String> = list
                .clone()
                .unwrap()
                .items
                .iter()
                .filter_map(|r| r.id(&entity.id_field).map(str::to_owned))
                .collect();
            let mut all = vec![json!(list.unwrap().items)];
            for id in ids {
                all.push(json!(rest::get(tx, cx, entity, &id)?.map(|record| record.fields)));
                let page = rest::history(tx, cx, entity, &id, &rest::HistoryRequest::default())?.unwrap();
                all.push(json!(page.versions));
            }
            Ok(all)
        });
        assert!(!says_the_secret(&listed), "{plural}: {}", json!(listed));
    }
    // The supervisor, who may read the record, sees all of it.
    assert!(says_the_secret(
        &world.fetch(&world.samir(), "conflicts", &[&conflict.id]).unwrap()
    ));
}

fn a_lost_conflict_is_neither_settled_nor_taken_back_to_read_a_value(world: World<impl Storage>) {
    let tara = world.tara();
    let conflict = lost_conflict(&world);
    let act = |key: &str, payload: Value| {
        world.push_one(&tara, system_update(key, "conflict", &conflict.id, payload))
    };
    for choice in [
        json!({ "choice": "mine" }),
        json!({ "choice": "value", "value": "x" }),
    ] {
        let refused = act(
            &format!("r-{choice}"),
            json!({ "resolution": { "completion": choice } }),
        );
        assert_eq!(refused.error.as_ref().unwrap().code, ErrorCode::PermissionDenied);
        assert!(!says_the_secret(&refused));
    }
    let given_up = act(
        "r",
        json!({ "resolution": { "completion": { "choice": "theirs" } } }),
    );
    assert_eq!(
        given_up.status,
        ResultStatus::Success,
        "one's own value may be given up"
    );
    assert!(!says_the_secret(&given_up), "{given_up:?}");
    let undone = act("u", json!({ "undo": true }));
    assert_eq!(undone.error.as_ref().unwrap().code, ErrorCode::PermissionDenied);
    let late = act(
        "r2",
        json!({ "resolution": { "completion": { "choice": "mine" } } }),
    );
    assert!(!says_the_secret(&late) && !says_the_secret(&undone));
    let delta = world.pull(&tara, None, 1_000).unwrap();
    assert!(!says_the_secret(&delta));
}

fn an_answer_given_again_says_no_more_than_the_caller_may_see(world: World<impl Storage>) {
    let tara = world.tara();
    world.given(
        "order",
        "WO-000001",
        json!({ "title": "Leak", "owner": "tara", "siteId": "north" }),
    );
    world.push_one(
        &world.samir(),
        update("s", "WO-000001", 1, json!({ "plan": SECRET })),
    );
    let write = || update("t", "WO-000001", 1, json!({ "plan": "mine" }));
    let first = world.push_one(&tara, write());
    assert!(says_the_secret(&first), "it was theirs to see then");
    world.push_one(
        &world.samir(),
        update("s2", "WO-000001", 2, json!({ "owner": "jonas" })),
    );
    let again = world.push_one(&tara, write());
    assert!(!says_the_secret(&again), "{again:?}");
    assert_eq!(again.superseded[0].lost, "mine");
}

fn the_audit_shows_values_of_readable_records_alone(world: World<impl Storage>) {
    lost_conflict(&world);
    let list = |caller: &crate::sync::Caller| {
        let filter = AuditFilter {
            limit: 100,
            ..AuditFilter::default()
        };
        world.act(caller, |tx, cx| audit::list(tx, cx, &filter)).unwrap()
    };
    let mut clerk = super::caller(&world.packs, "clerk", "technician", &[], "clerk-desk");
    clerk.me.scopes.push("system:audit:read".into());
    let (seen, all) = (list(&clerk), list(&world.ada()));
    assert_eq!(seen.items.len(), all.items.len());
    assert!(
        seen.items
            .iter()
            .flat_map(|entry| &entry.losing)
            .all(|lost| lost.value.is_null() && lost.kept.is_null())
    );
    assert!(
        all.items
            .iter()
            .flat_map(|entry| &entry.losing)
            .any(|lost| lost.value == "mine")
    );
}

fn the_digest_is_of_what_may_be_read(world: World<impl Storage>) {
    let tara = world.tara();
    world.given(
        "order",
        "WO-000001",
        json!({ "title": "Leak", "owner": "tara", "siteId": "north", "status": "open" }),
    );
    let cursor = world.pull(&tara, None, 100).unwrap().cursor;
    let ask = || {
        let request = DigestRequest {
            since: Some(cursor.clone()),
            entities: None,
            versions: true,
        };
        let digest = world
            .act(&tara, |tx, cx| digest::digest(tx, cx, &request))
            .unwrap();
        digest.entities["orders"]
            .versions
            .clone()
            .unwrap()
            .into_keys()
            .collect::<Vec<_>>()
    };
    assert_eq!(ask(), ["WO-000001"]);
    world.push_one(
        &world.samir(),
        update("s", "WO-000001", 1, json!({ "owner": "jonas" })),
    );
    assert!(ask().is_empty(), "its versions go on without tara");
}

/// The record itself is not sent: a finished order stays away from devices, whoever may read it.
fn a_conflict_is_told_again_once_its_record_is_in_sight(world: World<impl Storage>) {
    let theirs = |delta: &Delta| {
        let rows = delta.changes.records.get("conflicts")?;
        rows[0].0["values"]["completion"].get("theirs").cloned()
    };
    let tara = world.tara();
    lost_conflict(&world);
    let scan = world.pull(&tara, None, 1_000).unwrap();
    assert_eq!(theirs(&scan), None);
    let back = json!({ "owner": "tara", "status": "done", "title": "Leak", "completion": "seen" });
    world.push_one(&world.samir(), update("s3", "WO-000001", 3, back));
    let delta = world.pull(&tara, Some(&scan.cursor), 1_000).unwrap();
    assert_eq!(theirs(&delta), Some(json!("theirs")));
    assert!(!delta.changes.records.contains_key("orders"));
    let next = world.pull(&tara, Some(&delta.cursor), 1_000).unwrap();
    assert!(!next.changes.records.contains_key("conflicts"), "it is told once");

    // The reader's own scope changes, and no record does.
    let mut samir = world.samir();
    let mine = json!({ "completion": "samir's" });
    world
        .push_one(&samir, update("s4", "WO-000001", 3, mine))
        .conflict
        .unwrap();
    let before = world.pull(&samir, None, 1_000).unwrap();
    assert!(theirs(&before).is_some());
    samir.me.sites = vec!["south".into()];
    world.know(&samir);
    let away = world.pull(&samir, Some(&before.cursor), 1_000).unwrap();
    assert_eq!(theirs(&away), None);
    assert!(
        away.changes.records.contains_key("conflicts"),
        "redacted: {away:?}"
    );
    samir.me.sites = vec!["north".into(), "south".into()];
    world.know(&samir);
    let again = world.pull(&samir, Some(&away.cursor), 1_000).unwrap();
    assert!(theirs(&again).is_some(), "{again:?}");
}

/// The supervisor of one site, who may read conflicts there whoever wrote them.
fn nora(world: &World<impl Storage>) -> crate::sync::Caller {
    let nora = super::caller(&world.packs, "nora", "supervisor", &["north"], "nora-desk");
    world.know(&nora);
    nora
}

fn moved(world: &World<impl Storage>, key: &str, site: &str) {
    let version = world.record("order", "WO-000001").version;
    let payload = json!({ "siteId": site });
    let result = world.push_one(&world.samir(), update(key, "WO-000001", version, payload));
    assert_eq!(result.status, ResultStatus::Success, "{result:?}");
}

fn another_readers_conflict_and_notices_are_whole_once_their_record_is_back(world: World<impl Storage>) {
    for settled in [false, true] {
        let world = &world;
        let nora = nora(world);
        if settled {
            // The next order goes the same way, with its conflict resolved.
            let conflict = world.all("conflict").remove(0).id;
            let choice = json!({ "resolution": { "completion": { "choice": "mine" } } });
            world.push_one(
                &world.samir(),
                system_update("settle", "conflict", &conflict, choice),
            );
        } else {
            lost_conflict(world);
            let version = world.record("order", "WO-000001").version;
            world.push_one(
                &nora,
                update("n1", "WO-000001", version, json!({ "finding": "nora's" })),
            );
            let version = world.record("order", "WO-000001").version;
            world.push_one(
                &nora,
                update("n2", "WO-000001", version, json!({ "completion": "nora's" })),
            );
            // Somebody else's value takes the place of nora's, and she gets a notice.
            let version = world.record("order", "WO-000001").version;
            let conflict = world.all("conflict").remove(0).id;
            let choice = json!({ "resolution": { "completion": { "choice": "value", "value": "x" } } });
            world.push_one(
                &world.samir(),
                system_update("first", "conflict", &conflict, choice),
            );
            world.push_one(
                &world.samir(),
                system_update("back", "conflict", &conflict, json!({ "undo": true })),
            );
            assert!(world.record("order", "WO-000001").version > version);
            assert!(!world.notices("nora").is_empty());
        }
        moved(world, &format!("away-{settled}"), "south");
        let scan = world.pull(&nora, None, 1_000).unwrap();
        let row = &scan.changes.records["conflicts"][0].0;
        assert_eq!(
            (row.get("title"), &row["values"]["completion"]),
            (None, &json!({})),
            "{row:?}"
        );
        assert!(
            scan.changes.records["notices"]
                .iter()
                .all(|row| row.0.get("title").is_none())
        );
        moved(world, &format!("home-{settled}"), "north");
        let delta = world.pull(&nora, Some(&scan.cursor), 1_000).unwrap();
        let row = &delta.changes.records["conflicts"][0].0;
        assert_eq!(row["title"], "Leak");
        assert_eq!(row["values"]["completion"]["mine"], "mine");
        let notices = &delta.changes.records["notices"];
        assert_eq!(notices.len(), world.notices("nora").len());
        assert!(notices.iter().all(|row| row.0.get("title").is_some()));
        let next = world.pull(&nora, Some(&delta.cursor), 1_000).unwrap();
        assert!(next.changes.records.is_empty(), "it is sent once: {next:?}");
    }
}

/// The device's set of entities leaves the order out, so that nothing shows when it is back in sight.
fn a_conflict_that_changed_is_sent_whole(world: World<impl Storage>) {
    let nora = nora(&world);
    let conflict = lost_conflict(&world);
    moved(&world, "away", "south");
    let ask = |since: Option<String>| {
        let request = crate::sync::delta::DeltaRequest {
            since,
            entities: Some("conflicts".into()),
            ..Default::default()
        };
        let (delta, _) = world.tell(&nora, |tx, cx| crate::sync::pull::delta(tx, cx, &request));
        super::heard::<Delta>(&delta.unwrap())
    };
    let scan = ask(None);
    assert!(scan.changes.records["conflicts"][0].0.get("title").is_none());
    moved(&world, "home", "north");
    let choice = json!({ "resolution": { "completion": { "choice": "theirs" } } });
    world.push_one(
        &world.samir(),
        system_update("r", "conflict", &conflict.id, choice),
    );
    let delta = ask(Some(scan.cursor));
    let row = &delta.changes.records["conflicts"][0].0;
    assert_eq!(
        (&row["title"], &row["status"]),
        (&json!("Leak"), &json!("resolved"))
    );
    assert!(
        row["values"]["completion"]["base"] == "base" && row.get("_baseVersion").is_none(),
        "{row:?}"
    );
}
