//! The position of a row among the rows with an equal key.
//!
//! The key of a record is the digest of its row's key cells, and the row's position among those with the same digest. The
//! order of the file alone does not give the position: it shifts when a row before it is corrected, put in or taken out.
//!
//! 1. A row whose content (all cells) made a record before has that record's position.
//! 2. The other rows take the positions that remain, in the order of the file: a row whose cells changed is known by them.
//! 3. A row that is left out, and whose key cells can be read, keeps a position that has no record, for when it is corrected.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::pack::Entity;

use super::drafts::Draft;
use super::mapping::Mapping;
use crate::storage::port::{Result, Transaction};

/// The positions of one digest, from 1.
#[derive(Debug)]
struct Group {
    taken: BTreeSet<usize>,
    /// All positions before it are taken.
    next: usize,
    /// All positions before it are taken or have a record.
    free: usize,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            taken: BTreeSet::new(),
            next: 1,
            free: 1,
        }
    }
}

impl Group {
    fn take_next(&mut self) -> usize {
        while self.taken.contains(&self.next) {
            self.next += 1;
        }
        self.taken.insert(self.next);
        self.next
    }

    fn take_free(&mut self, mut has_record: impl FnMut(usize) -> Result<bool>) -> Result<()> {
        while self.taken.contains(&self.free) || has_record(self.free)? {
            self.free += 1;
        }
        self.taken.insert(self.free);
        Ok(())
    }
}

/// The positions of a file's rows.
#[derive(Debug, Default)]
pub(super) struct Positions {
    groups: BTreeMap<String, Group>,
    /// By line, of rows whose content made a record before.
    known: BTreeMap<u64, usize>,
}

impl Positions {
    /// Looks up which rows made records before. No two rows get the same position.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn of_stored(
        tx: &dyn Transaction,
        entity: &Entity,
        mapping: &Mapping,
        drafts: &[Draft],
    ) -> Result<Self> {
        let mut positions = Self::default();
        let name = by_content(mapping);
        for draft in drafts {
            let stored = tx.key_holder(&entity.name, &name, &draft.content, None)?;
            let stored = stored.and_then(|position| position.parse().ok());
            let group = positions.groups.entry(draft.digest.clone()).or_default();
            if let Some(position) = stored.filter(|position| group.taken.insert(*position)) {
                positions.known.insert(draft.line, position);
            }
        }
        Ok(positions)
    }

    /// The position of the next row of the file; `None` for one that is left out. `has_record` says whether there is a record
    /// at a position of its digest.
    ///
    /// # Errors
    /// If `has_record` fails.
    pub fn of(
        &mut self,
        draft: &Draft,
        has_record: impl FnMut(usize) -> Result<bool>,
    ) -> Result<Option<usize>> {
        let known = self.known.get(&draft.line).copied();
        let group = self.groups.entry(draft.digest.clone()).or_default();
        match (&draft.fields, known) {
            (Some(_), Some(position)) => Ok(Some(position)),
            (Some(_), None) => Ok(Some(group.take_next())),
            (None, Some(_)) => Ok(None),
            (None, None) => group.take_free(has_record).map(|()| None),
        }
    }
}

/// Under which name the storage keeps the position that a row of this content came to.
fn by_content(mapping: &Mapping) -> String {
    format!("imported-row:{}", mapping.key.field)
}

/// Keeps which position the record has that was made of a row.
///
/// # Errors
/// If the storage fails.
pub(super) fn note(
    tx: &mut dyn Transaction,
    entity: &Entity,
    mapping: &Mapping,
    draft: &Draft,
    position: usize,
) -> Result<()> {
    let (name, position) = (by_content(mapping), position.to_string());
    if let Some(before) = tx.key_holder(&entity.name, &name, &draft.content, Some(&position))? {
        tx.drop_key(&entity.name, &name, &draft.content, &before)?;
    }
    tx.put_key(&entity.name, &name, &draft.content, &position)
}
