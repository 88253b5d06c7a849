//! The epoch: a random name for one unbroken history of the database.
//!
//! A database that was restored from a backup has lost what came after the backup, so a device's cursor may point past
//! its end or, worse, at a different change. Such a database gets a new epoch, which refuses all cursors of the former.

use holdfast_core::ports::Rng;

use super::numbering;
use crate::storage::port::{Result, Transaction};

/// Under which name the database keeps it.
pub const EPOCH: &str = "epoch";

/// A random id of 48 bits, in hexadecimal: unique among the few that one database ever has.
pub(super) fn short_id(rng: &dyn Rng) -> String {
    format!("{:012x}", rng.next_u64() >> 16)
}

fn former(epoch: &str) -> String {
    format!("former:{epoch}")
}

fn returned(device: &str) -> String {
    format!("returned:{device}")
}

/// The database's epoch; made at the first call.
///
/// # Errors
/// If the storage fails.
pub fn current(tx: &mut dyn Transaction, rng: &dyn Rng) -> Result<String> {
    match tx.meta(EPOCH)? {
        Some(epoch) => Ok(epoch),
        None => {
            let epoch = short_id(rng);
            tx.put_meta(EPOCH, &epoch)?;
            Ok(epoch)
        }
    }
}

/// Begins a new epoch, because history was lost. Ids that may have been given out in the lost part are skipped.
///
/// # Errors
/// If the storage fails.
pub fn renew(tx: &mut dyn Transaction, rng: &dyn Rng, entities: &[&str]) -> Result<String> {
    if let Some(ended) = tx.meta(EPOCH)? {
        end(tx, &ended)?;
    }
    let epoch = short_id(rng);
    tx.put_meta(EPOCH, &epoch)?;
    for entity in entities {
        numbering::leap(tx, entity, rng)?;
    }
    Ok(epoch)
}

/// Notes that an epoch is over: its cursors are answered without beginning another one.
///
/// # Errors
/// If the storage fails.
pub fn end(tx: &mut dyn Transaction, epoch: &str) -> Result<()> {
    tx.put_meta(&former(epoch), "ended")
}

/// Whether an epoch is known to be over.
///
/// # Errors
/// If the storage fails.
pub fn has_ended(tx: &dyn Transaction, epoch: &str) -> Result<bool> {
    Ok(tx.meta(&former(epoch))?.is_some())
}

/// Notes that a device proved that it knows a lost history: what it created there may come back under the ids of then,
/// for as long as this epoch lasts.
///
/// # Errors
/// If the storage fails.
pub fn note_returned(tx: &mut dyn Transaction, device: &str, epoch: &str) -> Result<()> {
    match tx.meta(&returned(device))?.as_deref() == Some(epoch) {
        true => Ok(()),
        false => tx.put_meta(&returned(device), epoch),
    }
}

/// Whether the device proved that in the present epoch.
///
/// # Errors
/// If the storage fails.
pub fn has_returned(tx: &dyn Transaction, device: &str) -> Result<bool> {
    let since = tx.meta(&returned(device))?;
    Ok(since.is_some() && since == tx.meta(EPOCH)?)
}
