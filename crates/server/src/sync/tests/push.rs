//! `POST /sync/push`: what each operation is answered, and what is stored.

use holdfast_core::protocol::{ErrorCode, OperationResult, PushRequest, ResultStatus};
use holdfast_core::record::Operation;
use serde_json::json;

use super::{World, create, delete, local, on_both, operation, update};
use crate::storage::memory::MemoryStorage;
use crate::storage::port::Storage;
use crate::sync::push;

on_both!(
    a_create_gets_an_id_defaults_and_an_alias,
    what_is_refused,
    updates_apply_and_the_record_is_left_out_where_it_can_be_derived,
    local_ids_are_resolved_in_references_and_late_writes,
    deletes,
    only_the_sessions_device_may_push_and_only_so_much,
    results_by_position_are_not_named,
    a_version_is_a_whole_number,
    a_version_that_the_record_never_had_saw_nothing,
);

pub(super) fn rejected(result: &OperationResult) -> (ErrorCode, Vec<&str>) {
    assert_eq!(result.status, ResultStatus::Rejected, "{result:?}");
    let error = result.error.as_ref().unwrap();
    (
        error.code,
        error.fields.iter().map(|field| field.field.as_str()).collect(),
    )
}

fn a_create_gets_an_id_defaults_and_an_alias(world: World<impl Storage>) {
    let result = world.push_one(
        &world.tara(),
        create("k1", "local-1", json!({ "title": "Leak", "_version": 0 })),
    );
    assert_eq!(
        (result.status, result.new_version),
        (ResultStatus::Success, Some(1))
    );
    assert_eq!(result.entity_id.as_deref(), Some("WO-000001"));
    let row = result.record.unwrap();
    assert_eq!(row.local_id(), Some(local("local-1").as_str()));
    let record = world.record("order", "WO-000001");
    for (field, value) in [
        ("status", json!("open")),
        ("createdBy", json!("tara")),
        ("partCount", json!(0)),
        ("siteId", json!("north")),
    ] {
        assert_eq!(record.fields[field], value, "{field}");
        assert_eq!(row.0[field], value, "{field}");
    }
    assert!(record.fields["createdAt"].as_str().unwrap().ends_with('Z'));
    let second = world.push_one(
        &world.tara(),
        create("k2", "local-2", json!({ "title": "Crack" })),
    );
    assert_eq!(second.entity_id.as_deref(), Some("WO-000002"));
}

