//! What a device is told, worked out on a snapshot, and stored in a short write transaction.
//!
//! A page takes as long as there are records to look at; what is to be written down for it is what it says of the
//! device's memberships. So the page is made on a snapshot, as a [`Draft`], and holds nobody up. Requests of one device
//! that write have to come one at a time meanwhile, which is the caller's to see to: then nothing that the draft is
//! about changes between snapshot and storing, and it is as if all of it had happened at the snapshot. If the device was
//! told something else nevertheless, or an epoch began, the work is done again in the write transaction.

use super::{Answer, Context, Refusal};
use crate::records::epoch;
use crate::storage::draft::{Changes, Draft};
use crate::storage::port::{Result, StorageError, Transaction};

/// An answer, and what is to be stored before it is given.
#[derive(Debug)]
pub struct Prepared<T> {
    answer: std::result::Result<T, Refusal>,
    changes: Changes,
    /// That of the snapshot.
    epoch: Option<String>,
}

/// Does the work on a snapshot; `None`, if it needs a write transaction.
///
/// # Errors
/// If the storage fails.
pub fn prepare<T>(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    work: impl FnOnce(&mut dyn Transaction) -> Answer<T>,
) -> Result<Option<Prepared<T>>> {
    let mut draft = Draft::new(tx, &cx.caller.device_id)?;
    let answer = match work(&mut draft) {
        Err(StorageError::NeedsWriter) => return Ok(None),
        answer => answer?,
    };
    Ok(Some(Prepared {
        answer,
        changes: draft.into_changes(),
        epoch: tx.meta(epoch::EPOCH)?,
    }))
}

impl<T> Prepared<T> {
    /// Whether nothing is to be stored before the answer is given.
    pub fn is_final(&self) -> bool {
        self.changes.is_empty()
    }

    /// The answer, where nothing is to be stored.
    ///
    /// # Errors
    /// The refusal, if it is one.
    pub fn into_answer(self) -> std::result::Result<T, Refusal> {
        self.answer
    }

    /// Stores what is to be stored. Does the work again where it no longer holds.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn store(
        self,
        tx: &mut dyn Transaction,
        cx: &Context<'_>,
        work: impl FnOnce(&mut dyn Transaction) -> Answer<T>,
    ) -> Answer<T> {
        let same_epoch = tx.meta(epoch::EPOCH)? == self.epoch;
        match same_epoch && self.changes.store(tx, &cx.caller.device_id)? {
            true => Ok(self.answer),
            false => work(tx),
        }
    }
}
