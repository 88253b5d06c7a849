//! Reading a record's history.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Fields,
    merge::{Author, Overruled},
};
use serde_json::Value;

use crate::storage::model::{HistoryBound, HistoryEntry, HistoryRange, NewestVersions, StoredRecord};
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

/// What a merge looks back at, at most. Who wrote what was last changed before is not looked for.
const LOOKED_BACK: HistoryBound = HistoryBound {
    versions: 1_000,
    bytes: 2 * 1024 * 1024,
};

/// What is read at once where all of a history may be needed.
pub const CHUNK: HistoryBound = HistoryBound {
    versions: 100,
    bytes: 1024 * 1024,
};

/// The versions of a record after the given one, oldest first; where they are many or large the newest.
pub fn newest_after(tx: &dyn Transaction, record: &StoredRecord, version: u64) -> Result<NewestVersions> {
    let range = HistoryRange {
        after: version,
        ..HistoryRange::ALL
    };
    tx.newest_versions(&record.entity, &record.id, range, LOOKED_BACK)
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
        let entries = tx.history_page(&record.entity, &record.id, after, CHUNK)?;
        let Some(last) = entries.last() else { break };
        after = last.version;
        for (field, change) in entries.iter().flat_map(|entry| &entry.changes) {
            if fields.remove(field.as_str()) {
                values.insert(field.clone(), change.from.clone());
            }
        }
    }
    for field in fields {
        let now = record.fields.get(field).cloned().unwrap_or_default();
        values.insert(field.to_owned(), now);
    }
    Ok(values)
}

/// Who last changed each of these fields of a record, up to the version given, in versions that `counts`. It goes back
/// only as far as it has to; a field that nobody changed is left out.
pub fn last_authors(
    tx: &dyn Transaction,
    record: &StoredRecord,
    mut fields: BTreeSet<&str>,
    counts: impl Fn(&HistoryEntry) -> bool,
) -> Result<BTreeMap<String, String>> {
    let mut authors = BTreeMap::new();
    let mut before = record.version.saturating_add(1);
    while !fields.is_empty() {
        let range = HistoryRange {
            before,
            ..HistoryRange::ALL
        };
        let newest = tx.newest_versions(&record.entity, &record.id, range, CHUNK)?;
        for entry in newest.entries.iter().rev().filter(|entry| counts(entry)) {
            for field in entry.changes.keys().filter(|field| fields.remove(field.as_str())) {
                authors.insert(field.clone(), entry.user_id.clone());
            }
        }
        match newest.entries.first() {
            Some(first) if !newest.complete => before = first.version,
            _ => break,
        }
    }
    Ok(authors)
}

/// The last of the given versions that changed a field.
pub fn last_change<'a>(since: &'a [HistoryEntry], field: &str) -> Option<&'a HistoryEntry> {
    since.iter().rev().find(|entry| entry.changes.contains_key(field))
}
