//! Lists by REST: pages, filters, and how many records one request looks at.

use serde_json::json;

use super::{World, on_both};
use crate::storage::port::Storage;
use crate::sync::Caller;
use crate::sync::rest::{self, ListRequest};

on_both!(
    lists_come_in_pages_and_can_be_filtered,
    a_list_looks_at_only_so_many_records,
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
