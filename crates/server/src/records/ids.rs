//! The server's ids (`WO-000123`), and aliases for the UUIDs under which devices created records.
//!
//! An alias belongs to the device that made it: no device can name, by an id of its own, what another device means by it.
//! A record's own id always wins over an alias of the same text.

use holdfast_core::{Timestamp, pack::Entity, ports::Rng, record::is_local_id};

use super::{epoch, numbering, past};
use crate::storage::model::{HistoryBound, HistoryEntry, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// The first version, without more of a long history.
const FIRST: HistoryBound = HistoryBound {
    versions: 1,
    bytes: 0,
};

/// A fresh id: the entity's prefix and a number, or a UUID where the entity has no prefix.
///
/// # Errors
/// If the storage fails.
pub fn assign(tx: &mut dyn Transaction, entity: &Entity, rng: &dyn Rng) -> Result<String> {
    if entity.id_prefix.is_empty() {
        return Ok(rng.uuid());
    }
    let mut number = numbering::last(tx, &entity.name)?;
    loop {
        number += 1;
        let id = format!("{}{number:06}", entity.id_prefix);
        if tx.record(&entity.name, &id)?.is_none() {
            numbering::put_last(tx, &entity.name, number)?;
            return Ok(id);
        }
    }
}

/// Notes that an id was given out by somebody else: new records are numbered on behind it.
///
/// # Errors
/// If the storage fails.
pub fn passed(tx: &mut dyn Transaction, entity: &Entity, id: &str) -> Result<()> {
    let number = id
        .strip_prefix(&entity.id_prefix)
        .and_then(|digits| digits.parse::<u64>().ok());
    match number.filter(|_| !entity.id_prefix.is_empty()) {
        Some(number) if number > numbering::last(tx, &entity.name)? => {
            numbering::put_last(tx, &entity.name, number)
        }
        _ => Ok(()),
    }
}

/// Whether a text has the form of the ids that the server gives to records of this entity.
pub fn is_numbered(entity: &Entity, id: &str) -> bool {
    number_of(entity, id).is_some()
}

/// Whether a record that this device created in a lost part of the history may come back under this id: the device
/// proved that it knows that history, and the id is one that this epoch skipped because it may have been given out there.
///
/// # Errors
/// If the storage fails.
pub fn may_return(tx: &dyn Transaction, entity: &Entity, device: &str, id: &str) -> Result<bool> {
    if !epoch::has_returned(tx, device)? {
        return Ok(false);
    }
    if entity.id_prefix.is_empty() {
        return Ok(is_local_id(id));
    }
    let skipped = numbering::skipped(tx, &entity.name)?;
    let is_skipped = |(from, to), number| from < number && number <= to;
    Ok(skipped
        .zip(number_of(entity, id))
        .is_some_and(|(bounds, number)| is_skipped(bounds, number)))
}

fn returned(entity: &Entity, id: &str) -> String {
    format!("returnedId:{}:{id}", entity.name)
}

/// Notes that a record of a lost history came back under its id.
///
/// # Errors
/// If the storage fails.
pub fn note_returned(tx: &mut dyn Transaction, entity: &Entity, id: &str) -> Result<()> {
    tx.put_meta(&returned(entity, id), "")
}

/// Whether a record is another than the one that stood under its id when an author saw it: it was made only afterwards,
/// and did not come back from a lost history. A server that was restored and was not told gives ids out a second time.
///
/// # Errors
/// If the storage fails.
pub fn is_another(
    tx: &dyn Transaction,
    entity: &Entity,
    record: &StoredRecord,
    seen_at: Timestamp,
) -> Result<bool> {
    if !is_numbered(entity, &record.id) || tx.meta(&returned(entity, &record.id))?.is_some() {
        return Ok(false);
    }
    let is_later = |entry: &HistoryEntry| entry.at.timestamp_millis() > seen_at.timestamp_millis();
    let first = tx.history_page(&entity.name, &record.id, 0, FIRST)?;
    if !first.first().is_some_and(is_later) {
        return Ok(false);
    }
    // A clock that was set back dates later versions before the first.
    let newest = past::newest_after(tx, record, 0)?.entries;
    Ok(newest.iter().all(is_later))
}

/// The number of a server id, if the text is just what [`assign`] writes for it.
fn number_of(entity: &Entity, id: &str) -> Option<u64> {
    let prefix = Some(entity.id_prefix.as_str()).filter(|prefix| !prefix.is_empty())?;
    let number = id.strip_prefix(prefix)?.parse::<u64>().ok()?;
    (format!("{prefix}{number:06}") == id).then_some(number)
}

/// The record's id on the server, whichever of its ids the device gives; `id` itself, if nothing is known of it.
///
/// # Errors
/// If the storage fails.
pub fn resolve(tx: &dyn Transaction, device: &str, entity: &str, id: &str) -> Result<String> {
    match tx.alias(device, entity, id)? {
        // A record of that very id is the one that is meant.
        Some(aliased) if tx.record_text(entity, id)?.is_none() => Ok(aliased),
        _ => Ok(id.to_owned()),
    }
}
