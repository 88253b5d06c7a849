//! REST over the same records.

use holdfast_core::{
    protocol::{ErrorCode, IfMatch},
    record::Operation,
};
use serde_json::{Value, json};

use super::{World, local, object, on_both};
use crate::storage::port::Storage;
use crate::sync::Caller;
use crate::sync::rest::{self, HistoryPage, HistoryRequest, RestWrite, Written};

on_both!(
    writes_go_through_ledger_merge_and_conflicts,
    metadata_in_a_body_is_passed_over,
    the_history_tells_who_changed_what,
    a_history_comes_in_pages,
    a_key_has_a_length,
);

pub(super) fn write(
    world: &World<impl Storage>,
    caller: &Caller,
    write: RestWrite,
) -> Result<Written, (u16, ErrorCode)> {
    let written = world.act(caller, |tx, cx| {
        let entity = rest::entity(cx, "orders").unwrap();
        rest::write(tx, cx, entity, write)
    });
    written.map_err(|refusal| (refusal.status, refusal.error.code))
}

pub(super) fn request(
    operation: Operation,
    id: Option<&str>,
    key: Option<&str>,
    version: Option<u64>,
    body: Value,
) -> RestWrite {
    let mut body = object(body);
    body.extend(version.map(|version| ("_version".to_owned(), version.into())));
    RestWrite {
        operation,
        id: id.map(str::to_owned),
        body,
        key: key.map(str::to_owned),
        if_match: IfMatch::Absent,
    }
}

fn writes_go_through_ledger_merge_and_conflicts(world: World<impl Storage>) {
    let (tara, samir) = (world.tara(), world.samir());
    let post = request(
        Operation::Create,
        None,
        Some("post"),
        None,
        json!({ "title": "Leak", "owner": "tara" }),
    );
    let made = write(&world, &tara, post.clone()).unwrap();
    let again = write(&world, &tara, post).unwrap();
    assert_eq!(
        (made.record.as_ref().unwrap().id.as_str(), &again.record),
        ("WO-000001", &made.record)
    );
    let patch =
        |key: &str, version, body| request(Operation::Update, Some("WO-000001"), Some(key), version, body);
    write(
        &world,
        &samir,
        patch("p1", Some(1), json!({ "completion": "theirs", "plan": "Monday" })),
    )
    .unwrap();
    let merged = write(
        &world,
        &tara,
        patch("p2", Some(1), json!({ "completion": "mine", "finding": "hose" })),
    )
    .unwrap();
    assert!(merged.result.conflict.is_some());
    let record = merged.record.unwrap();
    assert_eq!(
        (&record.fields["completion"], &record.fields["finding"]),
        (&json!("theirs"), &json!("hose"))
    );
    let current = write(&world, &tara, patch("p3", None, json!({ "finding": "seen" }))).unwrap();
    assert!(
        current.result.conflict.is_none(),
        "without a version it speaks of what is there"
    );
    let refused = write(&world, &tara, patch("p4", None, json!({ "title": "" })));
    assert_eq!(refused.unwrap_err(), (422, ErrorCode::ValidationError));
    let remove = |caller: &Caller, key: &str| {
        write(
            &world,
            caller,
            request(
                Operation::Delete,
                Some("WO-000001"),
                Some(key),
                Some(4),
                json!({}),
            ),
        )
    };
    assert_eq!(
        remove(&tara, "d1").unwrap_err(),
        (403, ErrorCode::PermissionDenied)
    );
    assert_eq!(remove(&samir, "d2").unwrap().record, None);
    let nowhere = request(
        Operation::Update,
        Some("WO-7"),
        None,
        None,
        json!({ "title": "x" }),
    );
    assert_eq!(
        write(&world, &tara, nowhere).unwrap_err(),
        (404, ErrorCode::NotFound)
    );
}

fn metadata_in_a_body_is_passed_over(world: World<impl Storage>) {
    let made = write(
        &world,
        &world.tara(),
        request(
            Operation::Create,
            None,
            None,
            None,
            json!({ "title": "Leak", "_localId": local("l1") }),
        ),
    );
    let record = made.unwrap().record.unwrap();
    assert_eq!(record.local_id.as_deref(), Some(local("l1").as_str()));
    let body = json!({ "orderId": "WO-000001", "_version": 1, "_synced": true, "updatedAt": "2026-01-01T00:00:00Z", "plan": "Monday" });
    let changed = write(
        &world,
        &world.tara(),
        request(Operation::Update, Some(&local("l1")), None, None, body),
    )
    .unwrap();
    assert_eq!(changed.record.unwrap().fields["plan"], "Monday");
}

