//! Which record is meant, where ids were given out twice (protocol, section 8).

use holdfast_core::{
    Timestamp,
    protocol::{ErrorCode, IfMatch, OperationResult, WireOperation},
    record::Operation,
};
use serde_json::{Value, json};

use super::{World, create, delete, local, on_both, update};
use crate::records::starts;
use crate::storage::memory::MemoryStorage;
use crate::storage::model::StoredRecord;
use crate::storage::port::Storage;
use crate::sync::rest::{self, RestWrite};

on_both!(
    a_create_under_a_number_that_the_ledger_does_not_know_is_another_record,
    a_create_under_a_number_makes_nothing_of_a_record_that_is_gone_or_out_of_sight,
    a_new_reference_to_another_record_than_the_one_that_was_seen_is_refused,
    a_reference_that_stands_or_names_what_was_seen_is_taken,
);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap()
}

/// Before anything that the world stores.
fn long_ago() -> Timestamp {
    at(1_000_000_000)
}

fn made(world: &World<impl Storage>, key: &str) -> StoredRecord {
    let fields = json!({ "title": key, "siteId": "north" });
    let made = world.push_one(&world.tara(), create(key, key, fields));
    world.record("order", made.entity_id.as_deref().unwrap())
}

fn a_create_under_a_number_that_the_ledger_does_not_know_is_another_record(world: World<impl Storage>) {
    let now = made(&world, "now");
    let lost = |key: &str| create(key, &now.id, json!({ "title": "Lost", "siteId": "north" }));
    let told = WireOperation {
        seen_at: Some(now.updated_at),
        ..lost("c2")
    };
    for (at, caller, operation) in [
        (1, world.tara(), lost("c1")),
        (2, world.tara(), told),
        (3, world.samir(), lost("c3")),
    ] {
        let result = world.push_one(&caller, operation);
        let fresh = result.entity_id.unwrap();
        assert_ne!(fresh, now.id);
        assert_eq!(world.record("order", &fresh).fields["title"], "Lost");
        assert_eq!(world.all("order").len(), 1 + at, "a record of its own");
    }
    assert_eq!(world.record("order", &now.id), now, "nothing was merged into it");
    // Sent again under their keys, both are what they were.
    let again = world.push_one(&world.tara(), lost("now"));
    assert_eq!(again.entity_id.as_deref().unwrap_or(&now.id), now.id);
    world.push_one(&world.tara(), lost("c1"));
    assert_eq!(world.all("order").len(), 4);
    // By its local id a device still names what it made.
    let other = world.push_one(&world.tara(), create("k", "now", json!({ "title": "Changed" })));
    assert_eq!(other.entity_id.as_deref(), Some(now.id.as_str()));
    assert_eq!(world.record("order", &now.id).fields["title"], "Changed");
}

fn a_create_under_a_number_makes_nothing_of_a_record_that_is_gone_or_out_of_sight(
    world: World<impl Storage>,
) {
    let (gone, taken) = (made(&world, "gone"), made(&world, "taken"));
    world.push_one(&world.tara(), delete("d", &gone.id, 1));
    world.given(
        "order",
        &taken.id,
        json!({ "owner": "jonas", "createdBy": "jonas" }),
    );
    let before = [world.record("order", &gone.id), world.record("order", &taken.id)];
    for (key, id) in [("a", &gone.id), ("b", &taken.id)] {
        let offered = create(key, id, json!({ "title": "Lost", "siteId": "north" }));
        let result = world.push_one(&world.tara(), offered);
        assert_eq!(result.error, None, "{key}");
        assert!(result.conflict.is_none());
        assert_ne!(result.entity_id.as_ref(), Some(id));
    }
    let after = [world.record("order", &gone.id), world.record("order", &taken.id)];
    assert_eq!(after, before);
}

fn fault(result: &OperationResult) -> Option<(ErrorCode, String)> {
    let error = result.error.as_ref()?;
    let field = error.fields.first().map(|fault| fault.field.clone());
    Some((error.code, field.unwrap_or_default()))
}

fn saw(operation: WireOperation, id: &str, at: Timestamp) -> WireOperation {
    WireOperation {
        seen_references: [(format!("order/{id}"), at), (format!("part/{id}"), at)].into(),
        ..operation
    }
}

