//! Two processes with different packs on one database.

use holdfast_core::pack::{Pack, Packs};
use holdfast_core::protocol::{ErrorCode, ResultStatus};
use serde_json::json;

use super::{World, create, on_both};
use crate::records::unique_keys;
use crate::storage::port::{Organisation, Storage, StorageError};

on_both!(
    a_server_with_other_packs_writes_nothing_until_it_is_restarted,
    an_import_makes_no_keys_beside_a_server,
);

fn casefolding() -> Packs {
    let pack = include_str!("pack.toml").replacen(
        "label = \"Reference\", type = \"text\"",
        "label = \"Reference\", type = \"text\", normalize = \"casefold\"",
        1,
    );
    Packs::new(vec![Pack::from_toml("works", &pack).unwrap()]).unwrap()
}

fn a_server_with_other_packs_writes_nothing_until_it_is_restarted(mut world: World<impl Storage>) {
    world.write(|tx| unique_keys::keep(tx, &world.packs));
    let samir = world.samir();
    let referring = |key: &str, reference: &str| {
        create(
            key,
            key,
            json!({ "title": "x", "siteId": "north", "reference": reference }),
        )
    };
    assert_eq!(
        world.push_one(&samir, referring("k1", "R-1")).status,
        ResultStatus::Success
    );
    // Another server starts on the same database while this one runs.
    let newer = casefolding();
    world.write(|tx| unique_keys::keep(tx, &newer));
    let result = world.push_one(&samir, referring("k2", "R-3"));
    assert_eq!(
        (result.status, result.error.map(|error| error.code)),
        (ResultStatus::Retry, Some(ErrorCode::ServerError))
    );
    world.packs = newer;
    assert_eq!(
        world.push_one(&samir, referring("k2", "R-3")).status,
        ResultStatus::Success,
        "it was kept for later"
    );
    for taken in ["r-1", "r-3"] {
        let result = world.push_one(&samir, referring(taken, taken));
        assert_eq!(result.status, ResultStatus::Rejected, "{taken}");
    }
}

fn an_import_makes_no_keys_beside_a_server(world: World<impl Storage>) {
    let begun = |packs: &Packs, entities: &[&str]| {
        let begun: Result<(), StorageError> = world.storage.write(Organisation::ONLY, |tx| {
            unique_keys::begin_import(tx, packs, entities)
        });
        match begun {
            Ok(()) => None,
            Err(StorageError::OtherPacks { entity }) => Some(entity),
            Err(other) => panic!("{other}"),
        }
    };
    let order = Some("order".to_owned());
    // A server of a version that stored no ways has opened this database.
    assert_eq!(begun(&world.packs, &["order"]), order);
    world.write(|tx| unique_keys::keep(tx, &world.packs));
    let none = Packs::new(vec![
        Pack::from_toml(
            "works",
            &include_str!("pack.toml").replacen("unique = [[\"reference\"]]", "unique = []", 1),
        )
        .unwrap(),
    ])
    .unwrap();
    let made = || world.write(|tx| tx.meta("uniqueKeys"));
    let before = made();
    for (packs, entities, refused) in [
        (&world.packs, ["order", "asset"], None),
        (&casefolding(), ["asset", "order"], order.clone()),
        (&none, ["asset", "order"], order),
        // Entities that the import does not write may differ.
        (&casefolding(), ["asset", "asset"], None),
    ] {
        assert_eq!(begun(packs, &entities), refused);
        assert_eq!(made(), before);
    }
}
