//! Domain packs, as TOML and as JSON.

use arbitrary::Unstructured;
use holdfast_core::{
    Fields,
    json::{from_slice, from_value},
    merge::compute_fields,
    pack::{Pack, Packs, validate},
    record::Operation,
};
use serde_json::Value;

use crate::{
    mutation::{below, break_one, broken_sample},
    readers::agree,
};

/// TOML packs that are in use.
const TOML: [&str; 3] = [
    include_str!("../../domains/maintenance.toml"),
    include_str!("../../domains/service-desk.toml"),
    include_str!("../../crates/server/src/sync/tests/pack.toml"),
];

/// A pack with a bit of everything.
const JSON: [&str; 1] = [include_str!("../samples/pack.json")];

/// A pack is read or refused with a reason; what is read is written and read again as it was; what passes the checks
/// can be worked with.
pub fn packs(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        from_toml(text);
    }
    if let Ok(pack) = from_slice::<Pack>(bytes) {
        keeps(pack);
    }
    let mut directions = Unstructured::new(bytes);
    match below(&mut directions, 3) {
        0 => from_toml(&spliced(&mut directions)),
        1 => from_json(broken_sample(&JSON, &mut directions)),
        _ => {
            let text = TOML[below(&mut directions, TOML.len())];
            let pack = Pack::from_toml("sample", text).expect("packs in use are sound");
            let mut value = serde_json::to_value(pack).expect("packs are JSON");
            break_one(&mut value, &mut directions);
            from_json(value);
        }
    }
}

/// A pack in use with a few letters replaced.
fn spliced(bytes: &mut Unstructured<'_>) -> String {
    let sample = TOML[below(bytes, TOML.len())];
    let letters: Vec<char> = sample.chars().collect();
    let start = below(bytes, letters.len());
    let end = (start + below(bytes, 12)).min(letters.len());
    let between: String = bytes.arbitrary().unwrap_or_default();
    let (before, after) = (&letters[..start], &letters[end..]);
    before.iter().collect::<String>() + &between + &after.iter().collect::<String>()
}

fn from_toml(text: &str) {
    match Pack::from_toml("any", text) {
        Ok(pack) => keeps(pack),
        Err(reason) => assert!(!reason.to_string().is_empty()),
    }
}

fn from_json(value: Value) {
    if let Some(pack) = agree::<Pack>(&value) {
        keeps(pack);
    }
}

fn keeps(pack: Pack) {
    let written = serde_json::to_value(&pack).expect("packs are JSON");
    assert_eq!(
        from_value::<Pack>(written).as_ref(),
        Ok(&pack),
        "written and read again"
    );
    if let Ok(packs) = Packs::new(vec![pack]) {
        work_with(&packs);
    }
}

/// What server and device ask of a pack that passed the checks.
fn work_with(packs: &Packs) {
    for (pack, entity) in packs.entities() {
        let mut fields = Fields::new();
        compute_fields(entity, &mut fields);
        for operation in [Operation::Create, Operation::Update, Operation::Delete] {
            let mut values = Fields::new();
            for field in &entity.fields {
                values.insert(field.name.clone(), field.default.clone().unwrap_or_default());
            }
            drop(validate(entity, operation, &values, &fields));
            assert!(!pack.kind_of(&entity.name, operation, &values).is_empty());
        }
        assert!(packs.entity(&entity.name).is_some() && packs.entity_by_plural(&entity.plural).is_some());
    }
}
