//! REST over the same records.

use holdfast_core::{
    protocol::{ErrorCode, IfMatch},
    record::Operation,
};
use serde_json::{Value, json};

use super::{World, local, object, on_both};
use crate::storage::{model::StoredRecord, port::Storage};
use crate::sync::Caller;
use crate::sync::rest::{self, HistoryPage, HistoryRequest, ListRequest, RestWrite, Written};

on_both!(
    lists_come_in_pages_and_can_be_filtered,
    writes_go_through_ledger_merge_and_conflicts,
    metadata_in_a_body_is_passed_over,
    the_history_tells_who_changed_what,
    a_history_comes_in_pages,
    a_list_looks_at_only_so_many_records,
    a_key_has_a_length,
    a_write_says_which_version_it_builds_on,
    a_tag_of_a_lost_history_never_matches,
);

fn list(
    world: &World<impl Storage>,
    caller: &Caller,
    request: &ListRequest,
) -> Result<(Vec<String>, Option<String>), u16> {
    let page = world.act(caller, |tx, cx| {
        let entity = rest::entity(cx, "orders").unwrap();
        rest::list(tx, cx, entity, request)
    });
    let ids = |page: &rest::RecordPage| {
        page.items
            .iter()
            .map(|row| row.id("orderId").unwrap().to_owned())
            .collect()
    };
    page.map(|page| (ids(&page), page.next_page))
        .map_err(|refusal| refusal.status)
}

