//! Conflicts between a deletion and a change of the same record.

use holdfast_core::protocol::{ErrorCode, ResultStatus};
use serde_json::json;

use super::conflicts::resolve;
use super::{World, delete, on_both, system_update, update};
use crate::storage::port::Storage;
use crate::sync::Caller;

on_both!(
    a_write_to_a_deleted_record_recreates_or_lets_go,
    a_deletion_waits_for_a_person,
);

fn a_write_to_a_deleted_record_recreates_or_lets_go(world: World<impl Storage>) {
    for (choice, comes_back) in [("recreate", true), ("let-go", false)] {
        let id = format!("WO-{choice}");
        world.given(
            "order",
            &id,
            json!({ "title": "Leak", "owner": "tara", "siteId": "north", "reference": choice }),
        );
        world.push_one(&world.samir(), delete(&format!("d-{choice}"), &id, 1));
        let write = |key: &str, payload| {
            world.push_one(&world.tara(), update(&format!("{key}-{choice}"), &id, 1, payload))
        };
        let first = write("t1", json!({ "finding": "hose" }));
        assert_eq!((first.status, first.record), (ResultStatus::Conflict, None));
        let second = write("t2", json!({ "completion": "done" }));
        let conflict = first.conflict.unwrap().conflict_id;
        assert_eq!(second.conflict.unwrap().conflict_id, conflict);
        let opened = world.record("conflict", &conflict);
        assert_eq!(
            (&opened.fields["reason"], &opened.fields["conflictingFields"]),
            (&json!("deleted"), &json!(["record"]))
        );
        assert_eq!(
            opened.fields["values"]["record"]["mine"],
            json!({ "finding": "hose", "completion": "done" })
        );
        assert_eq!(opened.fields["values"]["record"]["theirsBy"], "samir");

        let settled = resolve(
            &world,
            &world.tara(),
            &format!("r-{choice}"),
            &conflict,
            json!({ "record": { "choice": choice } }),
        );
        assert_eq!(settled.status, ResultStatus::Success, "{settled:?}");
        let record = world.record("order", &id);
        assert_eq!(record.deleted, !comes_back);
        if comes_back {
            assert_eq!(
                (record.version, &record.fields["title"], &record.fields["finding"]),
                (3, &json!("Leak"), &json!("hose"))
            );
        }
        let undo = |caller: &Caller, key: &str| {
            let undo = json!({ "undo": true });
            world.push_one(caller, system_update(key, "conflict", &conflict, undo))
        };
        if comes_back {
            let refused = undo(&world.tara(), "u-denied");
            assert_eq!(
                refused.error.unwrap().code,
                ErrorCode::PermissionDenied,
                "taking it back deletes the record, and needs the scope for that"
            );
        }
        let undone = world.push_one(
            &world.samir(),
            system_update(
                &format!("u-{choice}"),
                "conflict",
                &conflict,
                json!({ "undo": true }),
            ),
        );
        assert_eq!(undone.status, ResultStatus::Success, "{undone:?}");
        assert!(world.record("order", &id).deleted);
        assert_eq!(world.record("conflict", &conflict).fields["status"], "open");
    }
}

fn a_deletion_waits_for_a_person(world: World<impl Storage>) {
    for (choice, deleted) in [("mine", true), ("theirs", false)] {
        let id = format!("WO-{choice}");
        world.given(
            "order",
            &id,
            json!({ "title": "Leak", "owner": "tara", "siteId": "north" }),
        );
        world.push_one(
            &world.tara(),
            update(&format!("t-{choice}"), &id, 1, json!({ "finding": "hose" })),
        );
        let result = world.push_one(&world.samir(), delete(&format!("d-{choice}"), &id, 1));
        let conflict = result.conflict.unwrap();
        assert_eq!(
            conflict.record.0["values"]["record"]["theirs"],
            json!({ "finding": "hose" })
        );
        let settled = resolve(
            &world,
            &world.samir(),
            &format!("r-{choice}"),
            &conflict.conflict_id,
            json!({ "record": { "choice": choice } }),
        );
        assert_eq!(settled.status, ResultStatus::Success, "{settled:?}");
        assert_eq!(world.record("order", &id).deleted, deleted);
        let undo = system_update(
            &format!("u-{choice}"),
            "conflict",
            &conflict.conflict_id,
            json!({ "undo": true }),
        );
        assert_eq!(world.push_one(&world.samir(), undo).status, ResultStatus::Success);
        assert!(!world.record("order", &id).deleted);
    }
}
