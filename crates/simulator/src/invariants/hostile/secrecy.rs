//! No answer tells the hostile device a word of a record that it may not read.
//!
//! It is entitled to a word that stands, or ever stood, in a record that it may read now: the history of a readable
//! record is readable. Of a record that it may no longer read, it is entitled to what stood there while it could: a
//! conflict keeps what its author saw. And what it was once told is told. A word that came into a record after it had
//! lost sight of it is none of these, whatever answer it stands in.

use std::collections::BTreeSet;

use holdfast_core::Fields;
use holdfast_server::{records::past, storage::model::StoredRecord};

use super::{
    super::{Broken, all_records, history},
    Entitled,
    rules::{is_work, text},
};
use crate::{
    diary::{tokens_in, tokens_of},
    server::Server,
};

const SECRET: &str = "nothing is revealed that its reader may not see";

/// Words of the answer that the hostile device is not entitled to. All of them are known to it from now on.
pub(super) fn revealed(server: &Server, entitled: &mut Entitled, body: &str) -> Option<Broken> {
    let unheard: BTreeSet<String> = tokens_in(body).difference(&entitled.told).cloned().collect();
    if unheard.is_empty() {
        return None;
    }
    let readable = readable(server, entitled);
    let secret: Vec<&String> = unheard.difference(&readable).collect();
    let broken = (!secret.is_empty()).then(|| {
        let start: String = body.chars().take(2_000).collect();
        Broken::new(SECRET, format!("the hostile device is told {secret:?}: {start}"))
    });
    entitled.told.extend(unheard);
    broken
}

/// Every word that it is entitled to.
fn readable(server: &Server, entitled: &Entitled) -> BTreeSet<String> {
    let records = all_records(server);
    let mut words = BTreeSet::new();
    for record in records.iter().filter(|record| is_work(&record.entity)) {
        let history = history(server, (&record.entity, &record.id));
        let reads = |fields: &Fields| {
            let mut personas = entitled.personas.iter();
            personas.any(|persona| persona.reads(&record.entity, &record.id, fields))
        };
        if reads(&record.fields) {
            words.extend(tokens_of(&record.fields));
            let changes = history.iter().flat_map(|entry| entry.changes.values());
            changes.for_each(|change| words.extend(tokens_in(&change.to.to_string())));
            continue;
        }
        let mut fields = past::fields_before(&history, &record.fields);
        for entry in &history {
            past::advance(&mut fields, entry);
            if reads(&fields) {
                words.extend(tokens_of(&fields));
            }
        }
    }
    // What is about a record goes by that record.
    for about in records.iter().filter(|record| !is_work(&record.entity)) {
        let subject = records.iter().find(|record| {
            (record.entity.as_str(), record.id.as_str())
                == (text(&about.fields, "recordType"), text(&about.fields, "recordId"))
        });
        let reads = |record: &StoredRecord| {
            let mut personas = entitled.personas.iter();
            personas.any(|persona| persona.reads(&record.entity, &record.id, &record.fields))
        };
        if subject.is_some_and(reads) && reads(about) {
            words.extend(tokens_of(&about.fields));
        }
    }
    words
}