fn write(
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

fn request(
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

fn lists_come_in_pages_and_can_be_filtered(world: World<impl Storage>) {
    for number in 0..5 {
        let owner = if number == 2 { "jonas" } else { "tara" };
        world.given(
            "order",
            &format!("WO-{number}"),
            json!({ "title": "x", "owner": owner, "plan": format!("{}", number % 2) }),
        );
    }
    let tara = world.tara();
    let page = |after: Option<&str>| ListRequest {
        page: after.map(str::to_owned),
        limit: Some(2),
        filters: Vec::new(),
    };
    assert_eq!(
        list(&world, &tara, &page(None)),
        Ok((vec!["WO-0".into(), "WO-1".into()], Some("WO-1".into())))
    );
    assert_eq!(
        list(&world, &tara, &page(Some("WO-1"))),
        Ok((vec!["WO-3".into(), "WO-4".into()], None))
    );
    let filtered = |name: &str, value: &str| ListRequest {
        filters: vec![(name.into(), value.into())],
        ..ListRequest::default()
    };
    assert_eq!(
        list(&world, &tara, &filtered("plan", "1")).unwrap().0,
        ["WO-1", "WO-3"]
    );
    // Numbers and instants by value, however they are written.
    world.given(
        "order",
        "WO-7",
        json!({ "title": "x", "owner": "tara", "trips": "9007199254740993", "due": "2026-11-20T20:00:00Z" }),
    );
    for (name, value, found) in [
        ("trips", "9007199254740993", 1),
        ("trips", "9007199254740992", 0),
        ("trips", "9007199254740993.0", 1),
        ("due", "2026-11-21T01:00:00+05:00", 1),
        ("due", "2026-11-21T01:00:00Z", 0),
    ] {
        let ids = list(&world, &tara, &filtered(name, value)).unwrap().0;
        assert_eq!(ids.len(), found, "{name} {value}");
    }
    assert_eq!(list(&world, &tara, &filtered("colour", "red")), Err(400));
    assert_eq!(
        list(
            &world,
            &tara,
            &ListRequest {
                limit: Some(0),
                ..ListRequest::default()
            }
        ),
        Err(400)
    );
    let unknown = world.act(&tara, |_, cx| Ok(rest::entity(cx, "ships").map(|_| ())));
    assert_eq!(unknown.unwrap_err().status, 404);
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

/// Whoever may see few of many records, or filters for few, gets short pages, and in the end all that they ask for.
fn a_list_looks_at_only_so_many_records(world: World<impl Storage>) {
    for number in 0..30 {
        let owner = if number % 7 == 0 { "tara" } else { "jonas" };
        world.given(
            "order",
            &format!("WO-{number:06}"),
            json!({ "title": "x", "owner": owner }),
        );
    }
    for looked_at in [1, 2, 5, 29, 30, 31] {
        let (mut page, mut seen, mut pages) = (None, Vec::new(), 0);
        loop {
            let request = ListRequest {
                page: page.clone(),
                limit: Some(3),
                filters: Vec::new(),
            };
            let found = world.act(&world.tara(), |tx, cx| {
                let entity = rest::entity(cx, "orders").unwrap();
                rest::list_within(tx, cx, entity, &request, looked_at)
            });
            let found = found.unwrap();
            pages += 1;
            assert!(found.items.len() <= 3.min(looked_at) && pages <= 40);
            seen.extend(
                found
                    .items
                    .iter()
                    .map(|row| row.id("orderId").unwrap().to_owned()),
            );
            page = found.next_page;
            if page.is_none() {
                break;
            }
        }
        assert_eq!(
            seen,
            ["WO-000000", "WO-000007", "WO-000014", "WO-000021", "WO-000028"],
            "{looked_at}"
        );
        assert_eq!(pages, 30_usize.div_ceil(looked_at).max(2), "{looked_at}");
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

/// What a write of WO-1 with this precondition is answered, by a supervisor who may do anything with it.
fn answered(
    world: &World<impl Storage>,
    operation: Operation,
    if_match: &str,
    body: Value,
) -> Result<u64, u16> {
    let if_match = match if_match {
        "" => IfMatch::Absent,
        value => IfMatch::parse([value]).ok_or(400_u16)?,
    };
    let asked = RestWrite {
        if_match,
        ..request(operation, Some("WO-1"), None, None, body)
    };
    let written = write(world, &world.samir(), asked).map_err(|(status, _)| status)?;
    Ok(written.result.new_version.unwrap_or_default())
}

/// The entity tag of a version, written under the only start.
fn tag_of(world: &World<impl Storage>, version: u64) -> String {
    let record = StoredRecord {
        version,
        ..world.record("order", "WO-1")
    };
    world.act(&world.samir(), |tx, _| rest::tag(tx, &record))
}

fn a_write_says_which_version_it_builds_on(world: World<impl Storage>) {
    for (number, title) in ["a", "b", "c"].iter().enumerate() {
        let fields =
            json!({ "title": title, "owner": "tara", "siteId": "north", "completion": format!("{number}") });
        world.given("order", "WO-1", fields);
    }
    let tag = |version: u64| tag_of(&world, version);
    let weak = format!("W/{}", tag(3));
    let both = format!("{}, {}", tag(2), tag(99));
    let update = Operation::Update;
    let table = [
        (update, "3", json!({ "title": "x" }), Err(400)),
        (update, "\"3\"", json!({ "title": "x" }), Err(412)),
        (update, &weak, json!({ "title": "x" }), Err(412)),
        (update, &tag(999), json!({ "title": "x" }), Err(412)),
        (update, &tag(0), json!({ "title": "x" }), Err(412)),
        (update, "", json!({ "title": "x", "_version": "1" }), Err(400)),
        (update, "", json!({ "title": "x", "_version": 1.5 }), Err(400)),
        (update, "", json!({ "title": "x", "_version": -1 }), Err(400)),
        (update, "", json!({ "title": "x", "_version": null }), Err(400)),
        (
            update,
            &tag(3),
            json!({ "title": "x", "_version": "1" }),
            Err(400),
        ),
        (update, "", json!({ "title": "x", "_version": 999 }), Err(412)),
        (update, "", json!({ "title": "x", "_version": 0 }), Err(412)),
        (update, "", json!({ "completion": "mine" }), Err(428)),
        (Operation::Delete, "", json!({}), Err(428)),
        (Operation::Delete, &tag(4), json!({}), Err(412)),
        (update, "", json!({ "completion": "2", "title": "d" }), Ok(4)),
        (update, "", json!({ "title": "e", "_version": 4.0 }), Ok(5)),
        (update, &both, json!({ "owner": "jonas" }), Ok(6)),
        (update, "*", json!({ "completion": "mine" }), Ok(7)),
        (Operation::Delete, &tag(7), json!({}), Ok(8)),
    ];
    for (operation, if_match, body, expected) in table {
        let what = format!("{operation:?} {if_match} {body}");
        assert_eq!(answered(&world, operation, if_match, body), expected, "{what}");
    }
}

fn a_tag_of_a_lost_history_never_matches(world: World<impl Storage>) {
    world.given(
        "order",
        "WO-1",
        json!({ "title": "a", "owner": "tara", "siteId": "north" }),
    );
    let lost = tag_of(&world, 1);
    world.act(&world.samir(), |tx, cx| {
        crate::records::epoch::renew(tx, cx.rng, &["order"])
    });
    let title = json!({ "title": "x" });
    assert_eq!(
        answered(&world, Operation::Update, &lost, title.clone()),
        Err(412)
    );
    assert_eq!(answered(&world, Operation::Delete, &lost, json!({})), Err(412));
    assert_eq!(
        answered(&world, Operation::Update, &tag_of(&world, 1), title),
        Ok(2)
    );
}
