//! The epoch: a random name for one unbroken history of the database.
//!
//! A database that was restored from a backup has lost what came after the backup, so a device's cursor may point past
//! its end or, worse, at a different change. Such a database gets a new epoch, which refuses all cursors of the former.

use holdfast_core::ports::Rng;

use super::ids;
use crate::storage::port::{Result, Transaction};

/// Under which name the database keeps it.
pub const EPOCH: &str = "epoch";

/// The database's epoch; made at the first call.
pub fn current(tx: &mut dyn Transaction, rng: &dyn Rng) -> Result<String> {
    match tx.meta(EPOCH)? {
        Some(epoch) => Ok(epoch),
        None => {
            let epoch = rng.uuid();
            tx.put_meta(EPOCH, &epoch)?;
            Ok(epoch)
        }
    }
}

/// Begins a new epoch, because history was lost. Ids that may have been given out in the lost part are skipped.
pub fn renew(tx: &mut dyn Transaction, rng: &dyn Rng, entities: &[&str]) -> Result<String> {
    let epoch = rng.uuid();
    tx.put_meta(EPOCH, &epoch)?;
    for entity in entities {
        ids::leap(tx, entity, rng)?;
    }
    Ok(epoch)
}
