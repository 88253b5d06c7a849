//! Each value ever typed is current, or superseded with visible history, or waiting for a person.

use std::collections::BTreeSet;

use holdfast_server::storage::model::AuditFilter;

use super::{Broken, all_records, history, read};
use crate::{
    device::Device,
    diary::{Diary, tokens_in, tokens_of},
    server::Server,
};

/// Texts that were committed on a device and are nowhere any more.
pub fn lost(devices: &[Device], server: &Server, diary: &Diary) -> Vec<Broken> {
    let mut kept = on_server(server);
    for device in devices {
        let replica = device.replica();
        kept.extend(replica.open_writes().flat_map(|write| tokens_of(&write.payload)));
    }
    let missing = diary
        .typed()
        .into_iter()
        .filter(|typed| !typed.given_up && !kept.contains(&typed.token));
    missing
        .map(|typed| {
            let name = devices
                .get(typed.author.0)
                .map_or("?", |device| device.link.name.as_str());
            let what = format!(
                "{} that {name} typed into {} of {} (write {}) is nowhere",
                typed.token, typed.field, typed.key, typed.queue_id
            );
            Broken::new("no committed edit is lost", what)
        })
        .collect()
}

fn on_server(server: &Server) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    for record in all_records(server) {
        kept.extend(tokens_of(&record.fields));
        let history = history(server, (&record.entity, &record.id));
        for change in history.iter().flat_map(|entry| entry.changes.values()) {
            kept.extend(tokens_in(&change.to.to_string()));
        }
    }
    let everything = AuditFilter {
        limit: usize::MAX,
        ..AuditFilter::default()
    };
    let audits = read(server, |tx| tx.audits(&everything)).unwrap_or_default();
    kept.extend(audits.iter().flat_map(|row| tokens_in(&row.entry)));
    kept
}
