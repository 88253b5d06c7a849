//! The audit, and what an administrator puts back out of it.

use serde_json::json;

use super::{World, delete, on_both, system_update, update};
use crate::storage::model::AuditFilter;
use crate::storage::port::Storage;
use crate::sync::audit::{self, AuditAction, AuditEntry};
use crate::sync::{Caller, restore};

on_both!(
    the_audit_holds_both_values,
    a_losing_value_is_put_back,
    only_an_administrator_may,
    what_cannot_be_restored,
    a_request_looks_at_only_so_many_entries,
);

fn list(world: &World<impl Storage>, caller: &Caller, filter: AuditFilter) -> Result<Vec<AuditEntry>, u16> {
    let page = world.act(caller, |tx, cx| {
        audit::list(tx, cx, &AuditFilter { limit: 50, ..filter })
    });
    page.map(|page| page.items).map_err(|refusal| refusal.status)
}

/// samir's plan stands against tara's; then a conflict over the completion, settled for tara's.
fn history(world: &World<impl Storage>) {
    world.given(
        "order",
        "WO-1",
        json!({ "title": "Leak", "owner": "tara", "siteId": "north" }),
    );
    world.push_one(
        &world.samir(),
        update(
            "s",
            "WO-1",
            1,
            json!({ "plan": "theirs", "completion": "theirs" }),
        ),
    );
    let result = world.push_one(
        &world.tara(),
        update("t", "WO-1", 1, json!({ "plan": "mine", "completion": "mine" })),
    );
    let conflict = result.conflict.unwrap().conflict_id;
    let resolution = json!({ "resolution": { "completion": { "choice": "mine" } } });
    world.push_one(
        &world.tara(),
        system_update("r", "conflict", &conflict, resolution),
    );
}

fn the_audit_holds_both_values(world: World<impl Storage>) {
    history(&world);
    let entries = list(&world, &world.ada(), AuditFilter::default()).unwrap();
    assert_eq!(
        entries.iter().map(|entry| entry.action).collect::<Vec<_>>(),
        [AuditAction::Resolve, AuditAction::Conflict, AuditAction::Merge]
    );
    let [resolve, conflict, merge] = entries.as_slice() else {
        panic!("three entries")
    };
    assert_eq!(
        (
            merge.losing[0].value.clone(),
            merge.losing[0].kept.clone(),
            merge.losing[0].by.as_str()
        ),
        (json!("mine"), json!("theirs"), "tara")
    );
    assert_eq!(
        (
            merge.resolution["plan"].as_str(),
            merge.resolution_strategy.as_str()
        ),
        ("server-wins", "automatic")
    );
    assert_eq!(
        (merge.client_version, merge.server_version, merge.user_id.as_str()),
        (Some(1), Some(2), "tara")
    );
    assert_eq!(conflict.losing[0].value, json!("mine"));
    assert_eq!(
        (resolve.losing[0].value.clone(), resolve.losing[0].by.as_str()),
        (json!("theirs"), "samir")
    );
    assert_eq!(resolve.conflict_id, conflict.conflict_id);
    let of = |record: &str| AuditFilter {
        record_id: Some(record.into()),
        ..AuditFilter::default()
    };
    assert_eq!(list(&world, &world.ada(), of("WO-1")).unwrap().len(), 3);
    assert!(list(&world, &world.ada(), of("WO-2")).unwrap().is_empty());
}

