//! Operations as devices send them.

use holdfast_core::{Fields, protocol::WireOperation, record::Operation};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(super) fn object(value: Value) -> Fields {
    value.as_object().cloned().unwrap_or_default()
}

/// An operation on an order; its key is also its queue id.
pub(super) fn operation(key: &str, operation: Operation, id: &str, payload: Value) -> WireOperation {
    WireOperation {
        queue_id: key.into(),
        client_mutation_id: None,
        client_mutation_ids: Vec::new(),
        kind: String::new(),
        domain: "works".into(),
        entity_type: "order".into(),
        entity_id: id.into(),
        operation,
        payload: object(payload),
        base: None,
        queued_at: None,
        clock_offset_ms: 0,
        depends_on: Vec::new(),
        seen_at: None,
        seen_references: Default::default(),
    }
}

pub(super) fn create(key: &str, id: &str, payload: Value) -> WireOperation {
    operation(key, Operation::Create, &sent_id(id), payload)
}

/// The UUID v4 that a device gives to what a test calls by this name.
pub(super) fn local(name: &str) -> String {
    let digest = Sha256::digest(name);
    let bytes: [u8; 16] = digest[..16].try_into().unwrap();
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Ids of the server's are written in capitals; any other name in a test stands for an id of a device's own.
fn sent_id(id: &str) -> String {
    match id.starts_with("WO-") || uuid::Uuid::try_parse(id).is_ok() {
        true => id.to_owned(),
        false => local(id),
    }
}

/// An update by somebody who saw `version`.
pub(super) fn update(key: &str, id: &str, version: u64, payload: Value) -> WireOperation {
    let mut update = operation(key, Operation::Update, &sent_id(id), payload);
    update.payload.insert("_version".into(), json!(version));
    update
}

pub(super) fn delete(key: &str, id: &str, version: u64) -> WireOperation {
    operation(
        key,
        Operation::Delete,
        &sent_id(id),
        json!({ "_version": version }),
    )
}

/// A write to a record of the built-in pack.
pub(super) fn system_update(key: &str, entity: &str, id: &str, payload: Value) -> WireOperation {
    WireOperation {
        domain: "system".into(),
        entity_type: entity.into(),
        ..operation(key, Operation::Update, id, payload)
    }
}
