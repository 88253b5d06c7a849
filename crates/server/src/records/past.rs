//! Reading a record's history.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    merge::{Author, Overruled},
};
use serde_json::Value;

use crate::storage::model::HistoryEntry;

/// A field's value before the given versions, the oldest of which comes first.
pub fn value_before(since: &[HistoryEntry], current: &Fields, field: &str) -> Value {
    let first_change = since.iter().find_map(|entry| entry.changes.get(field));
    match first_change {
        Some(change) => change.from.clone(),
        None => current.get(field).cloned().unwrap_or_default(),
    }
}

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

/// The last of the given versions that changed a field.
pub fn last_change<'a>(since: &'a [HistoryEntry], field: &str) -> Option<&'a HistoryEntry> {
    since.iter().rev().find(|entry| entry.changes.contains_key(field))
}
