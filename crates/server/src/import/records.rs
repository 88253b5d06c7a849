//! Rows become records.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Fields, Timestamp,
    pack::{Entity, Packs, validate},
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
use crate::storage::model::Act;
use crate::storage::port::{Result, StorageError, Transaction};

/// A record to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub fields: Fields,
}

/// What a part of an import came to.
#[derive(Debug, Default)]
pub(super) struct Put {
    pub imported: usize,
    pub missing: BTreeSet<String>,
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
        match fault(entity, &fields) {
            None => drafts.push(Draft {
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
    let told: Vec<String> = errors
        .iter()
        .map(|error| format!("{} {}", error.field, error.message))
        .collect();
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

/// Stores the drafts that are not there yet.
pub(super) fn put(
    tx: &mut dyn Transaction,
    packs: &Packs,
    entity: &Entity,
    mapping: &Mapping,
    drafts: &[Draft],
    now: Timestamp,
) -> Result<Put> {
    let mut put = Put::default();
    for draft in drafts {
        let key = Fields::from_iter([(
            mapping.key.field.clone(),
            draft.fields[&mapping.key.field].clone(),
        )]);
        if !unique::taken(tx, entity, None, &key, &|_| true)?.is_empty() {
            continue;
        }
        for reference in references::of(entity, &draft.fields) {
            if packs.entity(&reference.entity).is_some()
                && tx.record(&reference.entity, &reference.id)?.is_none()
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
        put.imported += 1;
    }
    Ok(put)
}
