//! What the hostile device changes, it may change; and what is stored is what the pack declares.

use holdfast_core::{Fields, system};
use holdfast_server::{
    records::past,
    storage::{
        model::{Act, HistoryEntry, StoredRecord},
        text::StoredText,
    },
};

use super::{
    super::{Broken, history, read},
    Before,
    rules::{Persona, is_work, takes_additions, text},
};
use crate::server::{HOSTILE, Server};

const OWN: &str = "nothing is changed that its author may not change";
const DECLARED: &str = "nothing is stored that no pack declares";

/// Versions written since that break one of the two.
pub(super) fn changed(server: &Server, before: &Before) -> Vec<Broken> {
    let end = read(server, |tx| tx.last_sequence()).unwrap_or_default();
    if end == before.sequence {
        return Vec::new();
    }
    let changed = read(server, |tx| {
        StoredText::read_all(&tx.changes_after(before.sequence, usize::MAX)?)
    });
    let mut broken = Vec::new();
    for record in changed.unwrap_or_default() {
        broken.extend(undeclared(server, &record));
        let history = history(server, (&record.entity, &record.id));
        for (at, entry) in history.iter().enumerate() {
            if entry.sequence > before.sequence && !is_allowed(before, &record, &history, at) {
                let what = format!(
                    "version {} of {}/{} ({:?} by \"{}\"): {:?}",
                    entry.version, record.entity, record.id, entry.act, entry.user_id, entry.changes
                );
                broken.push(Broken::new(OWN, what));
            }
        }
    }
    broken
}

fn undeclared(server: &Server, record: &StoredRecord) -> Option<Broken> {
    let entity = server.packs.entity(&record.entity)?;
    let strange = |name: &&String| **name != entity.id_field && entity.field(name).is_none();
    let name = record.fields.keys().find(strange)?;
    let what = format!("{}/{} has a field \"{name}\"", record.entity, record.id);
    Some(Broken::new(DECLARED, what))
}

/// Whether the hostile account, as it was at that time, may have caused this version.
fn is_allowed(before: &Before, record: &StoredRecord, history: &[HistoryEntry], at: usize) -> bool {
    let entry = &history[at];
    let by_server = entry.user_id.is_empty();
    match record.entity.as_str() {
        // Whoever is told of something is told by the server.
        system::NOTICE => by_server || owns(record),
        _ if entry.user_id != HOSTILE => false,
        system::CONFLICT => owns(record),
        system::USER => record.id == HOSTILE,
        entity if is_work(entity) => is_allowed_work(&before.persona, record, history, at),
        _ => false,
    }
}

fn owns(record: &StoredRecord) -> bool {
    text(&record.fields, "userId") == HOSTILE
}

fn is_allowed_work(persona: &Persona, record: &StoredRecord, history: &[HistoryEntry], at: usize) -> bool {
    let entry = &history[at];
    let reads = |fields: &Fields| persona.reads(&record.entity, &record.id, fields);
    let fields = past::fields_before(&history[at..], &record.fields);
    match entry.act {
        Act::Create => {
            let created = past::fields_before(&history[at + 1..], &record.fields);
            persona.may("create") && reads(&created)
        }
        Act::Update => {
            let added = || {
                let mut names = entry.changes.keys();
                let additions = names.all(|name| takes_additions(&record.entity, name));
                let earlier = |at: usize| past::fields_before(&history[at..], &record.fields);
                additions && (1..at).any(|at| reads(&earlier(at)))
            };
            persona.may("update") && (reads(&fields) || added())
        }
        Act::Delete => persona.may("delete") && reads(&fields),
        Act::Recreate => persona.may("create") && reads(&fields),
    }
}
