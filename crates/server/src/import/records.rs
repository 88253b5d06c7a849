//! Rows become records.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Fields, Timestamp,
    pack::{Entity, Packs, canonical, validate},
    record::{FieldError, Operation},
    stamps,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::mapping::{Mapping, Source};
use super::positions::{self, Positions};
use super::revival::revive;
use super::rows::{BrokenRow, KeyedRow, Row};
use crate::randomness::SystemRng;
use crate::records::defaults::complete;
use crate::records::{ids, references, unique, version::Author, version::NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, StorageError, Transaction};
use crate::storage::text::StoredText;

/// Records that are read at once where all are looked at.
const READ_AT_ONCE: usize = 1_000;

/// A row whose key is known, and the record that it is to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub line: u64,
    /// Of its key cells.
    pub digest: String,
    /// Its digest, that of all its cells, and which one it is among the rows with the same cells.
    pub content: String,
    /// `None` for a row that is left out; it only keeps its position.
    pub fields: Option<Fields>,
}

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

/// The records that the rows become, in the order of the file, and rows whose values the pack does not take. The key in the
/// fields has a provisional position.
pub(super) fn drafts(
    mapping: &Mapping,
    entity: &Entity,
    rows: &[Row],
    left_out: &[KeyedRow],
) -> (Vec<Draft>, Vec<BrokenRow>) {
    let chosen = rules_by_row(mapping, rows);
    let mut occurrences: BTreeMap<String, usize> = BTreeMap::new();
    let (mut drafts, mut misfits) = (Vec::new(), Vec::new());
    for (row, rule) in rows.iter().zip(chosen) {
        let mut fields = values(mapping, row, rule);
        let mut draft = Draft::left_out(mapping, row.line, &row.cells);
        let occurrence = occurrences.entry(draft.digest.clone()).or_default();
        *occurrence += 1;
        let key = key(mapping, &draft.digest, *occurrence);
        fields.insert(mapping.key.field.clone(), Value::from(key));
        canonical(entity, &mut fields);
        match fault(entity, &fields) {
            None => draft.fields = Some(complete(entity, fields, None)),
            Some(reason) => misfits.push(BrokenRow {
                line: row.line,
                reason,
            }),
        }
        drafts.push(draft);
    }
    let left_out = left_out.iter();
    drafts.extend(left_out.map(|row| Draft::left_out(mapping, row.line, &row.cells)));
    drafts.sort_by_key(|draft| draft.line);
    let mut equals: BTreeMap<String, usize> = BTreeMap::new();
    for draft in &mut drafts {
        let equal = equals.entry(draft.content.clone()).or_default();
        *equal += 1;
        draft.content.push_str(&format!("-{equal}"));
    }
    (drafts, misfits)
}

impl Draft {
    fn left_out(mapping: &Mapping, line: u64, cells: &[String]) -> Self {
        let of_key = mapping.key.of.iter().filter_map(|name| mapping.column(name));
        let digest = digest(of_key.map(|column| cells[column].as_str()));
        let content = format!("{digest}-{}", self::digest(cells.iter().map(String::as_str)));
        Self {
            line,
            digest,
            content,
            fields: None,
        }
    }
}

/// The key of the record at a position among the rows with this digest.
fn key(mapping: &Mapping, digest: &str, position: usize) -> String {
    format!("{}{digest}-{position}", mapping.key.prefix)
}

/// The values that the mapping and one of its rules give a row.
fn values(mapping: &Mapping, row: &Row, rule: Option<usize>) -> Fields {
    let more = rule.map(|rule| &mapping.rules[rule].fields);
    let sources = mapping.fields.iter().chain(more.into_iter().flatten());
    let mut fields: Fields = sources
        .map(|(name, source)| (name.clone(), source_value(mapping, source, row)))
        .collect();
    fields.retain(|_, value| !value.is_null());
    fields
}

/// For each row the first rule that fits it.
fn rules_by_row(mapping: &Mapping, rows: &[Row]) -> Vec<Option<usize>> {
    let mut chosen: Vec<Option<usize>> = vec![None; rows.len()];
    for (number, rule) in mapping.rules.iter().enumerate() {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        if let Some(column) = rule.by.as_deref().and_then(|by| mapping.column(by)) {
            // Dates are RFC 3339 by now, so their texts sort by time.
            order.sort_by_key(|row| {
                std::cmp::Reverse((rows[*row].values[column].to_string(), rows[*row].line))
            });
        }
        for row in order.into_iter().take(rule.newest.unwrap_or(usize::MAX)) {
            chosen[row].get_or_insert(number);
        }
    }
    chosen
}

fn source_value(mapping: &Mapping, source: &Source, row: &Row) -> Value {
    if let Some(value) = &source.value {
        return value.clone();
    }
    let Some(column) = source.column.as_deref().and_then(|name| mapping.column(name)) else {
        return Value::Null;
    };
    if source.map.is_empty() && source.otherwise.is_none() {
        return row.values[column].clone();
    }
    let mapped = source.map.get(&row.cells[column]).or(source.otherwise.as_ref());
    mapped.cloned().unwrap_or_default()
}

