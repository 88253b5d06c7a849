//! What is authorised is the effect of a write, and what is stored is what the pack declares.

use holdfast_core::protocol::{ErrorCode, OperationResult, ResultStatus};
use holdfast_core::record::Operation;
use serde_json::{Value, json};

use super::{World, caller, create, delete, local, on_both, operation, system_update, update};
use crate::records::version::{Author, NewVersion};
use crate::storage::model::Act;
use crate::storage::port::{Organisation, Storage, StorageError};
use crate::sync::Caller;

on_both!(
    a_device_cannot_take_an_id_that_the_server_will_give_out,
    an_alias_means_something_to_its_device_alone,
    a_real_id_wins_over_an_alias,
    a_create_of_ones_own_record_needs_the_scope_to_change_it,
    a_create_never_touches_a_record_of_another_device,
    a_create_tells_nothing_of_a_hidden_record,
    a_taken_value_names_its_holder_to_those_who_may_see_it,
    taking_a_deletion_back_needs_the_scope_to_create,
    a_value_left_alone_refuses_nothing,
    undeclared_names_come_in_by_no_door,
);

fn code(result: &OperationResult) -> Option<ErrorCode> {
    result.error.as_ref().map(|error| error.code)
}

/// Somebody with only these scopes on orders, at the north site.
fn with_scopes(world: &World<impl Storage>, scopes: &[&str]) -> Caller {
    let mut caller = caller(&world.packs, "sam", "supervisor", &["north"], "sam-phone");
    caller.me.scopes.retain(|scope| !scope.starts_with("works:"));
    caller
        .me
        .scopes
        .extend(scopes.iter().map(|scope| format!("works:order:{scope}")));
    caller
}

fn a_device_cannot_take_an_id_that_the_server_will_give_out(world: World<impl Storage>) {
    let (tara, samir) = (world.tara(), world.samir());
    for id in ["WO-000001", "WO-000002", "WO-000043", "WO-999999"] {
        world.push_one(
            &tara,
            create(
                &format!("k-{id}"),
                id,
                json!({ "title": "Mine", "siteId": "north" }),
            ),
        );
    }
    for (at, id) in [
        "",
        "x",
        "WO-",
        "WO-1",
        "WO--00001",
        "wo-000009",
        "../WO-000009",
        "00000000-0000-0000-0000-000000000000",
    ]
    .into_iter()
    .chain([
        "6BA7B810-9DAD-41D1-80B4-00C04FD430C8",
        "6ba7b8109dad41d180b400c04fd430c8",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    ])
    .enumerate()
    {
        let raw = operation(
            &format!("raw-{at}"),
            Operation::Create,
            id,
            json!({ "title": "Mine" }),
        );
        assert_eq!(
            code(&world.push_one(&tara, raw)),
            Some(ErrorCode::ValidationError),
            "{id:?}"
        );
    }
    for number in 0..60 {
        let key = format!("samir-{number}");
        let made = world.push_one(
            &samir,
            create(
                &key,
                &key,
                json!({ "title": "His", "siteId": "north", "owner": "samir" }),
            ),
        );
        let id = made.entity_id.unwrap();
        world.push_one(
            &samir,
            update(&format!("u-{number}"), &id, 1, json!({ "finding": key })),
        );
        let record = world.record("order", &id);
        assert_eq!(
            (&record.fields["title"], &record.fields["finding"]),
            (&json!("His"), &json!(key)),
            "{id}"
        );
        // A reference lands where it was meant to.
        let child = format!("child-{number}");
        let made = world.push_one(
            &samir,
            create(
                &child,
                &child,
                json!({ "title": "Child", "siteId": "north", "parent": id }),
            ),
        );
        let child = world.record("order", made.entity_id.as_deref().unwrap());
        assert_eq!(child.fields["parent"], json!(id));
    }
}

fn an_alias_means_something_to_its_device_alone(world: World<impl Storage>) {
    let (tara, samir) = (world.tara(), world.samir());
    let mine = world.push_one(
        &tara,
        create("k1", "l", json!({ "title": "Mine", "siteId": "north" })),
    );
    let other = world.push_one(&samir, update("k2", "l", 1, json!({ "plan": "x" })));
    assert_eq!(code(&other), Some(ErrorCode::NotFound));
    // The same text on another device is another record.
    let his = world.push_one(
        &samir,
        create("k3", "l", json!({ "title": "His", "siteId": "north" })),
    );
    assert_ne!(mine.entity_id, his.entity_id);
    for (caller, id) in [(&tara, &mine.entity_id), (&samir, &his.entity_id)] {
        let changed = world.push_one(
            caller,
            update(
                &format!("k4-{}", caller.device_id),
                "l",
                1,
                json!({ "finding": "x" }),
            ),
        );
        assert_eq!(&changed.entity_id, id);
    }
}

