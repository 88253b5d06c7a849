//! Batches of operations, put together from the protocol's types.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    pack::{Entity, Packs},
    protocol::{PushRequest, WireOperation},
    record::{Operation, meta},
    system,
};
use serde_json::{Value, json};

use super::{
    Attack, Knowledge, Seen,
    claims::{SOON, base, depends_on, folded, guessed_id, key, named, picked, version},
    cursors, values,
};
use crate::rng::Seeded;

/// A batch of a few operations, sometimes with a proof that is none.
pub fn push(rng: &Seeded, packs: &Packs, known: &mut Knowledge) -> Attack {
    let operations = (0..rng.between(1, 4))
        .map(|_| operation(rng, packs, known))
        .collect();
    let proof = || rng.chance(120).then(|| cursors::forged(rng, known)).flatten();
    let (cursor, receipt) = (proof(), proof());
    let device = rng.pick(&known.foreign.devices).filter(|_| rng.chance(30));
    let request = PushRequest {
        device_id: device.unwrap_or(&known.device).clone(),
        pack_versions: packs.versions(),
        cursor,
        receipt,
        by_position: rng.chance(300),
        stamps: rng.chance(300),
        operations,
    };
    let mut body = json!(request);
    if rng.chance(200) {
        spoil(rng, &mut body);
    }
    Attack::push("a batch", body.to_string())
}

/// One operation: on something that it may change, on something of others, or on nothing.
pub(super) fn operation(rng: &Seeded, packs: &Packs, known: &mut Knowledge) -> WireOperation {
    let (kind, entity, target, mut payload) = match rng.below(10) {
        0..3 => creation(rng, packs, known),
        3 => settlement(rng, known),
        4 if rng.chance(300) => profile(rng, known),
        _ => change(rng, packs, known),
    };
    if rng.chance(120)
        && let Some(declared) = packs.entity(&entity)
    {
        values::undeclare(rng, known, declared, &mut payload);
    }
    payload.insert(meta::VERSION.to_owned(), version(rng, &target));
    let queue_id = key(rng, known);
    WireOperation {
        client_mutation_id: rng.chance(200).then(|| key(rng, known)),
        client_mutation_ids: folded(rng, known),
        kind: named(rng, 60, &["conflict_undo", "job_create", "no_such_kind"]),
        domain: named(rng, 60, &["system", "works", "elsewhere"]),
        entity_type: entity,
        base: base(rng, known, &target),
        entity_id: target.id,
        operation: kind,
        payload,
        queued_at: None,
        clock_offset_ms: rng.pick(&[0, 0, 0, i64::MAX, i64::MIN]).copied().unwrap_or(0),
        depends_on: depends_on(rng, known, &queue_id),
        queue_id,
        seen_at: None,
        seen_references: BTreeMap::new(),
    }
}

type Draft = (Operation, String, Seen, Fields);

/// An entity of work, or of the built-in pack.
fn entity<'a>(rng: &Seeded, packs: &'a Packs, per_mille_system: u64) -> Option<&'a Entity> {
    let system = rng.chance(per_mille_system);
    let of = |name: &str| (name == system::NAME) == system;
    let all: Vec<&Entity> = packs
        .entities()
        .filter(|(pack, _)| of(&pack.name))
        .map(|(_, entity)| entity)
        .collect();
    rng.pick(&all).copied()
}

/// A create: under an id of its own making, or under one that is, was or will be somebody else's.
fn creation(rng: &Seeded, packs: &Packs, known: &mut Knowledge) -> Draft {
    let Some(entity) = entity(rng, packs, 60) else {
        return change(rng, packs, known);
    };
    let mut target = unseen(&entity.name, known.local_id(rng));
    if rng.chance(550) {
        target = somewhere(rng, entity, known);
    }
    let fields = values::whole(rng, known, entity);
    (Operation::Create, entity.name.clone(), target, fields)
}