fn what_is_refused(world: World<impl Storage>) {
    world.given(
        "asset",
        "AS-000001",
        json!({ "name": "Loader", "siteId": "south" }),
    );
    world.given(
        "order",
        "WO-000050",
        json!({ "title": "Hers", "owner": "tara", "reference": "R-1", "status": "cancelled" }),
    );
    world.given("order", "WO-000051", json!({ "title": "His", "owner": "jonas" }));
    let mut wrong_kind = update("kind", "WO-000050", 1, json!({ "title": "x" }));
    wrong_kind.kind = "notice_read".into();
    let mut wrong_entity = update("entity", "X", 1, json!({}));
    wrong_entity.entity_type = "ship".into();
    let mut wrong_domain = update("domain", "WO-000050", 1, json!({ "title": "x" }));
    wrong_domain.domain = "system".into();
    let mut read_only = operation(
        "read-only",
        Operation::Update,
        "AS-000001",
        json!({ "name": "x" }),
    );
    read_only.entity_type = "asset".into();
    let mut no_scope = operation("no-scope", Operation::Update, "PT-000001", json!({ "name": "x" }));
    no_scope.entity_type = "part".into();
    world.given("part", "PT-000001", json!({ "name": "Hose" }));
    let table = [
        (wrong_kind, ErrorCode::ValidationError, vec![]),
        (wrong_entity, ErrorCode::ValidationError, vec![]),
        (wrong_domain, ErrorCode::ValidationError, vec![]),
        (read_only, ErrorCode::ValidationError, vec![]),
        (no_scope, ErrorCode::PermissionDenied, vec![]),
        (
            delete("no-delete", "WO-000050", 1),
            ErrorCode::PermissionDenied,
            vec![],
        ),
        (
            update("hidden", "WO-000051", 1, json!({ "title": "x" })),
            ErrorCode::NotFound,
            vec![],
        ),
        (
            delete("hidden-delete", "WO-000051", 1),
            ErrorCode::NotFound,
            vec![],
        ),
        (
            update("never", "WO-009999", 1, json!({ "title": "x" })),
            ErrorCode::NotFound,
            vec![],
        ),
        (
            create("no-title", "l1", json!({})),
            ErrorCode::ValidationError,
            vec!["title"],
        ),
        (
            update("empty", "WO-000050", 1, json!({ "title": "" })),
            ErrorCode::ValidationError,
            vec!["title"],
        ),
        (
            update("computed", "WO-000050", 1, json!({ "partCount": 7 })),
            ErrorCode::ValidationError,
            vec!["partCount"],
        ),
        (
            update("set-by-server", "WO-000050", 1, json!({ "createdBy": "x" })),
            ErrorCode::ValidationError,
            vec!["createdBy"],
        ),
        (
            update("unknown", "WO-000050", 1, json!({ "colour": "red" })),
            ErrorCode::ValidationError,
            vec!["colour"],
        ),
        (
            update("step", "WO-000050", 1, json!({ "status": "open" })),
            ErrorCode::ValidationError,
            vec!["status"],
        ),
        (
            create("taken", "l2", json!({ "title": "x", "reference": "R-1" })),
            ErrorCode::ValidationError,
            vec!["reference"],
        ),
        (
            create("dangling", "l3", json!({ "title": "x", "assetId": "AS-7" })),
            ErrorCode::ValidationError,
            vec!["assetId"],
        ),
        (
            create(
                "unreadable",
                "l4",
                json!({ "title": "x", "assetId": "AS-000001" }),
            ),
            ErrorCode::ValidationError,
            vec!["assetId"],
        ),
        (
            create(
                "in-list",
                "l5",
                json!({ "title": "x", "parts": [{ "partId": "PT-000001" }, { "partId": "PT-9" }] }),
            ),
            ErrorCode::ValidationError,
            vec!["parts[1].partId"],
        ),
    ];
    let before = world.write(|tx| tx.last_sequence());
    for (operation, code, fields) in table {
        let key = operation.key().to_owned();
        let result = world.push_one(&world.tara(), operation);
        assert_eq!(rejected(&result), (code, fields), "{key}");
        let answer = world.write(|tx| tx.answer("tara-phone", &key));
        // What a role does not allow today leaves no trace but the audit's.
        let remembered = code != ErrorCode::PermissionDenied;
        assert_eq!(answer.is_some(), remembered, "{key} in the ledger");
    }
    assert_eq!(
        world.write(|tx| tx.last_sequence()),
        before,
        "nothing of it was stored"
    );
    assert_eq!(
        world.audit_count(),
        2,
        "what a role does not allow is written down"
    );
}

fn updates_apply_and_the_record_is_left_out_where_it_can_be_derived(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-000050",
        json!({ "title": "Leak", "owner": "tara", "parts": [] }),
    );
    world.given("part", "PT-000001", json!({ "name": "Hose" }));
    let tara = world.tara();
    let parts = json!([{ "partId": "PT-000001", "quantity": 1 }]);
    let plain = world.push_one(
        &tara,
        update("k1", "WO-000050", 1, json!({ "finding": "hose", "parts": parts })),
    );
    assert_eq!(
        (plain.status, plain.new_version, &plain.record),
        (ResultStatus::Success, Some(2), &None)
    );
    assert_eq!(world.record("order", "WO-000050").fields["partCount"], 1);
    let same = world.push_one(&tara, update("k2", "WO-000050", 2, json!({ "finding": "hose" })));
    assert_eq!((same.status, same.new_version), (ResultStatus::Success, Some(2)));
    let removed = world.push_one(&tara, update("k3", "WO-000050", 2, json!({ "finding": null })));
    assert_eq!((removed.new_version, &removed.record), (Some(3), &None));
    assert!(!world.record("order", "WO-000050").fields.contains_key("finding"));
    let behind = world.push_one(&tara, update("k4", "WO-000050", 1, json!({ "plan": "Monday" })));
    assert_eq!(behind.new_version, Some(4));
    assert!(behind.record.is_some(), "the author had not seen version 3");
}