/// Also where an earlier version let a device take the id.
fn a_real_id_wins_over_an_alias(world: World<impl Storage>) {
    let tara = world.tara();
    world.given("order", "WO-000007", json!({ "title": "Real", "owner": "tara" }));
    world.given(
        "order",
        "WO-000008",
        json!({ "title": "Planted", "owner": "tara" }),
    );
    world.write(|tx| tx.put_alias("tara-phone", "order", "WO-000007", "WO-000008"));
    world.push_one(&tara, update("k", "WO-000007", 1, json!({ "finding": "x" })));
    assert_eq!(world.record("order", "WO-000007").fields["finding"], "x");
    assert_eq!(world.record("order", "WO-000008").version, 1);
}

fn a_create_of_ones_own_record_needs_the_scope_to_change_it(world: World<impl Storage>) {
    let creator = with_scopes(&world, &["read", "create"]);
    let first = json!({ "title": "Leak", "siteId": "north", "completion": "base" });
    let id = world
        .push_one(&creator, create("k", "l", first))
        .entity_id
        .unwrap();
    let changes = [
        json!({ "title": "Other" }),
        json!({ "title": "Leak", "finding": "x" }),
        json!({ "title": "Leak", "completion": "mine" }),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let refused = world.push_one(&creator, create(&format!("k{at}"), "l", change));
        assert_eq!(code(&refused), Some(ErrorCode::PermissionDenied), "{at}");
    }
    assert_eq!(world.record("order", &id).version, 1);
    assert!(world.all("conflict").is_empty());
    let same = world.push_one(&creator, create("same", "l", json!({ "title": "Leak" })));
    assert_eq!(same.status, ResultStatus::Success, "nothing changes by it");
    let editor = with_scopes(&world, &["read", "update"]);
    let changed = world.push_one(
        &editor,
        create("e", "l", json!({ "title": "Leak", "finding": "x" })),
    );
    assert_eq!(changed.status, ResultStatus::Success);
    assert_eq!(world.record("order", &id).fields["finding"], "x");
}

/// Also one that is deleted, and whatever the author's roles allow.
fn a_create_never_touches_a_record_of_another_device(world: World<impl Storage>) {
    world.given("order", "WO-000001", json!({ "title": "Leak", "owner": "tara" }));
    world.given("order", "WO-000002", json!({ "title": "Gone", "owner": "tara" }));
    world.push_one(&world.samir(), delete("d", "WO-000002", 1));
    for id in ["WO-000001", "WO-000002"] {
        let before = world.record("order", id);
        let made = world.push_one(
            &world.samir(),
            create(&format!("k-{id}"), id, json!({ "title": "Mine" })),
        );
        assert_eq!(made.status, ResultStatus::Success);
        assert_ne!(made.entity_id.as_deref().unwrap_or(id), id);
        assert_eq!(world.record("order", id), before);
    }
    assert!(world.all("conflict").is_empty());
}

fn a_create_tells_nothing_of_a_hidden_record(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-000001",
        json!({ "title": "Secret", "owner": "jonas", "siteId": "south" }),
    );
    let answer = |key: &str, id: &str| {
        let result = world.push_one(&world.tara(), create(key, id, json!({ "title": "Leak" })));
        (
            result.status,
            code(&result),
            result.entity_id.is_some(),
            result.conflict.is_some(),
        )
    };
    assert_eq!(answer("k1", "WO-000001"), answer("k2", "WO-000077"));
    assert_eq!(world.record("order", "WO-000001").version, 1);
    let denied = |key: &str, id: &str| {
        let reader = with_scopes(&world, &["read"]);
        code(&world.push_one(&reader, create(key, id, json!({ "title": "Leak" }))))
    };
    assert_eq!(denied("d1", "WO-000001"), Some(ErrorCode::PermissionDenied));
    assert_eq!(denied("d2", "WO-000099"), Some(ErrorCode::PermissionDenied));
}

fn a_taken_value_names_its_holder_to_those_who_may_see_it(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-000001",
        json!({ "title": "Secret", "owner": "jonas", "siteId": "south", "reference": "R" }),
    );
    let message = |caller: &Caller, key: &str| {
        let fields = json!({ "title": "x", "siteId": "north", "reference": "R" });
        world
            .push_one(caller, create(key, key, fields))
            .error
            .unwrap()
            .fields[0]
            .message
            .clone()
    };
    assert!(!message(&world.tara(), "k1").contains("WO-000001"));
    assert!(message(&world.samir(), "k2").contains("WO-000001"));
}