fn a_new_reference_to_another_record_than_the_one_that_was_seen_is_refused(world: World<impl Storage>) {
    let (parent, child) = (made(&world, "parent"), made(&world, "child"));
    let mistaken = Some((ErrorCode::ValidationError, "parent".to_owned()));
    let of_create = |key: &str| {
        create(
            key,
            key,
            json!({ "title": "New", "siteId": "north", "parent": parent.id }),
        )
    };
    let of_update = |key: &str| update(key, &child.id, 1, json!({ "parent": parent.id }));
    for operation in [of_create("c"), of_update("u")] {
        let result = world.push_one(&world.tara(), saw(operation, &parent.id, long_ago()));
        assert_eq!(fault(&result), mistaken);
    }
    assert_eq!(world.record("order", &child.id), child);
    for (key, operation) in [("c2", of_create("c2")), ("u2", of_update("u2"))] {
        let result = world.push_one(&world.tara(), saw(operation, &parent.id, parent.updated_at));
        assert_eq!(fault(&result), None, "{key}: the record that was seen");
    }
}

fn a_reference_that_stands_or_names_what_was_seen_is_taken(world: World<impl Storage>) {
    let parent = made(&world, "parent");
    let fields = json!({ "title": "Child", "siteId": "north", "parent": parent.id });
    let child = world
        .push_one(&world.tara(), create("c", "child", fields))
        .entity_id
        .unwrap();
    let table: [(&str, Value, &str, Timestamp); 3] = [
        (
            "an old reference",
            json!({ "parent": parent.id, "finding": "x" }),
            &parent.id,
            long_ago(),
        ),
        (
            "by a local id",
            json!({ "parent": local("parent"), "finding": "y" }),
            &parent.id,
            at(4_000_000_000),
        ),
        (
            "of another record",
            json!({ "finding": "z" }),
            "WO-000099",
            long_ago(),
        ),
    ];
    for (case, payload, named, seen_at) in table {
        let result = world.push_one(
            &world.tara(),
            saw(update(case, &child, 1, payload), named, seen_at),
        );
        assert_eq!(fault(&result), None, "{case}");
    }
}

fn tag(world: &World<impl Storage>) -> String {
    let record = world.record("order", "WO-000009");
    world.act(&world.samir(), |tx, _| rest::tag(tx, &record))
}

/// What an update under these tags is answered: the new version, or the status of the refusal.
fn update_if(world: &World<impl Storage>, tags: &str) -> Result<Option<u64>, u16> {
    let write = RestWrite {
        operation: Operation::Update,
        id: Some("WO-000009".into()),
        body: super::object(json!({ "finding": "x" })),
        key: None,
        if_match: IfMatch::parse([tags]).unwrap(),
    };
    let entity = world.packs.entity("order").unwrap();
    let written = world.act(&world.samir(), |tx, cx| rest::write(tx, cx, entity, write));
    written
        .map(|written| written.result.new_version)
        .map_err(|refusal| refusal.status)
}

#[test]
fn a_tag_of_a_history_that_was_lost_without_a_word_never_matches() {
    let world = World::new(MemoryStorage::default());
    let given = |world: &World<MemoryStorage>, title: &str| {
        world.given(
            "order",
            "WO-000009",
            json!({ "title": title, "owner": "tara", "siteId": "north" }),
        );
        tag(world)
    };
    let kept = given(&world, "a");
    world.act(&world.samir(), |tx, cx| starts::begin(tx, cx.rng));
    assert_eq!(tag(&world), kept, "a restart changes no tag");
    let backup = world.storage.backup();
    let lost = given(&world, "b");
    let after = World::new(backup);
    after.draw_from(&world);
    after.act(&after.samir(), |tx, cx| starts::begin(tx, cx.rng));
    let now = given(&after, "c");
    assert_ne!(now, lost, "the same version of another history");
    let without_start = "\"2f6c.2\"";
    for (tags, expected) in [
        (lost.as_str(), Err(412)),
        (without_start, Err(412)),
        (&format!("{lost}, {kept}"), Ok(Some(3))),
        (&now, Ok(Some(3))),
        (&kept, Ok(Some(3))),
    ] {
        assert_eq!(update_if(&after, tags), expected, "{tags}");
    }
}