fn the_history_tells_who_changed_what(world: World<impl Storage>) {
    world.given("order", "WO-1", json!({ "title": "Leak", "owner": "tara" }));
    write(
        &world,
        &world.tara(),
        request(
            Operation::Update,
            Some("WO-1"),
            None,
            None,
            json!({ "plan": "Monday" }),
        ),
    )
    .unwrap();
    let ask = |caller: &Caller| {
        world.act(caller, |tx, cx| {
            let entity = rest::entity(cx, "orders").unwrap();
            rest::history(tx, cx, entity, "WO-1", &HistoryRequest::default())
        })
    };
    let HistoryPage {
        versions,
        previous,
        next,
    } = ask(&world.tara()).unwrap();
    assert_eq!((previous, next), (None, None));
    assert_eq!(
        versions.iter().map(|version| version.version).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(
        (versions[1].user_name.as_str(), versions[1].device_id.as_str()),
        ("TARA", "tara-phone")
    );
    assert_eq!(
        serde_json::to_value(&versions[1].changes).unwrap(),
        json!({ "plan": { "from": null, "to": "Monday" } })
    );
    assert_eq!(ask(&world.jonas()).unwrap_err().status, 404);
}

fn a_history_comes_in_pages(world: World<impl Storage>) {
    for number in 0..7 {
        world.given(
            "order",
            "WO-1",
            json!({ "title": format!("{number}"), "owner": "tara" }),
        );
    }
    let ask = |after: Option<u64>, before: Option<u64>, limit: Option<usize>| {
        let request = HistoryRequest { after, before, limit };
        let page = world.act(&world.tara(), |tx, cx| {
            let entity = rest::entity(cx, "orders").unwrap();
            rest::history(tx, cx, entity, "WO-1", &request)
        });
        let numbers = |page: &HistoryPage| {
            page.versions
                .iter()
                .map(|version| version.version)
                .collect::<Vec<_>>()
        };
        page.map(|page| (numbers(&page), page.previous, page.next))
            .map_err(|refusal| refusal.status)
    };
    let table = [
        ((None, None, None), (vec![1, 2, 3, 4, 5, 6, 7], None, None)),
        ((None, None, Some(3)), (vec![1, 2, 3], None, Some(3))),
        ((Some(3), None, Some(3)), (vec![4, 5, 6], Some(4), Some(6))),
        ((Some(6), None, Some(3)), (vec![7], Some(7), None)),
        ((Some(7), None, Some(3)), (vec![], None, None)),
        ((Some(u64::MAX), None, None), (vec![], None, None)),
        ((None, Some(7), Some(3)), (vec![4, 5, 6], Some(4), Some(6))),
        ((None, Some(4), Some(3)), (vec![1, 2, 3], None, Some(3))),
        ((None, Some(3), Some(500)), (vec![1, 2], None, Some(2))),
        ((None, Some(u64::MAX), Some(2)), (vec![6, 7], Some(6), None)),
        ((None, Some(1), None), (vec![], None, None)),
        ((None, Some(0), None), (vec![], None, None)),
    ];
    for ((after, before, limit), page) in table {
        assert_eq!(
            ask(after, before, limit),
            Ok(page),
            "{after:?} {before:?} {limit:?}"
        );
    }
    for (after, before, limit) in [
        (None, None, Some(0)),
        (None, None, Some(501)),
        (Some(1), Some(2), None),
    ] {
        assert_eq!(ask(after, before, limit), Err(400));
    }
}

fn a_key_has_a_length(world: World<impl Storage>) {
    let post = |key: &str, title: &str| {
        let body = json!({ "title": title });
        write(
            &world,
            &world.tara(),
            request(Operation::Create, None, Some(key), None, body),
        )
    };
    assert_eq!(
        post(&"k".repeat(129), "x").unwrap_err(),
        (400, ErrorCode::ValidationError)
    );
    assert!(post(&"k".repeat(128), "x").is_ok());
    let long = "x".repeat(holdfast_core::limits::MAX_TEXT_CHARS + 1);
    assert_eq!(post("k", &long).unwrap_err(), (422, ErrorCode::ValidationError));
}
