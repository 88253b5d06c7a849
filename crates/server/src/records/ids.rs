//! The server's ids (`WO-000123`), and aliases for the UUIDs under which devices created records.

use holdfast_core::{pack::Entity, ports::Rng};

use crate::storage::port::{Result, Transaction};

/// Ids left out after a part of the history was lost: more than were ever given out between two backups.
const LEAP: u64 = 10_000;

/// How many leaps there are to choose from; numbers keep six digits for a while.
const LEAPS: u64 = 64;

fn counter(entity: &str) -> String {
    format!("lastId:{entity}")
}

fn last(tx: &dyn Transaction, entity: &str) -> Result<u64> {
    Ok(tx
        .meta(&counter(entity))?
        .and_then(|text| text.parse().ok())
        .unwrap_or(0))
}

/// A fresh id: the entity's prefix and a number, or a UUID where the entity has no prefix.
pub fn assign(tx: &mut dyn Transaction, entity: &Entity, rng: &dyn Rng) -> Result<String> {
    if entity.id_prefix.is_empty() {
        return Ok(rng.uuid());
    }
    let mut number = last(tx, &entity.name)?;
    loop {
        number += 1;
        let id = format!("{}{number:06}", entity.id_prefix);
        if tx.record(&entity.name, &id)?.is_none() {
            tx.put_meta(&counter(&entity.name), &number.to_string())?;
            return Ok(id);
        }
    }
}

/// Notes that an id was given out by somebody else: new records are numbered on behind it.
pub fn passed(tx: &mut dyn Transaction, entity: &Entity, id: &str) -> Result<()> {
    let number = id
        .strip_prefix(&entity.id_prefix)
        .and_then(|digits| digits.parse::<u64>().ok());
    match number.filter(|_| !entity.id_prefix.is_empty()) {
        Some(number) if number > last(tx, &entity.name)? => {
            tx.put_meta(&counter(&entity.name), &number.to_string())
        }
        _ => Ok(()),
    }
}

/// Whether this server gave the id out, as far as it knows: it has the entity's prefix, and a number that was passed.
pub fn was_assigned(tx: &dyn Transaction, entity: &Entity, id: &str) -> Result<bool> {
    let number = id
        .strip_prefix(&entity.id_prefix)
        .filter(|_| !entity.id_prefix.is_empty());
    let number = number
        .filter(|digits| digits.len() >= 6)
        .and_then(|digits| digits.parse::<u64>().ok());
    match number {
        Some(number) => Ok(number <= last(tx, &entity.name)?),
        None => Ok(false),
    }
}

/// Skips ids that may have been given out in a lost part of the history. By how many is left to chance: a backup that is
/// restored a second time must not give out again what it gave out after the first.
pub fn leap(tx: &mut dyn Transaction, entity: &str, rng: &dyn Rng) -> Result<()> {
    let next = (last(tx, entity)? / LEAP + 1 + rng.next_u64() % LEAPS) * LEAP;
    tx.put_meta(&counter(entity), &next.to_string())
}

/// The record's id on the server, whichever of its ids is given; `id` itself, if nothing is known of it.
pub fn resolve(tx: &dyn Transaction, entity: &str, id: &str) -> Result<String> {
    Ok(tx.alias(entity, id)?.unwrap_or_else(|| id.to_owned()))
}
