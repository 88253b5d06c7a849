use holdfast_core::{
    pack::{FieldType, Pack, Strategy},
    system,
};

use super::{pack_names, packs, read};

#[test]
fn every_pack_loads_and_checks() {
    let packs = packs();
    assert!(
        pack_names()
            .iter()
            .all(|name| packs.iter().any(|pack| &pack.name == name)),
        "a pack is named as its file"
    );
    for entity in [
        "work-order",
        "asset",
        "inventory-part",
        "site",
        "ticket",
        "alert",
        "managed-device",
        "client",
    ] {
        assert!(packs.entity(entity).is_some(), "{entity}");
    }
    assert_eq!(
        packs.entity_by_collection("workOrders").unwrap().name,
        "work-order"
    );
    assert_eq!(
        packs.entity_by_plural("inventory").unwrap().name,
        "inventory-part"
    );
    assert!(packs.entity(system::CONFLICT).is_some());
}

#[test]
fn a_pack_survives_the_way_to_the_client_as_json() {
    for pack in packs().iter() {
        let json = serde_json::to_string(pack).unwrap();
        assert_eq!(&serde_json::from_str::<Pack>(&json).unwrap(), pack);
    }
}

#[test]
fn attempts_are_ten_and_three() {
    let attempts = |name: &str| {
        Pack::from_toml(name, &read(&format!("{name}.toml")))
            .unwrap()
            .attempts
    };
    assert_eq!((attempts("maintenance"), attempts("service-desk")), (10, 3));
}

#[test]
fn what_needs_the_network_says_why() {
    let packs = packs();
    let desk = packs.pack_of("ticket").unwrap();
    assert!(desk.online_only.len() >= 8);
    assert!(
        desk.online_only.iter().all(|item| item.reason.len() > 20),
        "a reason is a sentence"
    );
}

#[test]
fn strategies_of_a_work_order() {
    let packs = packs();
    let order = packs.entity("work-order").unwrap();
    let strategy = |field: &str, role: &str| order.field(field).unwrap().strategy_against(&[role.to_owned()]);
    let table = [
        ("status", "technician", Strategy::ClientWins),
        ("status", "supervisor", Strategy::ServerWins),
        ("status", "admin", Strategy::ServerWins),
        ("scheduledStart", "technician", Strategy::ServerWins),
        ("scheduledEnd", "supervisor", Strategy::ServerWins),
        ("actualStart", "supervisor", Strategy::ClientWins),
        ("actualEnd", "supervisor", Strategy::ClientWins),
        ("meterReading", "supervisor", Strategy::ClientWins),
        ("tasks", "supervisor", Strategy::Merge),
        ("partsUsed", "supervisor", Strategy::Merge),
        ("laborRecords", "supervisor", Strategy::Merge),
        ("notes", "supervisor", Strategy::Merge),
        ("tags", "supervisor", Strategy::Merge),
        ("description", "supervisor", Strategy::Merge),
        ("completionNotes", "supervisor", Strategy::Manual),
        ("rootCause", "technician", Strategy::Manual),
        ("title", "technician", Strategy::LastWriteWins),
    ];
    for (field, role, expected) in table {
        assert_eq!(strategy(field, role), expected, "{field} against a {role}");
    }
}

#[test]
fn work_that_was_done_is_taken_from_whoever_lost_the_record() {
    let packs = packs();
    let taken = |entity: &str| {
        let rule = packs.entity(entity).unwrap().after_access.clone().unwrap();
        (rule.fields, rule.days)
    };
    let fields = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        taken("work-order"),
        (fields(&["laborRecords", "partsUsed", "notes"]), 30)
    );
    assert_eq!(taken("ticket"), (fields(&["comments"]), 30));
    assert!(packs.entity("asset").unwrap().after_access.is_none());
}

#[test]
fn what_is_read_only_stays_so() {
    let packs = packs();
    for name in ["asset", "inventory-part", "site", "client", "managed-device"] {
        let entity = packs.entity(name).unwrap();
        assert!(entity.operations.is_empty(), "{name} takes no writes");
        assert!(
            entity.fields.iter().all(|field| field.read_only),
            "{name} has no field to write"
        );
    }
    let alert = packs.entity("alert").unwrap();
    let writable: Vec<&str> = alert
        .fields
        .iter()
        .filter(|f| !f.read_only)
        .map(|f| f.name.as_str())
        .collect();
    assert_eq!(writable, ["acknowledged", "acknowledgedBy", "acknowledgedAt"]);
}

#[test]
fn an_inventory_part_has_quantities_only() {
    let packs = packs();
    let part = packs.entity("inventory-part").unwrap();
    let names: Vec<&str> = part.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["description", "quantityAvailable", "unit", "siteId"]);
}

#[test]
fn every_field_that_people_fill_in_has_a_label_and_every_list_a_default_order() {
    for (_, entity) in packs().entities() {
        for field in &entity.fields {
            assert!(!field.label.trim().is_empty(), "{}.{}", entity.name, field.name);
            if let FieldType::Enum { choices, .. } = &field.kind {
                assert!(
                    choices.iter().all(|choice| !choice.label.is_empty()),
                    "{}.{}",
                    entity.name,
                    field.name
                );
            }
        }
        assert!(
            !entity.list.shown || !entity.list.sorts.is_empty(),
            "{}",
            entity.name
        );
    }
}
