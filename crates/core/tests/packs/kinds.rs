use holdfast_core::{
    Fields,
    pack::{Pack, Packs},
    record::Operation,
};
use serde_json::json;

use super::{fields, now, packs};

use Operation::{Create, Delete, Update};

/// The record before, what is written, and the kind, urgency and priority of the write.
struct Row(&'static str, Operation, serde_json::Value, serde_json::Value, &'static str, bool, u8);

fn check(packs: &Packs, rows: Vec<Row>) {
    for Row(entity, operation, before, payload, kind, critical, priority) in rows {
        let (before, payload) = (fields(before), fields(payload));
        let after: Fields = before.into_iter().chain(payload.clone()).collect();
        let pack = packs.pack_of(entity).unwrap();
        let name = pack.kind_of(entity, operation, &payload);
        assert_eq!(name, kind, "{payload:?}");
        assert_eq!(pack.is_critical(&name), critical, "{payload:?} at once?");
        assert_eq!(pack.priority_of(entity, operation, &payload, &after, now()), priority, "priority of {payload:?}");
    }
}

#[test]
fn maintenance() {
    let order = "work-order";
    let medium = || json!({ "status": "assigned", "priority": "medium" });
    check(&packs(), vec![
        Row(order, Create, json!({}), json!({ "title": "Fire at the pump", "priority": "emergency" }), "work_order_create", false, 1),
        Row(order, Create, json!({}), json!({ "title": "Lamp", "priority": "low" }), "work_order_create", false, 5),
        Row(order, Update, medium(), json!({ "assetCondition": "operational" }), "work_order_condition", true, 2),
        Row(order, Update, json!({ "priority": "emergency" }), json!({ "status": "on-hold" }), "work_order_hold", true, 2),
        Row(order, Update, json!({ "priority": "emergency" }), json!({ "status": "completed" }), "work_order_complete", true, 2),
        Row(order, Update, medium(), json!({ "status": "completed", "actualEnd": "2026-11-21T08:00:00Z" }), "work_order_complete", true, 3),
        Row(order, Update, medium(), json!({ "status": "closed" }), "work_order_close", true, 3),
        Row(order, Update, medium(), json!({ "partsUsed": [] }), "work_order_parts", false, 4),
        Row(order, Update, medium(), json!({ "partsUsed": [], "laborRecords": [] }), "work_order_parts", false, 4),
        Row(order, Update, medium(), json!({ "status": "in-progress", "actualStart": "2026-11-21T08:00:00Z" }), "work_order_start", true, 5),
        Row(order, Update, medium(), json!({ "status": "assigned" }), "work_order_status", true, 5),
        Row(order, Update, medium(), json!({ "status": "cancelled" }), "work_order_cancel", true, 5),
        Row(order, Update, medium(), json!({ "tasks": [] }), "work_order_update", false, 5),
        Row(order, Update, medium(), json!({ "notes": [] }), "work_order_note", false, 5),
        Row(order, Update, medium(), json!({ "laborRecords": [] }), "work_order_labor", false, 6),
        Row(order, Update, medium(), json!({ "laborRecords": [], "tasks": [] }), "work_order_labor", false, 5),
        Row(order, Update, medium(), json!({ "tags": ["belt"] }), "work_order_update", false, 9),
        Row(order, Update, medium(), json!({ "tags": ["belt"], "title": "Belt" }), "work_order_update", false, 5),
        Row(order, Delete, medium(), json!({}), "work_order_delete", false, 5),
    ]);
}

