//! `GET /sync/digest`: count and hash of what a device should hold, so that it notices if it does not.

use std::collections::BTreeMap;

use holdfast_core::protocol::{Digest, DigestEntry};

use super::scope::EntitySet;
use super::{Answer, Context};
use crate::records::epoch;
use crate::storage::port::Transaction;

/// What the caller's device was sent and was not told to drop, at its present versions.
pub fn digest(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entities: Option<&str>,
    with_versions: bool,
) -> Answer<Digest> {
    let set = match EntitySet::parse(cx.packs, entities) {
        Ok(set) => set,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let epoch = epoch::current(tx, cx.rng)?;
    let mut entries = BTreeMap::new();
    for entity in &set.entities {
        let versions = tx.held(&cx.caller.device_id, &entity.name)?.into_iter().collect();
        entries.insert(entity.collection(), DigestEntry::of(versions, with_versions));
    }
    Ok(Ok(Digest {
        epoch,
        entities: entries,
    }))
}
