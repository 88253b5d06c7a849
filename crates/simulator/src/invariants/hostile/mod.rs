//! What a hostile device may come to know and to change, written down anew: not by the server's own rules.
//!
//! Each of its requests is judged as soon as it is answered, when nothing else has happened in between: whatever changed
//! since [`before`], it changed.
//!
//! - [`secrecy`]: an answer tells it nothing that it may not read.
//! - [`integrity`]: it changes nothing that it may not change, and nothing that no pack declares is stored.
//! - Here: no request does more than its limit; ids are the server's to give.

mod integrity;
mod rules;
mod secrecy;

use std::collections::BTreeSet;

use holdfast_core::{
    protocol::PushRequest,
    record::{Operation, is_local_id},
};
use serde_json::Value;

use super::{Broken, all_records, read};
use crate::server::{HOSTILE, Server};
use rules::Persona;

/// Operations of a batch, ids of one question and rows of a page at most: as the protocol says.
const OPERATIONS: usize = 500;
const IDS: usize = 200;

const BOUNDED: &str = "no request does more than its limit";
const GIVEN: &str = "ids are the server's to give";

/// What the hostile account was at some time, and what it was told.
#[derive(Debug, Default)]
pub struct Entitled {
    personas: BTreeSet<Persona>,
    told: BTreeSet<String>,
}

/// The server before a request.
#[derive(Debug)]
pub struct Before {
    sequence: u64,
    persona: Persona,
}

/// A request's answer, and the batch, if it was one.
#[derive(Debug)]
pub struct Answered<'a> {
    pub status: u16,
    pub body: &'a str,
    pub batch: Option<PushRequest>,
}

/// Notes where the server is, and what the hostile account is at this time.
pub fn before(server: &Server, entitled: &mut Entitled) -> Before {
    let persona = Persona::of(server.me(HOSTILE));
    entitled.personas.insert(persona.clone());
    Before {
        sequence: read(server, |tx| tx.last_sequence()).unwrap_or_default(),
        persona,
    }
}

/// The promises that this request broke.
pub fn after(
    server: &Server,
    entitled: &mut Entitled,
    before: &Before,
    answered: &Answered<'_>,
) -> Vec<Broken> {
    let mut broken = Vec::from_iter(secrecy::revealed(server, entitled, answered.body));
    broken.extend(integrity::changed(server, before));
    broken.extend(beyond_limits(answered));
    broken.extend(chosen_ids(server, answered));
    broken.extend(aliases_like_ids(server, answered));
    broken
}

fn beyond_limits(answered: &Answered<'_>) -> Option<Broken> {
    let operations = answered.batch.as_ref().map_or(0, |batch| batch.operations.len());
    let answer: Value = serde_json::from_str(answered.body).unwrap_or_default();
    let rows = answer.as_object().into_iter().flat_map(|parts| parts.values());
    let rows = rows.filter_map(Value::as_array).map(Vec::len).max().unwrap_or(0);
    let served = answered.status == 200 && (operations > OPERATIONS || rows > OPERATIONS.max(IDS));
    let what = || format!("a request with {operations} operations was served, with {rows} rows");
    served.then(|| Broken::new(BOUNDED, what()))
}

/// Records that stand under an id which the server has not come to in its count, though no history was ever lost.
fn chosen_ids(server: &Server, answered: &Answered<'_>) -> Vec<Broken> {
    let operations = answered.batch.iter().flat_map(|batch| &batch.operations);
    if server.epochs.restores > 0 || answered.status != 200 {
        return Vec::new();
    }
    let created = operations.filter(|operation| operation.operation == Operation::Create);
    let chosen = created.filter(|operation| {
        let (entity, id) = (&operation.entity_type, &operation.entity_id);
        let there = read(server, |tx| tx.record_text(entity, id)).flatten().is_some();
        let counted = read(server, |tx| tx.meta(&format!("lastId:{entity}"))).flatten();
        let counted = counted.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let number = id
            .split_once('-')
            .and_then(|(_, digits)| digits.parse::<u64>().ok());
        there && number.is_some_and(|number| number > counted)
    });
    let what = |id: &str| format!("a record stands under {id}, which the hostile device chose");
    chosen
        .map(|operation| Broken::new(GIVEN, what(&operation.entity_id)))
        .collect()
}

/// Records whose device calls them by what could be an id of the server's.
fn aliases_like_ids(server: &Server, answered: &Answered<'_>) -> Vec<Broken> {
    if answered.batch.is_none() {
        return Vec::new();
    }
    let strange = all_records(server).into_iter().filter_map(|record| {
        let local_id = record.local_id.filter(|id| !is_local_id(id))?;
        let what = format!(
            "{}/{} is called {local_id} by its device",
            record.entity, record.id
        );
        Some(Broken::new(GIVEN, what))
    });
    strange.collect()
}