fn digest<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for cell in cells {
        hash.update(cell);
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Why the pack does not take the values. Fields that people cannot change may be set here.
fn fault(entity: &Entity, fields: &Fields) -> Option<String> {
    let writable = |name: &str| {
        entity
            .field(name)
            .is_some_and(|field| !field.read_only && field.computed.is_none())
    };
    let payload = fields
        .iter()
        .filter(|(name, _)| writable(name))
        .map(|(name, value)| (name.clone(), value.clone()));
    let errors = validate(entity, Operation::Create, &payload.collect(), &Fields::new());
    told(&errors)
}

fn told(errors: &[FieldError]) -> Option<String> {
    let told = errors
        .iter()
        .map(|error| format!("{} {}", error.field, error.message));
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Makes what the rows refer to, where it is not there.
pub(super) fn put_companions(
    tx: &mut dyn Transaction,
    packs: &Packs,
    mapping: &Mapping,
    now: Timestamp,
) -> Result<()> {
    for companion in &mapping.records {
        let entity = packs.entity(&companion.entity);
        let entity = entity
            .ok_or_else(|| StorageError::Inconsistent(format!("no pack declares {}", companion.entity)))?;
        if tx.record(&entity.name, &companion.id)?.is_some() {
            continue;
        }
        let (id, fields) = (
            companion.id.as_str(),
            complete(entity, companion.fields.clone(), None),
        );
        let act = Act::Create;
        NewVersion {
            entity,
            id,
            before: None,
            fields,
            act,
            local_id: None,
            author: AUTHOR,
            at: now,
        }
        .write(tx)?;
        ids::passed(tx, entity, id)?;
    }
    Ok(())
}

/// Deleted records whose key an import gave them, by that key.
pub(super) fn tombstones(
    tx: &dyn Transaction,
    entity: &Entity,
    mapping: &Mapping,
) -> Result<BTreeMap<String, String>> {
    let (mut found, mut after) = (BTreeMap::new(), None::<String>);
    loop {
        let chunk = tx.records_after(&entity.name, after.as_deref(), READ_AT_ONCE)?;
        let Some(last) = chunk.last() else {
            return Ok(found);
        };
        after = Some(last.id.clone());
        for tombstone in StoredText::read_all(&chunk)?
            .into_iter()
            .filter(|record| record.deleted)
        {
            let key = tombstone.fields.get(&mapping.key.field).and_then(Value::as_str);
            if let Some(key) = key.filter(|key| key.starts_with(&mapping.key.prefix)) {
                found.insert(key.to_owned(), tombstone.id.clone());
            }
        }
    }
}

/// Stores the drafts that are not there yet.
pub(super) fn put(
    tx: &mut dyn Transaction,
    (place, now): (Place<'_>, Timestamp),
    positions: &mut Positions,
    drafts: &[Draft],
) -> Result<Put> {
    let mut put = Put::default();
    for draft in drafts {
        let key = |position| key(place.mapping, &draft.digest, position);
        let has_record = |position| Ok(known(tx, place, &key(position))?.is_some());
        let Some(position) = positions.of(draft, has_record)? else {
            continue;
        };
        match known(tx, place, &key(position))? {
            None => create(tx, (place, now), (draft, position), &key(position), &mut put)?,
            Some(record) => {
                note(tx, place, &key(position), &record.id)?;
                match (record.deleted, place.revive) {
                    (true, true) => revive(tx, (place, now), &record, (draft, position), &mut put)?,
                    (deleted, _) => {
                        put.known += 1;
                        put.deleted += usize::from(deleted);
                    }
                }
            }
        }
    }
    Ok(put)
}

/// Under which name the storage keeps which record a row came to.
fn by_row(mapping: &Mapping) -> String {
    format!("imported:{}", mapping.key.field)
}

/// Keeps for good which record a row came to, so that the row is known whatever becomes of the record.
fn note(tx: &mut dyn Transaction, place: Place<'_>, key: &str, id: &str) -> Result<()> {
    let (entity, name) = (&place.entity.name, by_row(place.mapping));
    match tx.key_holder(entity, &name, key, None)?.as_deref() == Some(id) {
        true => Ok(()),
        false => tx.put_key(entity, &name, key, id),
    }
}

/// The record that a row of this key came to before.
fn known(tx: &dyn Transaction, place: Place<'_>, key: &str) -> Result<Option<StoredRecord>> {
    let Place { entity, mapping, .. } = place;
    let holder = unique::holder(tx, entity, &mapping.key.field, key)?;
    let noted = tx.key_holder(&entity.name, &by_row(mapping), key, None)?;
    let id = holder.or(noted).or_else(|| place.tombstones.get(key).cloned());
    match id {
        Some(id) => tx.record(&entity.name, &id),
        None => Ok(None),
    }
}

fn create(
    tx: &mut dyn Transaction,
    (place, now): (Place<'_>, Timestamp),
    (draft, position): (&Draft, usize),
    key: &str,
    put: &mut Put,
) -> Result<()> {
    let Place { entity, mapping, .. } = place;
    let mut fields = draft.fields.clone().unwrap_or_default();
    fields.insert(mapping.key.field.clone(), Value::from(key));
    if let Some(reason) = taken(tx, entity, None, &fields)? {
        let line = draft.line;
        put.broken.push(BrokenRow { line, reason });
        return Ok(());
    }
    note_missing(tx, place, &fields, put)?;
    let id = ids::assign(tx, entity, &SystemRng)?;
    stamps::receive_all(entity, &mut fields, now);
    NewVersion {
        entity,
        id: &id,
        before: None,
        fields,
        act: Act::Create,
        local_id: None,
        author: AUTHOR,
        at: now,
    }
    .write(tx)?;
    note(tx, place, key, &id)?;
    positions::note(tx, entity, mapping, draft, position)?;
    put.imported += 1;
    Ok(())
}

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