fn a_losing_value_is_put_back(world: World<impl Storage>) {
    history(&world);
    let merge = list(&world, &world.ada(), AuditFilter::default())
        .unwrap()
        .pop()
        .unwrap();
    let version = world.record("order", "WO-1").version;
    let row = world
        .act(&world.ada(), |tx, cx| {
            restore::restore(tx, cx, &merge.audit_id, &[])
        })
        .unwrap();
    assert_eq!(
        (row.0["plan"].clone(), row.version()),
        (json!("mine"), Some(version + 1))
    );
    assert_eq!(
        world.notices("tara").last().map(String::as_str),
        Some("restored plan")
    );
    assert_eq!(
        world.notices("samir").last().map(String::as_str),
        Some("superseded plan")
    );
    let entry = list(&world, &world.ada(), AuditFilter::default())
        .unwrap()
        .remove(0);
    assert_eq!(
        (
            entry.action,
            entry.losing[0].value.clone(),
            entry.losing[0].by.as_str()
        ),
        (AuditAction::Restore, json!("theirs"), "samir")
    );
    // What gave way to the restoration can be restored in turn, by its position.
    world
        .act(&world.ada(), |tx, cx| {
            restore::restore(tx, cx, &entry.audit_id, &[0])
        })
        .unwrap();
    assert_eq!(world.record("order", "WO-1").fields["plan"], "theirs");
}

fn only_an_administrator_may(world: World<impl Storage>) {
    history(&world);
    let entry = list(&world, &world.ada(), AuditFilter::default())
        .unwrap()
        .remove(0);
    for caller in [world.tara(), world.samir()] {
        assert_eq!(list(&world, &caller, AuditFilter::default()), Err(403));
        let refused = world.act(&caller, |tx, cx| restore::restore(tx, cx, &entry.audit_id, &[]));
        assert_eq!(refused.unwrap_err().status, 403);
    }
}

fn what_cannot_be_restored(world: World<impl Storage>) {
    history(&world);
    let entry = list(&world, &world.ada(), AuditFilter::default())
        .unwrap()
        .remove(0);
    let restore = |id: &str| {
        world
            .act(&world.ada(), |tx, cx| restore::restore(tx, cx, id, &[]))
            .map_err(|refusal| refusal.status)
    };
    assert_eq!(restore("nowhere").unwrap_err(), 404);
    let version = world.record("order", "WO-1").version;
    world.push_one(&world.samir(), delete("d", "WO-1", version));
    assert_eq!(restore(&entry.audit_id).unwrap_err(), 409);
}

/// Every filter brings all that fits, each entry once, newest first, however little one request looks at.
fn a_request_looks_at_only_so_many_entries(world: World<impl Storage>) {
    for number in 0..30 {
        let id = ["WO-1", "WO-2", "WO-3"][number % 3];
        let author = if number % 5 == 0 {
            world.samir()
        } else {
            world.tara()
        };
        world.act(&author, |tx, cx| {
            AuditEntry::new(cx, AuditAction::Denied, "order", id).write(tx)
        });
    }
    let text = |text: &str| (text != "-").then(|| text.to_owned());
    let ada = world.ada();
    for (entity, id, user, count) in [
        ("-", "-", "-", 30),
        ("order", "-", "-", 30),
        ("asset", "-", "-", 0),
        ("order", "WO-2", "-", 10),
        ("-", "WO-2", "-", 10),
        ("-", "-", "samir", 6),
        ("order", "WO-1", "samir", 2),
        ("-", "WO-1", "samir", 2),
        ("order", "-", "nobody", 0),
    ] {
        for (limit, looked_at) in [(1, 1), (3, 4), (4, 3), (50, 7), (50, 5_000)] {
            let (mut seen, mut before, mut requests) = (Vec::new(), None, 0);
            loop {
                let filter = AuditFilter {
                    entity: text(entity),
                    record_id: text(id),
                    user_id: text(user),
                    before,
                    limit,
                };
                let page = world
                    .act(&ada, |tx, cx| audit::list_within(tx, cx, &filter, looked_at))
                    .unwrap();
                assert!(page.items.len() <= limit.min(looked_at));
                seen.extend(page.items.into_iter().map(|entry| entry.audit_id));
                (before, requests) = (page.before, requests + 1);
                assert!(requests <= 31, "it gets on");
                if before.is_none() {
                    break;
                }
            }
            let distinct: std::collections::BTreeSet<&String> = seen.iter().collect();
            let context = format!("{entity} {id} {user} {limit} {looked_at}");
            assert_eq!((seen.len(), distinct.len()), (count, count), "{context}");
        }
    }
}