fn taking_a_deletion_back_needs_the_scope_to_create(world: World<impl Storage>) {
    world.given("order", "WO-000001", json!({ "title": "Leak", "owner": "tara" }));
    world.push_one(&world.samir(), delete("d", "WO-000001", 1));
    let editor = with_scopes(&world, &["read", "update"]);
    let conflict = world
        .push_one(&editor, update("u", "WO-000001", 1, json!({ "finding": "x" })))
        .conflict
        .unwrap();
    let recreate = |caller: &Caller, key: &str| {
        let resolution = json!({ "resolution": { "record": { "choice": "recreate" } } });
        world.push_one(
            caller,
            system_update(key, "conflict", &conflict.conflict_id, resolution),
        )
    };
    assert_eq!(code(&recreate(&editor, "r1")), Some(ErrorCode::PermissionDenied));
    assert!(world.record("order", "WO-000001").deleted);
    assert_eq!(recreate(&world.samir(), "r2").status, ResultStatus::Success);
}

/// A stricter pack came after the value: nobody has to mend it to change something else.
fn a_value_left_alone_refuses_nothing(world: World<impl Storage>) {
    let long = "x".repeat(60);
    world.given(
        "order",
        "WO-000001",
        json!({ "title": long, "owner": "tara", "status": "gone", "reference": "R" }),
    );
    world.given(
        "order",
        "WO-000002",
        json!({ "title": "Second", "owner": "tara", "reference": "R" }),
    );
    let tara = world.tara();
    let all = json!({ "title": long, "status": "gone", "reference": "R", "finding": "x" });
    let changed = world.push_one(&tara, update("k1", "WO-000001", 1, all));
    assert_eq!(changed.status, ResultStatus::Success, "{changed:?}");
    let changed = world.push_one(
        &tara,
        update("k2", "WO-000001", 2, json!({ "title": format!("{long}!") })),
    );
    assert_eq!(code(&changed), Some(ErrorCode::ValidationError));
}

fn undeclared_names_come_in_by_no_door(world: World<impl Storage>) {
    let samir = world.samir();
    for (at, name) in [
        "_localId",
        "_version2",
        "_baseVersion",
        "updatedAt",
        "secret",
        "orderId",
        "__proto__",
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("WO-00010{at}");
        let value = json!({ "title": "Leak", name: "planted" });
        let doors: [(&str, &dyn Fn(Value) -> OperationResult); 4] = [
            ("create", &|fields| {
                world.push_one(&samir, create(&format!("c{at}"), &local(&id), fields))
            }),
            ("update", &|fields| {
                world.given("order", &id, json!({ "title": "Leak", "owner": "tara" }));
                world.push_one(&samir, update(&format!("u{at}"), &id, 1, fields))
            }),
            ("update of a deleted record", &|fields| {
                let version = world.record("order", &id).version;
                world.push_one(&samir, delete(&format!("d{at}"), &id, version));
                world.push_one(&samir, update(&format!("ud{at}"), &id, 1, fields))
            }),
            ("create of a deleted record", &|fields| {
                world.push_one(&samir, create(&format!("cd{at}"), &id, fields))
            }),
        ];
        for (door, write) in doors {
            let result = write(value.clone());
            let refused = code(&result) == Some(ErrorCode::ValidationError);
            assert!(refused, "{door} with {name}: {result:?}");
            if let Some(conflict) = result.conflict {
                let resolution = json!({ "resolution": { "record": { "choice": "recreate" } } });
                world.push_one(
                    &samir,
                    system_update(&format!("r{at}"), "conflict", &conflict.conflict_id, resolution),
                );
            }
        }
    }
    for record in world.all("order") {
        assert!(
            !record.fields.values().any(|value| value == "planted"),
            "{record:?}"
        );
    }
    let entity = world.packs.entity("order").unwrap();
    let version = NewVersion {
        entity,
        id: "WO-9",
        before: None,
        fields: super::object(json!({ "_localId": "x" })),
        act: Act::Create,
        local_id: None,
        author: Author::server("test"),
        at: world.now(),
    };
    let stored = world.storage.write(Organisation::ONLY, |tx| version.write(tx));
    assert!(
        matches!(stored, Err(StorageError::Undeclared { .. })),
        "{stored:?}"
    );
}
