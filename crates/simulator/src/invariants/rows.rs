//! A merge adds up what people did to a list: a row that was there and is not was taken out by somebody.

use std::collections::BTreeSet;

use holdfast_server::storage::model::Act;
use serde_json::Value;

use super::{Broken, all_records, history};
use crate::{
    device::Device,
    diary::Diary,
    link::Dialect,
    server::{HOSTILE, Server},
};

/// Fields that are lists, and what names a row in each; a set's rows name themselves.
const LISTS: [(&str, Option<&str>); 3] = [
    ("tasks", Some("taskId")),
    ("log", Some("entryId")),
    ("tags", None),
];

/// Rows that stood in a record of the server and went with a version whose author did not take them out. Who does not
/// say what was seen is taken to have seen the version that is named, and excused.
pub fn vanished(devices: &[Device], server: &Server, diary: &Diary) -> Vec<Broken> {
    let writes = diary.writes();
    let blind = |entity: &str, id: &str, version: u64| {
        let made_by = server
            .made_by
            .iter()
            .find(|(made, _)| (made.0.as_str(), made.1.as_str(), made.2) == (entity, id, version));
        let author = made_by
            .and_then(|(_, queue_id)| writes.get(queue_id))
            .map(|known| known.author.0);
        let device = author.and_then(|author| devices.get(author));
        device.is_none_or(|device| device.link.dialect == Dialect::First)
    };
    let mut broken = Vec::new();
    for record in all_records(server).into_iter().filter(|record| !record.deleted) {
        let (entity, id) = (&record.entity, &record.id);
        let history = history(server, (entity, id));
        // Whoever brings a deleted record back brings it as they saw it.
        let edits = history
            .iter()
            .filter(|entry| matches!(entry.act, Act::Create | Act::Update))
            // Its hand is one, too.
            .filter(|entry| entry.user_id != HOSTILE);
        for entry in edits {
            for (field, key) in LISTS {
                let Some(change) = entry.changes.get(field) else {
                    continue;
                };
                let (before, after) = (rows(&change.from, key), rows(&change.to, key));
                let gone = before.difference(&after).filter(|row| !diary.was_removed(row));
                let gone = gone.filter(|_| !blind(entity, id, entry.version));
                broken.extend(gone.map(|row| {
                    let what = format!(
                        "{row} of {field} in {entity}/{id} is gone at version {}",
                        entry.version
                    );
                    Broken::new("no row goes but by somebody's hand", what)
                }));
            }
        }
    }
    broken
}

fn rows(list: &Value, key: Option<&str>) -> BTreeSet<String> {
    let items = list.as_array().into_iter().flatten();
    let named = items.filter_map(|item| match key {
        Some(key) => item.get(key)?.as_str(),
        None => item.as_str(),
    });
    named.map(str::to_owned).collect()
}
