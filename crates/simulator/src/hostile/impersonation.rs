//! Requests under ids by which others mean records of their own; and values over others', which leave a conflict behind.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    pack::Packs,
    protocol::{PushRequest, WireOperation},
    record::{Operation, meta},
    system,
};
use serde_json::json;

use super::{Attack, Knowledge, Seen, queries, values};
use crate::rng::Seeded;

/// Fields of work that need a person where two values meet, or that give way.
const CLASHING: [&str; 3] = ["finding", "cause", "title"];

/// One batch: a create or a change under an id of others, a conflict of its own, or one of them taken back.
pub fn request(rng: &Seeded, packs: &Packs, known: &mut Knowledge) -> Attack {
    let drafted = match rng.below(8) {
        0..4 => under_foreign_id(rng, packs, known),
        4..7 => clashing(rng, known),
        _ => taken_back(rng, known),
    };
    let Some(operation) = drafted else {
        return queries::look_around(rng, known);
    };
    let batch = PushRequest {
        device_id: known.device.clone(),
        pack_versions: packs.versions(),
        cursor: None,
        receipt: None,
        by_position: false,
        stamps: false,
        operations: vec![operation],
    };
    Attack::push("an impersonation", json!(batch).to_string())
}

/// A create or a change of a record under an id by which another device means its own, or under one that the server has
/// not given out yet.
fn under_foreign_id(rng: &Seeded, packs: &Packs, known: &mut Knowledge) -> Option<WireOperation> {
    let ids = match rng.chance(700) {
        true => &known.foreign.local_ids,
        false => &known.foreign.next_ids,
    };
    let (entity, id) = rng.pick(ids)?.clone();
    let entity = packs.entity(&entity)?;
    match rng.below(3) {
        0 => {
            let fields = values::whole(rng, known, entity);
            Some(operation(known, Operation::Create, &entity.name, id, (0, fields)))
        }
        _ => {
            let fields = values::changes(rng, known, entity, &Fields::new());
            Some(operation(known, Operation::Update, &entity.name, id, (1, fields)))
        }
    }
}

/// A value over one that it claims never to have seen.
fn clashing(rng: &Seeded, known: &mut Knowledge) -> Option<WireOperation> {
    let own: Vec<&Seen> = known.records.iter().filter(|seen| seen.entity == "job").collect();
    let seen = (*rng.pick(&own)?).clone();
    let field = rng.pick(&CLASHING)?;
    let fields = Fields::from_iter([((*field).to_owned(), json!(known.word()))]);
    let base = Fields::from_iter([((*field).to_owned(), json!(known.word()))]);
    let mut operation = operation(known, Operation::Update, "job", seen.id, (seen.version, fields));
    operation.base = Some(base).filter(|_| rng.chance(700));
    Some(operation)
}

/// One of its settled or open conflicts, decided again or taken back.
fn taken_back(rng: &Seeded, known: &mut Knowledge) -> Option<WireOperation> {
    let conflicts = known
        .records
        .iter()
        .filter(|seen| seen.entity == system::CONFLICT);
    let conflicts: Vec<&Seen> = conflicts.collect();
    let seen = (*rng.pick(&conflicts)?).clone();
    let fields = Fields::from_iter([("undo".to_owned(), json!(true))]);
    let version = seen.version;
    Some(operation(
        known,
        Operation::Update,
        system::CONFLICT,
        seen.id,
        (version, fields),
    ))
}

fn operation(
    known: &mut Knowledge,
    operation: Operation,
    entity: &str,
    id: String,
    (version, mut payload): (u64, Fields),
) -> WireOperation {
    payload.insert(meta::VERSION.to_owned(), json!(version));
    WireOperation {
        queue_id: format!("hostile-{}", known.word()),
        client_mutation_id: None,
        client_mutation_ids: Vec::new(),
        kind: String::new(),
        domain: String::new(),
        entity_type: entity.to_owned(),
        entity_id: id,
        operation,
        payload,
        base: None,
        queued_at: None,
        clock_offset_ms: 0,
        depends_on: Vec::new(),
        seen_at: None,
        seen_references: BTreeMap::new(),
    }
}
