//! The numbers of the server's ids, by entity: the last one given out, and those that the present epoch skipped.

use holdfast_core::ports::Rng;

use crate::storage::port::{Result, Transaction};

/// Ids left out after a part of the history was lost: more than were ever given out between two backups.
const LEAP: u64 = 10_000;

/// How many leaps there are to choose from; numbers keep six digits for a while.
const LEAPS: u64 = 64;

fn counter(entity: &str) -> String {
    format!("lastId:{entity}")
}

/// Where the numbers that the present epoch skipped are kept: `<before the first>-<last>`.
fn skipped_range(entity: &str) -> String {
    format!("skippedIds:{entity}")
}

/// The last number given out; 0 if there is none.
///
/// # Errors
/// If the storage fails.
pub(super) fn last(tx: &dyn Transaction, entity: &str) -> Result<u64> {
    Ok(tx
        .meta(&counter(entity))?
        .and_then(|text| text.parse().ok())
        .unwrap_or(0))
}

/// Notes that all numbers up to this one are given out.
///
/// # Errors
/// If the storage fails.
pub(super) fn put_last(tx: &mut dyn Transaction, entity: &str, number: u64) -> Result<()> {
    tx.put_meta(&counter(entity), &number.to_string())
}

/// The numbers that the present epoch skipped, if any: the one before the first, and the last.
///
/// # Errors
/// If the storage fails.
pub(super) fn skipped(tx: &dyn Transaction, entity: &str) -> Result<Option<(u64, u64)>> {
    let range = tx.meta(&skipped_range(entity))?;
    Ok(range.as_deref().and_then(|range| {
        let (from, to) = range.split_once('-')?;
        Some((from.parse().ok()?, to.parse().ok()?))
    }))
}

/// Skips ids that may have been given out in a lost part of the history. By how many is left to chance: a backup that is
/// restored a second time must not give out again what it gave out after the first.
///
/// # Errors
/// If the storage fails.
pub(super) fn leap(tx: &mut dyn Transaction, entity: &str, rng: &dyn Rng) -> Result<()> {
    let from = last(tx, entity)?;
    let to = (from / LEAP + 1 + rng.next_u64() % LEAPS) * LEAP;
    tx.put_meta(&skipped_range(entity), &format!("{from}-{to}"))?;
    put_last(tx, entity, to)
}
