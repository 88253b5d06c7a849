//! Records as the server keeps them: every change is a version, every version knows its author and what it changed.
//!
//! - [`version`] writes versions, the one way in which a record changes.
//! - [`ids`] gives out the server's ids and keeps aliases of those that devices made.
//! - [`unique`] keeps values that only one record may hold.
//! - [`references`] finds the ids that a record's fields refer to.
//! - [`defaults`] fills in what a new record was not given.
//! - [`past`] reads the history: former values, and who wrote the present ones.
//! - [`people`] keeps the records of persons in step with the accounts.
//! - [`epoch`] names one unbroken history of the database; [`starts`] tells when one was lost.

pub mod defaults;
pub mod epoch;
pub mod ids;
mod numbering;
pub mod past;
pub mod people;
pub mod references;
pub mod starts;
pub mod unique;
pub mod unique_keys;
pub mod version;

use holdfast_core::{
    pack::Entity,
    protocol::{Metadata, WireRecord},
};

use crate::storage::model::StoredRecord;

/// The whole record as it goes on the wire to a device: under which id a record was made is told to the device that made
/// it, and to no other.
pub fn whole(entity: &Entity, record: &StoredRecord, device: &str) -> WireRecord {
    let made_there = record.maker.as_deref() == Some(device);
    let metadata = Metadata {
        version: record.version,
        base_version: None,
        updated_at: record.updated_at,
        local_id: record.local_id.clone().filter(|_| made_there),
    };
    WireRecord::assemble(
        record.fields.clone(),
        &entity.id_field,
        record.id.clone(),
        metadata,
    )
}

/// The text that names a record for a person.
pub fn title(entity: &Entity, record: &StoredRecord) -> String {
    record
        .fields
        .get(&entity.title_field)
        .and_then(|value| value.as_str())
        .unwrap_or(&record.id)
        .to_owned()
}
