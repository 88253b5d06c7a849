//! `GET /sync/digest`: count and hash of what a device should hold, so that it notices if it does not.
//!
//! Finished work leaves a device when it has had its days there, and nobody tells the server. A digest therefore leaves
//! out what was last changed so long ago: it has been on the device for no longer. A device may hold it or not.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::protocol::{Cursor, Digest, DigestEntry};

use super::scope::{EntitySet, Scope};
use super::{Answer, Context, dialogue};
use crate::records::epoch;
use crate::storage::port::Transaction;

/// What a device asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DigestRequest {
    /// The device's cursor: the proof that its page arrived. One that the device has moved on from proves nothing.
    pub since: Option<String>,
    /// Plural names, comma-separated; all entities, if absent.
    pub entities: Option<String>,
    /// Whether to list each id with its version.
    pub versions: bool,
}

/// What the caller's device was sent and was not told to drop, at its present versions.
pub fn digest(tx: &mut dyn Transaction, cx: &Context<'_>, request: &DigestRequest) -> Answer<Digest> {
    match present(tx, cx, request)? {
        Ok(()) => told(tx, cx, request),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Takes the request's cursor as the proof that its page arrived: all of a digest that has to be written.
pub fn present(tx: &mut dyn Transaction, cx: &Context<'_>, request: &DigestRequest) -> Answer<()> {
    if let Err(refusal) = EntitySet::parse(cx.packs, request.entities.as_deref()) {
        return Ok(Err(refusal));
    }
    let epoch = epoch::current(tx, cx.rng)?;
    let cursor = request
        .since
        .as_ref()
        .and_then(|since| since.parse::<Cursor>().ok());
    // One that the device has moved on from, or that was not issued to it, is none of the open answers' cursors.
    if let Some(cursor) = cursor.filter(|cursor| cursor.epoch == epoch) {
        dialogue::present(tx, &cx.caller.device_id, &cursor)?;
    }
    Ok(Ok(()))
}

/// The digest of what the device holds, by the cursors that it has presented.
pub fn told(tx: &dyn Transaction, cx: &Context<'_>, request: &DigestRequest) -> Answer<Digest> {
    let set = match EntitySet::parse(cx.packs, request.entities.as_deref()) {
        Ok(set) => set,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let epoch = tx.meta(epoch::EPOCH)?.unwrap_or_default();
    let device = &cx.caller.device_id;
    let scope = Scope::of(tx, cx, set)?;
    let mut entries = BTreeMap::new();
    for entity in &scope.set.entities {
        let (mut versions, mut aged) = (BTreeMap::new(), BTreeSet::new());
        let held = tx.held(device, &entity.name)?;
        for record in held.into_iter().filter(|record| scope.readable(entity, record)) {
            if scope.has_had_its_days(entity, &record) {
                aged.insert(record.id.clone());
            }
            versions.insert(record.id, record.version);
        }
        entries.insert(
            entity.collection(),
            DigestEntry::of(versions, aged, request.versions),
        );
    }
    Ok(Ok(Digest {
        epoch,
        as_of: cx.now,
        entities: entries,
    }))
}
