use holdfast_core::pack::Packs;
use serde_json::{Value, json};

use super::{fields, packs, viewer};

/// Who looks, at what, whether they may read it, and whether it belongs on their device.
struct Row(&'static str, &'static [&'static str], &'static str, Value, bool, bool);

fn check(packs: &Packs, user: &str, rows: Vec<Row>) {
    for Row(role, sites, entity, record, readable, wanted) in rows {
        let roles = [role.to_owned()];
        let sites: Vec<String> = sites.iter().map(|site| (*site).to_owned()).collect();
        let viewer = viewer(user, &roles, &sites);
        let (entity, record) = (packs.entity(entity).unwrap(), fields(record));
        assert_eq!(entity.readable_by(&record, &viewer), readable, "a {role} reads {record:?}");
        let sent = readable && entity.wanted_by(&record, &viewer, false);
        assert_eq!(sent, wanted, "a {role} keeps {record:?}");
    }
}

fn mine(status: &str) -> Value {
    json!({ "assignedTo": "me", "createdBy": "boss", "status": status, "siteId": "north" })
}

fn reported(created_at: &str) -> Value {
    json!({ "createdBy": "me", "createdAt": created_at, "status": "open", "siteId": "north" })
}

#[test]
fn work_orders_of_a_technician() {
    let north: &[&str] = &["north"];
    let row = |record: Value, readable: bool, wanted: bool| Row("technician", north, "work-order", record, readable, wanted);
    let planned = |start: &str, status: &str| json!({ "createdBy": "me", "createdAt": "2026-01-02T00:00:00Z", "scheduledStart": start, "status": status });
    check(&packs(), "me", vec![
        row(mine("assigned"), true, true),
        row(mine("in-progress"), true, true),
        row(mine("on-hold"), true, true),
        row(mine("open"), true, false),
        row(mine("completed"), true, false),
        row(mine("closed"), true, false),
        row(mine("cancelled"), true, false),
        row(reported("2026-11-20T00:00:00Z"), true, true),
        row(reported("2026-10-23T00:00:00Z"), true, true),
        row(reported("2026-10-20T00:00:00Z"), true, false),
        row(planned("2026-11-25T00:00:00Z", "open"), true, true),
        row(planned("2026-11-20T00:00:00Z", "open"), true, false),
        row(planned("2026-11-25T00:00:00Z", "cancelled"), true, false),
        row(json!({ "assignedTo": "other", "createdBy": "boss", "status": "assigned", "siteId": "north" }), false, false),
        row(json!({ "status": "open", "siteId": "north" }), false, false),
    ]);
}

#[test]
fn work_orders_of_supervisor_and_admin() {
    let at = |site: &str| json!({ "assignedTo": "other", "status": "closed", "siteId": site });
    check(&packs(), "boss", vec![
        Row("supervisor", &["north"], "work-order", at("north"), true, true),
        Row("supervisor", &["north"], "work-order", at("south"), false, false),
        Row("supervisor", &["north", "south"], "work-order", at("south"), true, true),
        Row("supervisor", &[], "work-order", json!({ "status": "open" }), false, false),
        Row("admin", &[], "work-order", at("south"), true, true),
        Row("visitor", &["north"], "work-order", at("north"), false, false),
    ]);
}

#[test]
fn the_registry_stays_and_the_store_of_own_sites_comes() {
    check(&packs(), "me", vec![
        Row("technician", &["north"], "asset", json!({ "siteId": "north" }), true, false),
        Row("technician", &["north"], "asset", json!({ "siteId": "south" }), false, false),
        Row("supervisor", &["north"], "asset", json!({ "siteId": "north" }), true, false),
        Row("admin", &[], "asset", json!({ "siteId": "south" }), true, false),
        Row("technician", &["north"], "inventory-part", json!({ "siteId": "north" }), true, true),
        Row("technician", &["north"], "inventory-part", json!({ "siteId": "south" }), false, false),
        Row("technician", &[], "site", json!({ "name": "North" }), true, true),
    ]);
    let packs = packs();
    let along = &packs.entity("asset").unwrap().sync_along;
    assert_eq!((along[0].entity.as_str(), along[0].field.as_str()), ("work-order", "assetId"), "assets come with work orders");
}

#[test]
fn pinned_work_stays() {
    let packs = packs();
    let roles = ["technician".to_owned()];
    let viewer = viewer("me", &roles, &[]);
    for entity in ["work-order", "asset"] {
        assert!(packs.entity(entity).unwrap().wanted_by(&fields(mine("closed")), &viewer, true), "{entity}");
    }
}

#[test]
fn the_service_desk() {
    let alert = |status: &str, raised: &str| json!({ "status": status, "raisedAt": raised });
    let ticket = |status: &str, created: &str| json!({ "status": status, "createdAt": created });
    let row = |entity: &'static str, record: Value, wanted: bool| Row("technician", &[], entity, record, true, wanted);
    check(&packs(), "me", vec![
        row("alert", alert("active", "2026-01-01T00:00:00Z"), true),
        row("alert", alert("cleared", "2026-11-20T00:00:00Z"), true),
        row("alert", alert("cleared", "2026-11-01T00:00:00Z"), false),
        row("ticket", ticket("waiting-vendor", "2026-01-01T00:00:00Z"), true),
        row("ticket", ticket("closed", "2026-11-01T00:00:00Z"), true),
        row("ticket", ticket("closed", "2026-01-01T00:00:00Z"), false),
        row("client", json!({ "name": "Aldergate Dental" }), true),
        row("managed-device", json!({ "hostname": "ADG-SRV01" }), true),
        Row("visitor", &[], "ticket", ticket("new", "2026-11-20T00:00:00Z"), false, false),
    ]);
}