/// An update or a delete of what it was shown, or of what it guesses.
fn change(rng: &Seeded, packs: &Packs, known: &mut Knowledge) -> Draft {
    let seen = rng.pick(&known.records).filter(|_| rng.chance(600)).cloned();
    let declared = match &seen {
        Some(seen) => packs.entity(&seen.entity),
        None => entity(rng, packs, 100),
    };
    let Some(entity) = declared else {
        return settlement(rng, known);
    };
    let target = seen.unwrap_or_else(|| somewhere(rng, entity, known));
    if rng.chance(120) {
        return (Operation::Delete, entity.name.clone(), target, Fields::new());
    }
    let fields = values::changes(rng, known, entity, &target.fields);
    (Operation::Update, entity.name.clone(), target, fields)
}

/// A decision about a conflict, or taking one back: of its own, or of others.
fn settlement(rng: &Seeded, known: &mut Knowledge) -> Draft {
    let own: Vec<&Seen> = known
        .records
        .iter()
        .filter(|seen| seen.entity == system::CONFLICT)
        .collect();
    let target = match rng.pick(&own) {
        Some(seen) if rng.chance(800) => (*seen).clone(),
        _ => unseen(system::CONFLICT, picked(rng, &known.foreign.ids)),
    };
    if rng.chance(350) {
        let undo = Fields::from_iter([("undo".to_owned(), json!(true))]);
        return (Operation::Update, system::CONFLICT.to_owned(), target, undo);
    }
    let names = target
        .fields
        .get("conflictingFields")
        .and_then(Value::as_array)
        .cloned();
    let names = names.unwrap_or_else(|| vec![json!("finding"), json!("record")]);
    let mut choices = Fields::new();
    for name in names.iter().filter_map(Value::as_str) {
        let pick = rng
            .pick(&["mine", "theirs", "value", "recreate", "let-go"])
            .copied();
        let (value, remember) = (known.word(), rng.chance(200));
        choices.insert(
            name.to_owned(),
            json!({ "choice": pick, "value": value, "remember": remember }),
        );
    }
    let resolution = Fields::from_iter([("resolution".to_owned(), Value::Object(choices))]);
    (Operation::Update, system::CONFLICT.to_owned(), target, resolution)
}

/// Its own profile, or that of somebody else: roles, sites, what is kept, what is remembered.
fn profile(rng: &Seeded, known: &Knowledge) -> Draft {
    let other = rng.pick(&known.foreign.users).filter(|_| rng.chance(500));
    let target = unseen(system::USER, other.unwrap_or(&known.user).clone());
    let fields = match rng.below(4) {
        0 => json!({ "roles": ["supervisor", "admin"] }),
        1 => json!({ "sites": ["north", "south"] }),
        2 => json!({ "pinned": [format!("job/J-{:06}", rng.below(SOON))] }),
        _ => json!({ "rememberedChoices": { "job.finding": "mine", "job.cause": "theirs" } }),
    };
    let fields = fields.as_object().cloned().unwrap_or_default();
    (Operation::Update, system::USER.to_owned(), target, fields)
}

fn unseen(entity: &str, id: String) -> Seen {
    Seen {
        entity: entity.to_owned(),
        id,
        version: 1,
        fields: Fields::new(),
    }
}

/// A record that it was not shown: of others, of the future, or of nobody.
fn somewhere(rng: &Seeded, entity: &Entity, known: &mut Knowledge) -> Seen {
    unseen(&entity.name, guessed_id(rng, &entity.id_prefix, &known.foreign))
}

/// Makes of a batch one that the protocol's types cannot say.
fn spoil(rng: &Seeded, body: &mut Value) {
    let operation = &mut body["operations"][0];
    match rng.below(9) {
        0 => operation["payload"][meta::VERSION] = json!(-1),
        1 => operation["payload"][meta::VERSION] = json!("3"),
        2 => operation["payload"][meta::VERSION] = json!(1.5),
        3 => operation["operation"] = json!("upsert"),
        4 => operation["entityId"] = json!({ "id": 1 }),
        5 => operation["base"] = json!([]),
        6 => operation["queuedAt"] = json!("yesterday"),
        7 => body["operations"] = json!({ "0": body["operations"][0].take() }),
        _ => body["role"] = json!("admin"),
    }
}
