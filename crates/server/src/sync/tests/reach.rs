//! Nobody moves a record to where they could not have created it.

use holdfast_core::protocol::{ErrorCode, OperationResult, ResultStatus};
use holdfast_core::record::Operation;
use serde_json::{Value, json};

use super::{World, caller, create, delete, object, on_both, system_update, update};
use crate::storage::port::Storage;
use crate::sync::rest::{self, RestWrite};
use crate::sync::{Caller, restore};

on_both!(
    a_supervisor_moves_nothing_to_a_foreign_site,
    work_is_handed_to_a_colleague,
    what_was_out_of_reach_before_refuses_nothing,
    a_settlement_moves_nothing_out_of_reach,
    a_recreation_moves_nothing_out_of_reach,
    the_audit_moves_nothing_out_of_reach,
    a_create_that_lands_on_a_record_moves_nothing_out_of_reach,
);

/// The supervisor of the north site alone.
fn nora(world: &World<impl Storage>) -> Caller {
    let nora = caller(&world.packs, "nora", "supervisor", &["north"], "nora-tablet");
    world.know(&nora);
    nora
}

fn order(world: &World<impl Storage>, fields: Value) {
    let mut all = object(json!({ "title": "Leak", "owner": "tara", "siteId": "north" }));
    all.extend(object(fields));
    world.given("order", "WO-1", Value::Object(all));
}

fn site(world: &World<impl Storage>) -> Value {
    world.record("order", "WO-1").fields["siteId"].clone()
}

fn is_denied(result: &OperationResult) -> bool {
    result.error.as_ref().map(|error| error.code) == Some(ErrorCode::PermissionDenied)
}

fn a_supervisor_moves_nothing_to_a_foreign_site(world: World<impl Storage>) {
    order(&world, json!({ "createdBy": "nora" }));
    let nora = nora(&world);
    let whole = json!({ "title": "Leak", "owner": "tara", "siteId": "south", "finding": "x" });
    for (at, payload) in [json!({ "siteId": "south" }), json!({ "siteId": null }), whole].into_iter().enumerate() {
        let audits = world.audit_count();
        let moved = world.push_one(&nora, update(&format!("k{at}"), "WO-1", 1, payload.clone()));
        assert!(is_denied(&moved), "{payload}: {moved:?}");
        assert_eq!(world.audit_count(), audits + 1);
        let refusal = world.act(&nora, |tx, cx| {
            let id = Some("WO-1".to_owned());
            let write = RestWrite { operation: Operation::Update, id, body: object(payload.clone()), key: None, if_match: holdfast_core::protocol::IfMatch::Absent };
            rest::write(tx, cx, rest::entity(cx, "orders").unwrap(), write)
        });
        assert_eq!(refusal.unwrap_err().status, 403);
    }
    assert_eq!((site(&world), world.record("order", "WO-1").version), (json!("north"), 1));
    let moved = world.push_one(&world.samir(), update("both", "WO-1", 1, json!({ "siteId": "south" })));
    assert_eq!(moved.status, ResultStatus::Success, "he has both sites");
}

fn work_is_handed_to_a_colleague(world: World<impl Storage>) {
    order(&world, json!({ "createdBy": "samir" }));
    let handed = world.push_one(&world.tara(), update("t", "WO-1", 1, json!({ "owner": "jonas" })));
    assert_eq!(handed.status, ResultStatus::Success, "{handed:?}");
    assert_eq!(world.record("order", "WO-1").fields["owner"], "jonas");
    assert_eq!(world.record("order", "WO-1").fields["createdBy"], "samir");
}

fn what_was_out_of_reach_before_refuses_nothing(world: World<impl Storage>) {
    order(&world, json!({ "siteId": "gone", "createdBy": "samir" }));
    let mut tara = world.tara();
    tara.me.roles.push("supervisor".into());
    let changed = world.push_one(&tara, update("t", "WO-1", 1, json!({ "finding": "x", "siteId": "gone" })));
    assert_eq!(changed.status, ResultStatus::Success, "{changed:?}");
}