fn local_ids_are_resolved_in_references_and_late_writes(world: World<impl Storage>) {
    let tara = world.tara();
    let results = world.push(
        &tara,
        vec![
            create("k1", "l1", json!({ "title": "Parent" })),
            create("k2", "l2", json!({ "title": "Child", "parent": local("l1") })),
            update("k3", "l2", 0, json!({ "finding": "late" })),
        ],
    );
    assert!(
        results
            .iter()
            .all(|result| result.status == ResultStatus::Success),
        "{results:?}"
    );
    let child = world.record("order", "WO-000002");
    assert_eq!(
        (&child.fields["parent"], &child.fields["finding"]),
        (&json!("WO-000001"), &json!("late"))
    );
    assert_eq!(results[2].entity_id.as_deref(), Some("WO-000002"));
    // What the author saw was the local id; the server's value is the same thing under its real name.
    let mut moved = update("k4", "WO-000002", 1, json!({ "parent": null }));
    moved.base = Some(super::object(json!({ "parent": local("l1") })));
    assert_eq!(world.push_one(&tara, moved).superseded, []);
    assert!(!world.record("order", "WO-000002").fields.contains_key("parent"));
}

fn deletes(world: World<impl Storage>) {
    let samir = world.samir();
    world.given(
        "order",
        "WO-000050",
        json!({ "title": "Leak", "siteId": "north", "owner": "tara" }),
    );
    world.push_one(&samir, update("k1", "WO-000050", 1, json!({ "plan": "Monday" })));
    let gone = world.push_one(&samir, delete("k2", "WO-000050", 1));
    assert_eq!(
        (gone.status, gone.new_version),
        (ResultStatus::Success, Some(3)),
        "one's own change does not count"
    );
    assert!(world.record("order", "WO-000050").deleted);
    let again = world.push_one(&samir, delete("k3", "WO-000050", 3));
    assert_eq!(
        (again.status, again.new_version),
        (ResultStatus::Success, Some(3))
    );

    world.given(
        "order",
        "WO-000051",
        json!({ "title": "Leak", "siteId": "north", "owner": "tara" }),
    );
    world.push_one(
        &world.tara(),
        update("k4", "WO-000051", 1, json!({ "finding": "hose" })),
    );
    let waits = world.push_one(&samir, delete("k5", "WO-000051", 1));
    assert_eq!(waits.status, ResultStatus::Conflict);
    assert_eq!(waits.conflict.unwrap().fields, ["record"]);
    assert!(!world.record("order", "WO-000051").deleted);
}

fn only_the_sessions_device_may_push_and_only_so_much(world: World<impl Storage>) {
    let tara = world.tara();
    let request = |device: &str, count: usize| PushRequest {
        cursor: None,
        receipt: None,
        by_position: false,
        stamps: false,
        device_id: device.into(),
        pack_versions: Default::default(),
        operations: (0..count)
            .map(|n| create(&n.to_string(), &n.to_string(), json!({ "title": "x" })))
            .collect(),
    };
    let status = |request: &PushRequest| {
        world
            .act(&tara, |tx, cx| push::push(tx, cx, request))
            .map(|done| done.results.len())
            .map_err(|refusal| refusal.status)
    };
    assert_eq!(status(&request("samir-tablet", 1)), Err(403));
    assert_eq!(status(&request("tara-phone", 501)), Err(413));
    assert_eq!(status(&request("tara-phone", 500)), Ok(500));
}

