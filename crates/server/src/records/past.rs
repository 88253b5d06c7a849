//! Reading a record's history.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Fields,
    merge::{Author, Overruled},
};
use serde_json::Value;

use crate::storage::model::{HistoryEntry, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// The record's fields before the given versions, the oldest of which comes first.
pub fn fields_before(since: &[HistoryEntry], current: &Fields) -> Fields {
    let mut fields = current.clone();
    for entry in since.iter().rev() {
        for (name, change) in &entry.changes {
            set(&mut fields, name, &change.from);
        }
    }
    fields
}

/// Takes fields on by one version.
pub fn advance(fields: &mut Fields, entry: &HistoryEntry) {
    for (name, change) in &entry.changes {
        set(fields, name, &change.to);
    }
}

fn set(fields: &mut Fields, name: &str, value: &Value) {
    match value {
        Value::Null => fields.remove(name),
        value => fields.insert(name.to_owned(), value.clone()),
    };
}

/// Who wrote the present value of each field that the given versions changed.
pub fn authors(since: &[HistoryEntry]) -> BTreeMap<String, Author> {
    let mut authors = BTreeMap::new();
    for entry in since {
        let author = Author {
            user_id: entry.user_id.clone(),
            roles: entry.roles.clone(),
        };
        authors.extend(entry.changes.keys().map(|field| (field.clone(), author.clone())));
    }
    authors
}

/// Who last changed a part of a field in the given versions; nobody, if none of them did.
pub fn author_of_part<'a>(since: &'a [HistoryEntry], field: &str, part: &Overruled) -> Option<&'a str> {
    let changed = |entry: &&HistoryEntry| {
        let change = entry.changes.get(field);
        change.is_some_and(|change| part.part_of(&change.from) != part.part_of(&change.to))
    };
    let entry = since.iter().rev().find(changed)?;
    Some(entry.user_id.as_str())
}

/// Versions that a merge looks back at, at most. Who wrote what was last changed before them is not looked for.
const LOOKED_BACK: u64 = 1_000;

/// The versions of a record after the given one, oldest first; of more than [`LOOKED_BACK`] the newest.
pub fn newest_after(tx: &dyn Transaction, record: &StoredRecord, version: u64) -> Result<Vec<HistoryEntry>> {
    let after = version.max(record.version.saturating_sub(LOOKED_BACK));
    tx.history_page(&record.entity, &record.id, after, LOOKED_BACK as usize)
}

/// The values that fields had at a version. It reads on only until each was changed, however many versions there are.
pub fn values_at(
    tx: &dyn Transaction,
    record: &StoredRecord,
    version: u64,
    mut fields: BTreeSet<&str>,
) -> Result<Fields> {
    let mut values = Fields::new();
    let mut after = version;
    while after < record.version && !fields.is_empty() {
        let entries = tx.history_page(&record.entity, &record.id, after, CHUNK as usize)?;
        let Some(last) = entries.last() else { break };
        after = last.version;
        for (field, change) in entries.iter().flat_map(|entry| &entry.changes) {
            if fields.remove(field.as_str()) {
                values.insert(field.clone(), change.from.clone());
            }
        }
    }
    for field in fields {
        values.insert(
            field.to_owned(),
            record.fields.get(field).cloned().unwrap_or_default(),
        );
    }
    Ok(values)
}

/// Versions that are read at once.
const CHUNK: u64 = 100;

/// Who last changed each of these fields of a record, up to the version given, in versions that `counts`. It goes back
/// only as far as it has to; a field that nobody changed is left out.
pub fn last_authors(
    tx: &dyn Transaction,
    record: &StoredRecord,
    mut fields: BTreeSet<&str>,
    counts: impl Fn(&HistoryEntry) -> bool,
) -> Result<BTreeMap<String, String>> {
    let mut authors = BTreeMap::new();
    let mut end = record.version;
    // Versions are numbered without a gap.
    while end > 0 && !fields.is_empty() {
        let start = end.saturating_sub(CHUNK);
        let entries = tx.history_page(&record.entity, &record.id, start, (end - start) as usize)?;
        for entry in entries.iter().rev().filter(|entry| counts(entry)) {
            for field in entry.changes.keys().filter(|field| fields.remove(field.as_str())) {
                authors.insert(field.clone(), entry.user_id.clone());
            }
        }
        end = start;
    }
    Ok(authors)
}

/// The last of the given versions that changed a field.
pub fn last_change<'a>(since: &'a [HistoryEntry], field: &str) -> Option<&'a HistoryEntry> {
    since.iter().rev().find(|entry| entry.changes.contains_key(field))
}
