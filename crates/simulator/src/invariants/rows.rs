//! A merge adds up what people did to a list: a row that was there and is not was taken out by somebody.

use std::collections::BTreeSet;

use holdfast_core::Fields;
use holdfast_server::storage::model::{Act, HistoryEntry};
use serde_json::Value;

use super::{Broken, all_records, read};
use crate::{diary::Diary, server::Server};

/// Fields that are lists, and what names a row in each; a set's rows name themselves.
const LISTS: [(&str, Option<&str>); 3] = [
    ("tasks", Some("taskId")),
    ("log", Some("entryId")),
    ("tags", None),
];

/// Rows that stood in a record of the server and are gone, though nobody took them out.
pub fn vanished(server: &Server, diary: &Diary) -> Vec<Broken> {
    let mut broken = Vec::new();
    for record in all_records(server).into_iter().filter(|record| !record.deleted) {
        let history = read(server, |tx| tx.history_after(&record.entity, &record.id, 0)).unwrap_or_default();
        // Whoever brings a deleted record back brings it as they saw it.
        let edited = |entry: &HistoryEntry| matches!(entry.act, Act::Create | Act::Update);
        if !history.iter().all(edited) {
            continue;
        }
        for (field, key) in LISTS {
            let stood = history.iter().filter_map(|entry| entry.changes.get(field));
            let stood: BTreeSet<String> = stood.flat_map(|change| rows(&change.to, key)).collect();
            let stands = rows(value(&record.fields, field), key);
            let gone = stood.difference(&stands).filter(|row| !diary.was_removed(row));
            broken.extend(gone.map(|row| {
                let what = format!("{row} of {field} in {}/{} is gone", record.entity, record.id);
                Broken::new("no row goes but by somebody's hand", what)
            }));
        }
    }
    broken
}

fn value<'a>(fields: &'a Fields, name: &str) -> &'a Value {
    fields.get(name).unwrap_or(&Value::Null)
}

fn rows(list: &Value, key: Option<&str>) -> BTreeSet<String> {
    let items = list.as_array().into_iter().flatten();
    let named = items.filter_map(|item| match key {
        Some(key) => item.get(key)?.as_str(),
        None => item.as_str(),
    });
    named.map(str::to_owned).collect()
}