/// A fault at any write of an operation rolls that one back, and only that one; resent, it is applied once.
#[test]
fn a_fault_spoils_one_operation_only() {
    let mut faults = 0;
    for writes in 0..40 {
        let world = World::new(MemoryStorage::default());
        world.given(
            "order",
            "WO-000050",
            json!({ "title": "Leak", "owner": "tara", "completion": "old" }),
        );
        world.push_one(
            &world.samir(),
            update(
                "s",
                "WO-000050",
                1,
                json!({ "completion": "theirs", "plan": "x" }),
            ),
        );
        let batch = vec![
            create("k1", "l1", json!({ "title": "First" })),
            update("k2", "WO-000050", 1, json!({ "completion": "mine", "plan": "y" })),
            create("k3", "l3", json!({ "title": "Third" })),
        ];
        world.storage.fail_after(writes);
        let results = world.push(&world.tara(), batch.clone());
        let failed: Vec<_> = results
            .iter()
            .filter(|result| result.status == ResultStatus::Retry)
            .collect();
        assert!(failed.len() <= 1, "{results:?}");
        faults += failed.len();
        for result in &failed {
            assert_eq!(result.error.as_ref().unwrap().code, ErrorCode::ServerError);
            assert_eq!(
                world.write(|tx| tx.answer("tara-phone", result.queue_id.as_deref().unwrap())),
                None
            );
        }
        world.storage.fail_after(u64::MAX);
        world.push(&world.tara(), batch);
        assert_eq!(world.all("order").len(), 3, "after a fault at write {writes}");
        assert_eq!(world.all("conflict").len(), 1, "after a fault at write {writes}");
        assert_eq!(
            world.notices("tara"),
            ["superseded plan"],
            "after a fault at write {writes}"
        );
    }
    assert!(faults > 10, "the faults reached every operation");
}

fn results_by_position_are_not_named(world: World<impl Storage>) {
    let tara = world.tara();
    let request = PushRequest {
        device_id: tara.device_id.clone(),
        pack_versions: world.packs.versions(),
        cursor: None,
        receipt: None,
        by_position: true,
        stamps: false,
        operations: vec![
            create("k1", "local-1", json!({ "title": "Leak" })),
            update("k2", "WO-nowhere", 1, json!({ "title": "x" })),
        ],
    };
    for attempt in ["first", "again, out of the ledger"] {
        let answer = world.act(&tara, |tx, cx| push::push(tx, cx, &request)).unwrap();
        let statuses: Vec<_> = answer.results.iter().map(|r| (&r.queue_id, r.status)).collect();
        let expected = [(&None, ResultStatus::Success), (&None, ResultStatus::Rejected)];
        assert_eq!(statuses, expected, "{attempt}");
    }
    assert_eq!(
        world.all("order").len(),
        1,
        "without a key of its own the queue id is the key"
    );
}

fn a_version_is_a_whole_number(world: World<impl Storage>) {
    world.given("order", "WO-1", json!({ "title": "a", "owner": "tara" }));
    let versioned = |key: &str, version: serde_json::Value| {
        let mut write = update(key, "WO-1", 1, json!({ "title": "b" }));
        write.payload.insert("_version".into(), version);
        world.push_one(&world.tara(), write)
    };
    let broken = [json!("1"), json!(1.5), json!(-1), json!(null), json!([1])];
    for (number, version) in broken.into_iter().enumerate() {
        let refused = versioned(&format!("k{number}"), version);
        assert_eq!(rejected(&refused), (ErrorCode::ValidationError, vec!["_version"]));
    }
    assert_eq!(world.record("order", "WO-1").version, 1);
    assert_eq!(versioned("k", json!(1.0)).status, ResultStatus::Success);
}

fn a_version_that_the_record_never_had_saw_nothing(world: World<impl Storage>) {
    for note in ["first", "second"] {
        let fields = json!({ "title": "a", "owner": "tara", "completion": note });
        world.given("order", "WO-1", fields);
    }
    // A person decides of that field, and the author has seen none of what this history holds.
    let mut write = update("k1", "WO-1", 999, json!({ "completion": "mine" }));
    write.base = None;
    assert_eq!(
        world.push_one(&world.tara(), write).status,
        ResultStatus::Conflict
    );
    assert_eq!(world.record("order", "WO-1").fields["completion"], "second");
    let gone = world.push_one(&world.samir(), delete("k2", "WO-1", 999));
    assert_eq!(gone.status, ResultStatus::Conflict);
    assert!(!world.record("order", "WO-1").deleted);
}