#[test]
fn service_desk() {
    let acknowledged = json!({ "acknowledged": true, "acknowledgedBy": "technician", "acknowledgedAt": "2026-11-21T08:00:00Z" });
    check(&packs(), vec![
        Row("ticket", Create, json!({}), json!({ "subject": "Down", "priority": "critical" }), "ticket_create", false, 1),
        Row("ticket", Create, json!({}), json!({ "subject": "Slow", "priority": "normal" }), "ticket_create", false, 4),
        Row("alert", Update, json!({ "status": "active" }), acknowledged, "alert_acknowledge", true, 2),
        Row("ticket", Update, json!({}), json!({ "status": "resolved" }), "ticket_status_update", true, 3),
        Row("ticket", Update, json!({}), json!({ "status": "resolved", "resolution": "Cable" }), "ticket_status_update", true, 3),
        Row("ticket", Update, json!({}), json!({ "comments": [] }), "ticket_comment", false, 5),
        Row("ticket", Update, json!({}), json!({ "priority": "high", "assignedTo": "technician" }), "ticket_field_update", false, 5),
        Row("ticket", Update, json!({}), json!({ "tags": [] }), "ticket_field_update", false, 9),
    ]);
}

#[test]
fn what_the_system_sends() {
    check(&packs(), vec![
        Row("conflict", Update, json!({}), json!({ "resolution": {} }), "conflict_resolve", true, 2),
        Row("user", Update, json!({}), json!({ "pinned": [] }), "profile_update", false, 9),
        Row("notice", Update, json!({}), json!({ "read": true }), "notice_read", false, 10),
    ]);
}

/// Photos and documents are records of their own: levels 7 and 8 go by what the record is.
#[test]
fn priorities_go_by_the_record_too() {
    let text = r#"
        name = "files"
        version = 1
        title = "Files"
        [[entities]]
        name = "attachment"
        plural = "files"
        title = "File"
        titlePlural = "Files"
        idField = "attachmentId"
        idPrefix = "F-"
        titleField = "name"
        operations = ["create"]
        access = [{ when = { always = true } }]
        fields = [
          { name = "name", label = "Name", type = "text" },
          { name = "kind", label = "Kind", type = "enum", choices = [{ value = "photo", label = "Photo" }, { value = "document", label = "Document" }] },
        ]
        [[priorities]]
        priority = 7
        entity = "attachment"
        when = { is = { field = "kind", value = "photo" } }
        [[priorities]]
        priority = 8
        entity = "attachment"
    "#;
    let packs = Packs::new(vec![Pack::from_toml("files", text).unwrap()]).unwrap();
    check(&packs, vec![
        Row("attachment", Create, json!({}), json!({ "kind": "photo" }), "attachment_create", false, 7),
        Row("attachment", Create, json!({}), json!({ "kind": "document" }), "attachment_create", false, 8),
    ]);
}

#[test]
fn actions_are_offered_to_whom_and_when_they_fit() {
    let packs = packs();
    let pack = packs.pack_of("work-order").unwrap();
    let offered = |status: &str, role: &str| -> Vec<String> {
        let record = fields(json!({ "status": status, "createdBy": "somebody", "assignedTo": "u" }));
        let (roles, sites) = ([role.to_owned()], ["north".to_owned()]);
        let viewer = super::viewer("u", &roles, &sites);
        let fits = |kind: &&holdfast_core::pack::WriteKind| {
            kind.when.as_ref().is_some_and(|when| when.holds(&record, &viewer.context(false)))
        };
        let short = |kind: &holdfast_core::pack::WriteKind| kind.name.trim_start_matches("work_order_").to_owned();
        pack.kinds.iter().filter(|kind| !kind.set.is_empty()).filter(fits).map(short).collect()
    };
    let table: [(&str, &str, &[&str]); 9] = [
        ("open", "technician", &["start"]),
        ("assigned", "technician", &["start", "complete", "hold"]),
        ("in-progress", "technician", &["complete", "hold"]),
        ("on-hold", "technician", &["resume", "complete"]),
        ("completed", "technician", &["reopen"]),
        ("closed", "technician", &[]),
        ("cancelled", "technician", &["restore"]),
        ("in-progress", "supervisor", &["complete", "hold", "cancel"]),
        ("completed", "supervisor", &["reopen", "close"]),
    ];
    for (status, role, expected) in table {
        assert_eq!(offered(status, role), expected, "{status} for a {role}");
    }
}
