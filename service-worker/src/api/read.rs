//! Entity reads from the device's records, as shown: with what still waits to be sent.

use holdfast_browser::client::Snapshot;
use holdfast_core::{
    Fields,
    pack::Entity,
    protocol::{Cursor, ErrorCode, Metadata, WireError, WireRecord, entity_tag},
    record::RecordKey,
    replica::View,
};
use serde_json::Value;

use super::Answer;

/// All records of an entity, newest change first.
pub fn list(device: Snapshot<'_>, entity: &str) -> Answer {
    let Some(declared) = device.packs().entity(entity) else {
        return not_here(entity);
    };
    // In a map by text: the one that JSON objects are made of puts them in order too.
    let mut newest_first = Fields::new();
    for view in device.all(entity).map(|item| item.view()) {
        // What the server does not know yet is the newest of all.
        let age = view
            .updated_at
            .map_or(0, |at| i64::MAX - at.timestamp_micros().max(0));
        newest_first.insert(format!("{age:020}{}", view.key.entity_id), wire(declared, view));
    }
    let items: Vec<Value> = newest_first.into_iter().map(|(_, record)| record).collect();
    let mut body = Fields::new();
    body.insert("items".to_owned(), items.into());
    Answer::json(200, body.into())
}

/// One record, under its local or its server id.
pub fn record(device: Snapshot<'_>, entity: &str, id: &str) -> Answer {
    let key = RecordKey::new(entity, id);
    match (device.packs().entity(entity), device.view(&key)) {
        (Some(declared), Some(view)) => Answer {
            tag: Some(entity_tag(&epoch(device), view.version)),
            ..Answer::json(200, wire(declared, view))
        },
        _ => not_here(id),
    }
}

/// The history that the device's records are of; none before the first pull.
pub fn epoch(device: Snapshot<'_>) -> String {
    let cursor = device.cursor().and_then(|row| row.cursor.parse::<Cursor>().ok());
    cursor.map(|cursor| cursor.epoch).unwrap_or_default()
}

fn wire(entity: &Entity, view: View<'_>) -> Value {
    let metadata = Metadata {
        version: view.version,
        base_version: None,
        updated_at: view.updated_at.unwrap_or_default(),
        local_id: None,
    };
    let (fields, id) = (view.fields.into_owned(), view.key.entity_id);
    let record = WireRecord::assemble(fields, &entity.id_field, id, metadata);
    record.0.into()
}

fn not_here(what: &str) -> Answer {
    Answer::error(
        404,
        WireError::new(ErrorCode::NotFound, format!("\"{what}\" is not on this device.")),
    )
}
