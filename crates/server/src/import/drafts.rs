//! The records that rows are to become.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    pack::{Entity, canonical, validate},
    record::{FieldError, Operation},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::mapping::{Mapping, Source};
use super::rows::{BrokenRow, KeyedRow, Row};
use crate::records::defaults::complete;

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

/// The records that the rows become, in the order of the file, and rows whose values the pack does not take. The key in the
/// fields has a provisional position.
pub(super) fn of_rows(
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
pub(super) fn key(mapping: &Mapping, digest: &str, position: usize) -> String {
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

/// The errors in one line; `None` if there are none.
pub(super) fn told(errors: &[FieldError]) -> Option<String> {
    let told = errors
        .iter()
        .map(|error| format!("{} {}", error.field, error.message));
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}
