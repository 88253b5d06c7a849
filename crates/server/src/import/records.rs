//! Rows become records.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Fields, Timestamp,
    pack::{Entity, Packs, canonical, validate},
    protocol::FieldError,
    queue::Operation,
    stamps,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::mapping::{Mapping, Source};
use super::rows::{BrokenRow, Row};
use crate::randomness::SystemRng;
use crate::records::defaults::complete;
use crate::records::{ids, references, unique, version::Author, version::NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, StorageError, Transaction};
use crate::storage::text::StoredText;
use crate::sync::audit::AuditEntry;

/// Records that are read at once where all are looked at.
const READ_AT_ONCE: usize = 1_000;

/// A record to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub line: u64,
    pub fields: Fields,
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

const AUTHOR: Author<'static> = Author::server("import");

/// The records that the rows become, in the order of the file, and rows whose values the pack does not take.
pub(super) fn drafts(mapping: &Mapping, entity: &Entity, rows: &[Row]) -> (Vec<Draft>, Vec<BrokenRow>) {
    let chosen = rules_by_row(mapping, rows);
    let mut occurrences: BTreeMap<String, usize> = BTreeMap::new();
    let (mut drafts, mut misfits) = (Vec::new(), Vec::new());
    for (row, rule) in rows.iter().zip(chosen) {
        let more = rule.map(|rule| &mapping.rules[rule].fields);
        let sources = mapping.fields.iter().chain(more.into_iter().flatten());
        let mut fields: Fields = sources
            .map(|(name, source)| (name.clone(), source_value(mapping, source, row)))
            .collect();
        fields.retain(|_, value| !value.is_null());
        let digest = digest(mapping, row);
        let occurrence = occurrences.entry(digest.clone()).or_default();
        *occurrence += 1;
        let key = format!("{}{digest}-{occurrence}", mapping.key.prefix);
        fields.insert(mapping.key.field.clone(), Value::from(key));
        canonical(entity, &mut fields);
        match fault(entity, &fields) {
            None => drafts.push(Draft {
                line: row.line,
                fields: complete(entity, fields, None),
            }),
            Some(reason) => misfits.push(BrokenRow {
                line: row.line,
                reason,
            }),
        }
    }
    (drafts, misfits)
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

fn digest(mapping: &Mapping, row: &Row) -> String {
    let mut hash = Sha256::new();
    for column in mapping.key.of.iter().filter_map(|name| mapping.column(name)) {
        hash.update(&row.cells[column]);
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
    drafts: &[Draft],
) -> Result<Put> {
    let mut put = Put::default();
    for draft in drafts {
        let key = draft.fields.get(&place.mapping.key.field);
        let key = key.and_then(Value::as_str).unwrap_or_default();
        match known(tx, place, key)? {
            None => create(tx, (place, now), draft, key, &mut put)?,
            Some(record) => {
                note(tx, place, key, &record.id)?;
                match (record.deleted, place.revive) {
                    (true, true) => revive(tx, (place, now), &record, draft.line, &mut put)?,
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
    draft: &Draft,
    key: &str,
    put: &mut Put,
) -> Result<()> {
    let Place { packs, entity, .. } = place;
    if let Some(reason) = taken(tx, entity, None, &draft.fields)? {
        let line = draft.line;
        put.broken.push(BrokenRow { line, reason });
        return Ok(());
    }
    for reference in references::of(entity, &draft.fields) {
        if packs.entity(&reference.entity).is_some() && tx.record(&reference.entity, &reference.id)?.is_none()
        {
            put.missing
                .insert(format!("{} {}", reference.entity, reference.id));
        }
    }
    let id = ids::assign(tx, entity, &SystemRng)?;
    let (mut fields, act) = (draft.fields.clone(), Act::Create);
    stamps::receive_all(entity, &mut fields, now);
    NewVersion {
        entity,
        id: &id,
        before: None,
        fields,
        act,
        local_id: None,
        author: AUTHOR,
        at: now,
    }
    .write(tx)?;
    note(tx, place, key, &id)?;
    put.imported += 1;
    Ok(())
}

/// Brings a deleted record back with its last values: what people changed in it is theirs.
fn revive(
    tx: &mut dyn Transaction,
    (place, now): (Place<'_>, Timestamp),
    tombstone: &StoredRecord,
    line: u64,
    put: &mut Put,
) -> Result<()> {
    let Place { entity, by, .. } = place;
    if let Some(reason) = taken(tx, entity, Some(tombstone), &tombstone.fields)? {
        let reason = format!(
            "is {}, which is deleted and cannot come back: {reason}",
            tombstone.id
        );
        put.broken.push(BrokenRow { line, reason });
        return Ok(());
    }
    let (fields, act) = (tombstone.fields.clone(), Act::Recreate);
    NewVersion {
        entity,
        id: &tombstone.id,
        before: Some(tombstone),
        fields,
        act,
        local_id: None,
        author: AUTHOR,
        at: now,
    }
    .write(tx)?;
    AuditEntry::of_revival(&SystemRng, now, (&entity.name, &tombstone.id), by).write(tx)?;
    put.revived += 1;
    Ok(())
}

/// Which unique values another record has.
fn taken(
    tx: &dyn Transaction,
    entity: &Entity,
    before: Option<&StoredRecord>,
    fields: &Fields,
) -> Result<Option<String>> {
    let errors = unique::taken(tx, entity, before, fields, &|_| true)?;
    Ok(told(&errors))
}
