//! The stored keys of unique values, and what they were made by.
//!
//! A key is what is compared of a value ([`Entity::claims`]). It depends on the pack (`unique`, `normalize`, the field's
//! type) and on the rules of folding. When one of them changes, the keys are rebuilt from the records.

use std::collections::BTreeMap;

use holdfast_core::{
    pack::{Entity, Packs},
    text,
};
use serde_json::json;

use super::starts;
use crate::storage::port::{Result, StorageError, Transaction};
use crate::storage::text::StoredText;

/// Where it is stored what the keys were made by.
const MADE_BY: &str = "uniqueKeys";

/// Records read at a time.
const PAGE: usize = 500;

/// Shared values that are named; the others are counted.
const NAMED: usize = 100;

/// A record that has the unique value of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    pub entity: String,
    /// The fields that must be unique together.
    pub set: String,
    pub id: String,
    pub other: String,
}

/// What a rebuild found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub named: Vec<Shared>,
    pub unnamed: usize,
}

/// How the keys of each set are made, by entity and set.
type Ways = BTreeMap<String, BTreeMap<String, String>>;

/// Rebuilds the keys of those sets whose values are compared in another way than before. Records that share a value keep
/// it, and each holds its key: no other record can take it, and a change of one of them is not refused for it.
///
/// Only a server that starts calls this, and an import into a database without keys ([`begin_import`]).
///
/// # Errors
/// If the storage fails.
pub fn keep(tx: &mut dyn Transaction, packs: &Packs) -> Result<Report> {
    let before = stored(tx)?.unwrap_or_default();
    let now: Ways = packs
        .entities()
        .map(|(_, entity)| (entity.name.clone(), ways(entity)))
        .filter(|(_, ways)| !ways.is_empty())
        .collect();
    let mut report = Report::default();
    // Equal ways prove that the keys are sound: a process with other packs cannot write beside them ([`require`]), so all
    // keys written since were made in these ways.
    if before == now {
        return Ok(report);
    }
    for (entity, ways) in &before {
        let declared = |set: &&String| now.get(entity).is_some_and(|now| now.contains_key(*set));
        for set in ways.keys().filter(|set| !declared(set)) {
            tx.clear_keys(entity, set)?;
        }
    }
    for (_, entity) in packs.entities() {
        let of = |ways: &Ways, set: &String| ways.get(&entity.name).and_then(|ways| ways.get(set)).cloned();
        let sets = now.get(&entity.name).into_iter().flat_map(BTreeMap::keys);
        let changed: Vec<&String> = sets.filter(|set| of(&before, set) != of(&now, set)).collect();
        rebuild(tx, entity, &changed, &mut report)?;
    }
    tx.put_meta(MADE_BY, &json!(now).to_string())?;
    Ok(report)
}

/// Checks that the stored keys of an entity are made as its pack declares. Every write of a version asks this in its own
/// transaction: a second process with other packs would write keys that the first one does not find.
///
/// A database in which no keys were made yet passes.
///
/// # Errors
/// [`StorageError::OtherPacks`] if they are made in another way.
pub fn require(tx: &dyn Transaction, entity: &Entity) -> Result<()> {
    match stored(tx)? {
        Some(before) => require_in(&before, entity),
        None => Ok(()),
    }
}

/// Checks that an import may write these entities, and makes the keys of a database that has none and that no server has
/// opened. It changes no keys that a server made: that server may be running.
///
/// # Errors
/// [`StorageError::OtherPacks`] if the keys of one of them are made in another way, or if a server of a version that stores
/// no ways has opened the database.
pub fn begin_import(tx: &mut dyn Transaction, packs: &Packs, entities: &[&str]) -> Result<()> {
    let mut entities = entities.iter().filter_map(|name| packs.entity(name));
    match (stored(tx)?, starts::any(tx)?) {
        (Some(before), _) => entities.try_for_each(|entity| require_in(&before, entity)),
        (None, false) => keep(tx, packs).map(drop),
        (None, true) => entities.next().map_or(Ok(()), |entity| Err(other_packs(entity))),
    }
}

fn require_in(before: &Ways, entity: &Entity) -> Result<()> {
    let now = ways(entity);
    let same = before
        .get(&entity.name)
        .map_or(now.is_empty(), |before| *before == now);
    match same {
        true => Ok(()),
        false => Err(other_packs(entity)),
    }
}

fn other_packs(entity: &Entity) -> StorageError {
    StorageError::OtherPacks {
        entity: entity.name.clone(),
    }
}

/// How the stored keys were made; `None` where none were made yet.
fn stored(tx: &dyn Transaction) -> Result<Option<Ways>> {
    let text = tx.meta(MADE_BY)?;
    text.map(|text| serde_json::from_str(&text).map_err(unreadable))
        .transpose()
}

fn unreadable(error: serde_json::Error) -> StorageError {
    StorageError::Inconsistent(format!("how unique keys were made: {error}"))
}

/// How the keys of an entity's sets are made: the version of the rules, and of each field its type and its form.
fn ways(entity: &Entity) -> BTreeMap<String, String> {
    let part = |name: &String| {
        let kind = entity.field(name).map(|field| &field.kind);
        let kind = kind.map(|kind| (json!(kind)["type"].clone(), kind.form()));
        kind.map(|(kind, form)| json!([kind, form]))
    };
    let way = |set: &Vec<String>| {
        let parts: Vec<_> = set.iter().map(part).collect();
        (
            Entity::unique_name(set),
            json!([text::VERSION, parts]).to_string(),
        )
    };
    entity.unique.iter().map(way).collect()
}

fn rebuild(tx: &mut dyn Transaction, entity: &Entity, sets: &[&String], report: &mut Report) -> Result<()> {
    if sets.is_empty() {
        return Ok(());
    }
    for set in sets {
        tx.clear_keys(&entity.name, set)?;
    }
    let mut after: Option<String> = None;
    loop {
        let page = tx.records_after(&entity.name, after.as_deref(), PAGE)?;
        for record in &page {
            claim(tx, entity, sets, record, report)?;
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.id.clone()),
            _ => return Ok(()),
        }
    }
}

fn claim(
    tx: &mut dyn Transaction,
    entity: &Entity,
    sets: &[&String],
    record: &StoredText,
    report: &mut Report,
) -> Result<()> {
    if record.deleted {
        return Ok(());
    }
    let record = record.read()?;
    let claims = entity.claims(&record.fields).into_iter();
    for claim in claims.filter(|claim| sets.contains(&&claim.set)) {
        let other = tx.key_holder(&entity.name, &claim.set, &claim.key, Some(&record.id))?;
        tx.put_key(&entity.name, &claim.set, &claim.key, &record.id)?;
        match other {
            Some(other) if report.named.len() < NAMED => report.named.push(Shared {
                entity: entity.name.clone(),
                set: claim.set,
                id: record.id.clone(),
                other,
            }),
            Some(_) => report.unnamed += 1,
            None => {}
        }
    }
    Ok(())
}
