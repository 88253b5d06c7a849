use std::collections::BTreeSet;

use holdfast_core::pack::Packs;
use serde_json::json;

use super::{Attack, Foreign, Knowledge, Reach, attack};
use crate::{rng::Seeded, server::pack};

fn informed(packs: &Packs) -> Knowledge {
    let mut known = Knowledge::new("mal", "mal-phone");
    known.foreign = Foreign {
        cursors: vec!["v2.e.s.abcd1234.7-3.bWFj".into()],
        receipts: vec!["v2.e.s.push.7-0.bWFj".into()],
        ids: vec!["6ba7b810-9dad-41d1-80b4-00c04fd430c8".into()],
        keys: vec!["k1".into()],
        devices: vec!["tims-phone".into()],
        users: vec!["tim".into()],
        ..Foreign::default()
    };
    let answer = json!({
        "cursor": "v2.e.s.abcd1234.9-4.bWFj",
        "changes": { "jobs": [{ "jobId": "J-000001", "_version": 3, "title": "t000001x", "_localId": "l" }] },
    });
    known.learn(packs, &answer.to_string());
    known
}

fn many(seed: u64, reach: Reach) -> Vec<Attack> {
    let packs = Packs::new(vec![pack().unwrap()]).unwrap();
    let (rng, mut known) = (Seeded::new(seed), informed(&packs));
    (0..600)
        .map(|_| attack(&rng, &packs, &mut known, reach))
        .collect()
}

#[test]
fn an_answer_teaches_records_and_cursors() {
    let packs = Packs::new(vec![pack().unwrap()]).unwrap();
    let known = informed(&packs);
    assert_eq!(known.cursors, ["v2.e.s.abcd1234.9-4.bWFj"]);
    let seen = &known.records[0];
    assert_eq!(
        (seen.entity.as_str(), seen.id.as_str(), seen.version),
        ("job", "J-000001", 3)
    );
    assert_eq!(json!(seen.fields), json!({ "title": "t000001x" }));
}

#[test]
fn the_same_seed_attacks_in_the_same_way() {
    assert_eq!(many(7, Reach::Api), many(7, Reach::Api));
    assert_ne!(many(7, Reach::Api), many(8, Reach::Api));
}

#[test]
fn every_kind_of_attack_is_made() {
    let names: BTreeSet<&str> = many(1, Reach::Api).iter().map(|attack| attack.name).collect();
    for name in [
        "a batch",
        "a forged cursor",
        "guessed ids",
        "a digest",
        "a replay",
        "too many operations",
    ] {
        assert!(names.contains(name), "{name} is missing in {names:?}");
    }
    let paths = many(1, Reach::Sync);
    assert!(
        paths
            .iter()
            .all(|attack| attack.path.starts_with("/api/v1/sync/"))
    );
}

#[test]
fn it_types_no_word_that_it_did_not_make() {
    for sent in many(3, Reach::Sync)
        .iter()
        .filter_map(|attack| attack.body.as_ref())
    {
        let batch: serde_json::Value = serde_json::from_str(sent).unwrap_or_default();
        for operation in batch["operations"].as_array().into_iter().flatten() {
            let title = operation["payload"]["title"].to_string();
            assert!(!title.contains("t000001x"), "{operation}");
        }
    }
}
