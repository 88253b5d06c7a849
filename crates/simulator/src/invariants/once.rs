//! Exactly once, and in order.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{Fields, queue::QueuedWrite, record::RecordKey};
use holdfast_server::storage::model::{Act, HistoryEntry, StoredRecord};
use serde_json::Value;

use super::{Broken, all_records, history, read};
use crate::{
    diary::{Author, Diary, tokens_in},
    server::{HOSTILE, Server},
};

/// Records that were created twice: under two ids, from one create.
pub fn doubled(server: &Server) -> Vec<Broken> {
    let mut created: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in all_records(server) {
        let history = history(server, (&record.entity, &record.id));
        for entry in history.iter().filter(|entry| entry.act == Act::Create) {
            let titles = ["title", "name"]
                .iter()
                .filter_map(|name| entry.changes.get(*name));
            for token in titles.flat_map(|change| tokens_in(&change.to.to_string())) {
                created
                    .entry(token)
                    .or_default()
                    .push(format!("{}/{}", record.entity, record.id));
            }
        }
    }
    // A conflict carries its record's title; only records of work are created by people.
    let made = |ids: &Vec<String>| {
        ids.iter()
            .filter(|id| id.starts_with("job/") || id.starts_with("asset/"))
            .count()
    };
    let twice = created.into_iter().filter(|(_, ids)| made(ids) > 1);
    twice
        .map(|(token, ids)| Broken::new("each create is there once", format!("{token} is {ids:?}")))
        .collect()
}

/// Counters that do not hold the sum of the additions that the server accepted.
pub fn miscounted(server: &Server, diary: &Diary) -> Vec<Broken> {
    let mut sums: BTreeMap<RecordKey, i64> = BTreeMap::new();
    let mut doubtful: BTreeSet<RecordKey> = BTreeSet::new();
    let made = made_by_devices(server);
    for known in diary.writes().values() {
        let write = &known.write;
        if !write.payload.contains_key("meter") {
            continue;
        }
        let key = on_server(&made, &write.key());
        // A context that slept with a batch in its hands may send it after another was told that it is refused.
        let accepted_late = !write.sent && server.made_by.values().any(|id| *id == write.id);
        if (known.is_acknowledged() || accepted_late) && !known.doubtful {
            *sums.entry(key).or_default() += addition(write);
        } else if write.sent || known.doubtful {
            // It may have been applied, and its answer lost.
            doubtful.insert(key);
        }
    }
    let mut broken = Vec::new();
    for (key, sum) in sums.into_iter().filter(|(key, _)| !doubtful.contains(key)) {
        let history = history(server, (&key.entity_type, &key.entity_id));
        let record = read(server, |tx| tx.record(&key.entity_type, &key.entity_id)).flatten();
        let Some(record) = record.filter(|record| !record.deleted) else {
            continue;
        };
        if history
            .iter()
            .any(|entry| matches!(entry.act, Act::Delete | Act::Recreate) || counted_by_hostile(entry))
        {
            continue;
        }
        let meter = number(&record.fields, "meter");
        if meter != sum {
            let what = format!("{key} counts {meter}; the accepted additions make {sum}");
            broken.push(Broken::new("each write is applied once", what));
        }
    }
    broken
}

/// The server's id of each record that a device made, by entity and the device's id for it.
type Made = BTreeMap<(String, String), String>;

fn made_by_devices(server: &Server) -> Made {
    let named = |record: StoredRecord| Some(((record.entity, record.local_id?), record.id));
    all_records(server).into_iter().filter_map(named).collect()
}

/// What the hostile device counts where it may counts too, and stands in no diary.
fn counted_by_hostile(entry: &HistoryEntry) -> bool {
    entry.user_id == HOSTILE && entry.changes.contains_key("meter")
}

/// The record under the server's own id.
fn on_server(made: &Made, key: &RecordKey) -> RecordKey {
    let id = made.get(&(key.entity_type.clone(), key.entity_id.clone()));
    RecordKey::new(&key.entity_type, id.unwrap_or(&key.entity_id))
}

fn addition(write: &QueuedWrite) -> i64 {
    number(&write.payload, "meter") - number(&write.base, "meter")
}

fn number(fields: &Fields, name: &str) -> i64 {
    fields.get(name).and_then(Value::as_i64).unwrap_or(0)
}

/// Log entries of one device that stand in another order than it made them.
pub fn out_of_order(server: &Server, diary: &Diary) -> Vec<Broken> {
    let typed = diary.typed();
    let made: BTreeMap<&str, (Author, u64)> = typed
        .iter()
        .map(|typed| (typed.token.as_str(), (typed.author, typed.sequence)))
        .collect();
    let mut broken = Vec::new();
    for record in all_records(server).iter().filter(|record| record.entity == "job") {
        let mut last: BTreeMap<Author, (u64, &str)> = BTreeMap::new();
        for entry in record
            .fields
            .get("log")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let Some(id) = entry.get("entryId").and_then(Value::as_str) else {
                continue;
            };
            let Some((author, sequence)) = made.get(id) else {
                continue;
            };
            if let Some((earlier, other)) = last.get(author).filter(|(earlier, _)| earlier > sequence) {
                let what = format!(
                    "{id} (write {sequence}) of job/{} stands behind {other} ({earlier})",
                    record.id
                );
                broken.push(Broken::new("each device's writes arrive in order", what));
            }
            last.insert(*author, (*sequence, id));
        }
    }
    broken
}
