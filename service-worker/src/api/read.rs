//! Entity reads from the device's records, as shown: with what still waits to be sent.

use holdfast_core::{
    pack::Entity,
    protocol::{ErrorCode, WireError, WireRecord},
    record::RecordKey,
    replica::{Query, Replica, View},
};
use serde_json::json;

use super::Answer;

/// All records of an entity, newest change first.
pub fn list(replica: &Replica, entity: &str) -> Answer {
    let Some(declared) = replica.packs().entity(entity) else {
        return not_here(entity);
    };
    let query = Query {
        entity: entity.to_owned(),
        ..Query::default()
    };
    let items: Vec<WireRecord> = replica
        .list(&query)
        .items
        .iter()
        .map(|view| wire(declared, view))
        .collect();
    Answer::json(200, &json!({ "items": items }))
}

/// One record, under its local or its server id.
pub fn record(replica: &Replica, entity: &str, id: &str) -> Answer {
    let key = RecordKey::new(entity, id);
    match (replica.packs().entity(entity), replica.view(&key)) {
        (Some(declared), Some(view)) => Answer::json(200, &wire(declared, &view)),
        _ => not_here(id),
    }
}

fn wire(entity: &Entity, view: &View<'_>) -> WireRecord {
    let updated_at = view.updated_at.unwrap_or_default();
    WireRecord::assemble(
        &entity.id_field,
        &view.key.entity_id,
        &view.fields,
        view.version,
        None,
        updated_at,
        None,
    )
}

fn not_here(what: &str) -> Answer {
    Answer::error(
        404,
        WireError::new(ErrorCode::NotFound, format!("\"{what}\" is not on this device.")),
    )
}
