//! Where drafts become records, and what holds for all of them, new or revived.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Fields,
    pack::{Entity, Packs},
};

use super::drafts::told;
use super::mapping::Mapping;
use super::rows::BrokenRow;
use crate::records::{references, unique, version::Author};
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};

/// What a part of an import came to: each draft is imported, revived, known or broken.
#[derive(Debug, Default)]
pub(super) struct Put {
    pub imported: usize,
    pub revived: usize,
    pub known: usize,
    /// Of the known ones.
    pub deleted: usize,
    pub broken: Vec<BrokenRow>,
    pub missing: BTreeSet<String>,
}

/// Where and how drafts become records.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub packs: &'a Packs,
    pub entity: &'a Entity,
    pub mapping: &'a Mapping,
    /// Deleted records that rows came to before, by key; of imports that noted nothing for good.
    pub tombstones: &'a BTreeMap<String, String>,
    /// Deleted records come back.
    pub revive: bool,
    /// Who imports.
    pub by: &'a str,
}

pub(super) const AUTHOR: Author<'static> = Author::server("import");

/// Adds to the report what the values refer to and is not there.
pub(super) fn note_missing(
    tx: &dyn Transaction,
    place: Place<'_>,
    fields: &Fields,
    put: &mut Put,
) -> Result<()> {
    for reference in references::of(place.entity, fields) {
        let declared = place.packs.entity(&reference.entity).is_some();
        if declared && tx.record(&reference.entity, &reference.id)?.is_none() {
            put.missing
                .insert(format!("{} {}", reference.entity, reference.id));
        }
    }
    Ok(())
}

/// Which unique values another record has.
pub(super) fn taken(
    tx: &dyn Transaction,
    entity: &Entity,
    before: Option<&StoredRecord>,
    fields: &Fields,
) -> Result<Option<String>> {
    let errors = unique::taken(tx, entity, before, fields, &|_| true)?;
    Ok(told(&errors))
}