fn a_settlement_moves_nothing_out_of_reach(world: World<impl Storage>) {
    let nora = nora(&world);
    order(&world, json!({}));
    world.push_one(&world.samir(), update("s", "WO-1", 1, json!({ "completion": "theirs" })));
    let result = world.push_one(&nora, update("n", "WO-1", 1, json!({ "completion": "mine" })));
    let conflict = result.conflict.unwrap().conflict_id;
    // A conflict over what decides who may read it, as an earlier pack may have opened one.
    let mut open = world.record("conflict", &conflict).fields;
    open.insert("conflictingFields".into(), json!(["siteId"]));
    open.insert("values".into(), json!({ "siteId": { "base": "north", "mine": "south", "theirs": "north" } }));
    world.given("conflict", &conflict, Value::Object(open));
    for (at, choice) in [json!({ "choice": "mine" }), json!({ "choice": "value", "value": "south" })].into_iter().enumerate() {
        let settled = json!({ "resolution": { "siteId": choice } });
        let settled = world.push_one(&nora, system_update(&format!("r{at}"), "conflict", &conflict, settled));
        assert!(is_denied(&settled), "{settled:?}");
    }
    assert_eq!(site(&world), "north");
    // One who may brings it there; it goes back by nobody who could not create it there.
    let settled = json!({ "resolution": { "siteId": { "choice": "mine" } } });
    let settled = world.push_one(&world.samir(), system_update("ok", "conflict", &conflict, settled));
    assert_eq!(settled.status, ResultStatus::Success, "{settled:?}");
    let sue = caller(&world.packs, "nora", "supervisor", &["south"], "sue-tablet");
    let undone = world.push_one(&sue, system_update("undo", "conflict", &conflict, json!({ "undo": true })));
    assert!(is_denied(&undone), "{undone:?}");
    assert_eq!(site(&world), "south");
}

fn a_recreation_moves_nothing_out_of_reach(world: World<impl Storage>) {
    let nora = nora(&world);
    order(&world, json!({}));
    world.push_one(&world.samir(), delete("d", "WO-1", 1));
    let typed = world.push_one(&nora, update("n", "WO-1", 1, json!({ "siteId": "south" })));
    let conflict = typed.conflict.unwrap().conflict_id;
    let back = json!({ "resolution": { "record": { "choice": "recreate" } } });
    let settled = world.push_one(&nora, system_update("r", "conflict", &conflict, back));
    assert!(is_denied(&settled), "{settled:?}");
    assert!(world.record("order", "WO-1").deleted);
}

fn the_audit_moves_nothing_out_of_reach(world: World<impl Storage>) {
    order(&world, json!({}));
    world.push_one(&world.samir(), update("a", "WO-1", 1, json!({ "siteId": "south" })));
    world.push_one(&world.ada(), update("b", "WO-1", 1, json!({ "siteId": "north" })));
    world.push_one(&world.ada(), update("c", "WO-1", 1, json!({ "siteId": "east" })));
    let filter = crate::storage::model::AuditFilter { limit: 1, ..Default::default() };
    let entry = world.write(|tx| tx.audits(&filter)).remove(0);
    let mut auditor = caller(&world.packs, "olga", "supervisor", &["east"], "olga-desk");
    auditor.me.scopes.push("system:audit:restore".into());
    let refusal = world.act(&auditor, |tx, cx| restore::restore(tx, cx, &entry.id, &[])).unwrap_err();
    assert_eq!(refusal.status, 403);
    assert_eq!(site(&world), "east");
}

fn a_create_that_lands_on_a_record_moves_nothing_out_of_reach(world: World<impl Storage>) {
    let nora = nora(&world);
    let first = json!({ "title": "Leak", "siteId": "north" });
    let made = world.push_one(&nora, create("k", "l", first));
    let id = made.entity_id.unwrap();
    for (at, name) in ["l", &id].into_iter().enumerate() {
        let moved = json!({ "title": "Leak", "siteId": "south" });
        let moved = world.push_one(&nora, create(&format!("m{at}"), name, moved));
        assert!(is_denied(&moved), "{moved:?}");
    }
    assert_eq!(world.record("order", &id).fields["siteId"], "north");
}
