//! Scope and membership: what a device may see, what it wants, and what it holds.
//!
//! - *Readable*: the caller's roles may read the entity, and one of its access rules covers the record.
//! - *Wanted*: readable, and the entity's sync condition holds, or the caller pinned the record, or a record that the
//!   device was sent refers to it (`syncAlong`).
//! - *Held*: the device was sent it and was not told to drop it, as far as it is known to have heard
//!   ([`super::dialogue`]).
//!
//! What is held and readable goes on being updated whether or not it is still wanted; what is held and no longer
//! readable is revoked.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
};

use holdfast_core::pack::{Entity, Packs, Values};
use holdfast_core::system;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Context, Refusal};
use crate::records::references;
use crate::storage::model::{Stored, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::storage::text::StoredText;

/// The entities a device asks for, in the order in which they are scanned: what refers comes before what it brings
/// along.
#[derive(Debug, Clone)]
pub struct EntitySet<'a> {
    pub entities: Vec<&'a Entity>,
    /// Names the set in a cursor.
    pub hash: String,
}

impl<'a> EntitySet<'a> {
    /// The set of these plural names; of all entities, if there are none.
    pub fn parse(packs: &'a Packs, names: Option<&str>) -> std::result::Result<Self, Refusal> {
        let mut chosen: Vec<&Entity> = match names {
            None => packs.entities().map(|(_, entity)| entity).collect(),
            Some(names) => {
                let named = |name: &str| {
                    let unknown =
                        || Refusal::malformed(format!("There are no \"{name}\" here; ask for others."));
                    packs.entity_by_plural(name.trim()).ok_or_else(unknown)
                };
                names
                    .split(',')
                    .map(named)
                    .collect::<std::result::Result<_, _>>()?
            }
        };
        let names: BTreeSet<&str> = chosen.iter().map(|entity| entity.plural.as_str()).collect();
        let text = names.into_iter().collect::<Vec<_>>().join(",");
        let hash = Sha256::digest(text)
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        // A name may stand there any number of times.
        let mut known = BTreeSet::new();
        chosen.retain(|entity| known.insert(entity.name.as_str()));
        let mut entities: Vec<&Entity> = Vec::new();
        while let Some(at) = chosen
            .iter()
            .position(|entity| leads(entity, &chosen))
            .or((!chosen.is_empty()).then_some(0))
        {
            entities.push(chosen.remove(at));
        }
        Ok(Self { entities, hash })
    }

    pub fn get(&self, name: &str) -> Option<&'a Entity> {
        self.entities.iter().copied().find(|entity| entity.name == name)
    }

    /// Its place in a scan.
    pub fn position(&self, name: &str) -> usize {
        self.entities
            .iter()
            .position(|entity| entity.name == name)
            .unwrap_or(usize::MAX)
    }
}

/// Whether nothing that is still to be placed brings the entity along.
fn leads(entity: &Entity, open: &[&Entity]) -> bool {
    let open = |name: &str| {
        open.iter()
            .any(|other| other.name == name && other.name != entity.name)
    };
    !entity.sync_along.iter().any(|along| open(&along.entity))
}

/// What one caller may see and wants.
pub(super) struct Scope<'a> {
    pub cx: Context<'a>,
    pub set: EntitySet<'a>,
    /// Entity and id of what the caller keeps on their devices.
    pinned: HashSet<(String, String)>,
}

impl<'a> Scope<'a> {
    pub fn of(tx: &dyn Transaction, cx: &Context<'a>, set: EntitySet<'a>) -> Result<Self> {
        let user = tx.record(system::USER, &cx.caller.me.user_id)?;
        let pinned = user.iter().flat_map(pinned).collect();
        Ok(Self { cx: *cx, set, pinned })
    }

    pub fn readable<F: Values>(&self, entity: &Entity, record: &Stored<F>) -> bool {
        self.cx.readable(entity, record)
    }

    /// Whether a readable record belongs on the caller's devices of its own accord.
    pub fn wanted(&self, entity: &Entity, record: &StoredText) -> bool {
        entity.wanted_by(&record.fields, &self.cx.viewer(), self.is_pinned(record))
    }

    fn is_pinned<F>(&self, record: &Stored<F>) -> bool {
        !self.pinned.is_empty() && self.pinned.contains(&(record.entity.clone(), record.id.clone()))
    }

    /// Whether a record may have left the caller's devices with time.
    pub fn has_had_its_days(&self, entity: &Entity, record: &StoredRecord) -> bool {
        let now = self.cx.now;
        entity.has_had_its_days(|| Cow::Borrowed(&record.fields), record.updated_at, now)
            && !self.is_pinned(record)
    }

    /// What comes along with a record that is sent: entity and id.
    pub fn brings(&self, record: &StoredText) -> Vec<(&'a Entity, String)> {
        let along = self.set.entities.iter().copied().flat_map(|entity| {
            let by = entity
                .sync_along
                .iter()
                .filter(|along| along.entity == record.entity);
            by.flat_map(move |along| {
                references::at_path(&record.fields, &along.field)
                    .into_iter()
                    .map(move |id| (entity, id))
            })
        });
        let own_profile = record.entity == system::USER && record.id == self.cx.caller.me.user_id;
        let pinned = own_profile.then(|| pinned(record)).into_iter().flatten();
        let pinned = pinned.filter_map(|(entity, id)| Some((self.set.get(&entity)?, id)));
        along.chain(pinned).collect()
    }
}

/// The records a profile pins, written as `type/id`.
fn pinned<F: Values>(user: &Stored<F>) -> Vec<(String, String)> {
    let pinned = user.fields.value("pinned");
    let items = pinned.as_deref().and_then(Value::as_array).into_iter().flatten();
    let split = |item: &Value| {
        item.as_str()?
            .split_once('/')
            .map(|(entity, id)| (entity.to_owned(), id.to_owned()))
    };
    items.filter_map(split).collect()
}
