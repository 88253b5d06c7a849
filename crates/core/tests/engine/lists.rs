//! Lists: what they find, and in which order.

use std::cmp::Ordering;

use holdfast_core::{
    pack::Pack,
    record::RecordKey,
    replica::{Filter, Page, Query, Replica},
    store::{Changes, PacksRow, Row},
    text::{Collation, TextOrder},
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use super::support::mirror;

fn replica(records: &[(&str, Value)]) -> Replica {
    let field = |name: &str, kind: Value| {
        let mut declared = json!({ "name": name, "label": name });
        declared
            .as_object_mut()
            .unwrap()
            .extend(kind.as_object().unwrap().clone());
        declared
    };
    let job = json!({
        "name": "job", "plural": "jobs", "title": "Job", "titlePlural": "Jobs", "idField": "jobId", "idPrefix": "J-",
        "titleField": "title", "access": [], "list": { "columns": [], "search": ["note", "tags"] },
        "fields": [field("title", json!({ "type": "text" })), field("note", json!({ "type": "longText" })),
            field("rank", json!({ "type": "number" })),
            field("tags", json!({ "type": "set", "normalize": ["trim", "casefold"] })),
            field("state", json!({ "type": "enum", "choices": [{ "value": "z", "label": "Z" }, { "value": "a", "label": "A" }] }))],
    });
    let pack = json!({ "name": "works", "version": 1, "title": "Works", "entities": [job] });
    let pack: Pack = serde_json::from_value(pack).unwrap();
    let mut changes = Changes::default();
    changes.put(Row::Packs(PacksRow { packs: vec![pack] }));
    for (id, fields) in records {
        let mut row = mirror(id, 1, fields.clone());
        row.key = RecordKey::new("job", *id);
        changes.put(Row::Mirror(row));
    }
    let mut replica = Replica::default();
    replica.apply(1, &changes);
    replica
}

fn titled(titles: &[&str]) -> Replica {
    let ids: Vec<String> = (0..titles.len()).map(|at| format!("J-{at:03}")).collect();
    let records = ids.iter().zip(titles);
    let records: Vec<_> = records
        .map(|(id, title)| (id.as_str(), json!({ "title": title })))
        .collect();
    replica(&records)
}

fn by(sort: &str) -> Query {
    Query {
        entity: "job".into(),
        sort: Some(sort.into()),
        ..Query::default()
    }
}

fn titles(page: &Page<'_>) -> Vec<String> {
    page.items
        .iter()
        .map(|item| item.text("title").into_owned())
        .collect()
}

fn ids(page: &Page<'_>) -> Vec<String> {
    page.items
        .iter()
        .map(|item| item.key().entity_id.clone())
        .collect()
}

/// Swedish in one letter: ä after z.
struct Swedish;

impl Collation for Swedish {
    fn compare(&self, a: &str, b: &str) -> Ordering {
        let key = |text: &str| text.to_lowercase().replace('ä', "\u{10fffe}");
        key(a).cmp(&key(b))
    }
}

#[test]
fn titles_stand_in_natural_order_and_in_that_of_a_language() {
    let replica = titled(&["Zange 10", "Zebra", "", "Äxte", "axt", "Zange 2", "axt"]);
    let natural = ["axt", "axt", "Äxte", "Zange 2", "Zange 10", "Zebra", ""];
    assert_eq!(titles(&replica.list(&by("title"))), natural);
    let order = TextOrder::new(Swedish);
    let swedish = ["axt", "axt", "Zange 10", "Zange 2", "Zebra", "Äxte", ""];
    for _ in 0..2 {
        assert_eq!(titles(&replica.list_ordered(&by("title"), &order)), swedish);
    }
    let descending = Query {
        descending: true,
        ..by("title")
    };
    let turned = ["Zebra", "Zange 10", "Zange 2", "Äxte", "axt", "axt", ""];
    assert_eq!(
        titles(&replica.list(&descending)),
        turned,
        "what has none stands last"
    );
}

#[test]
fn a_title_that_comes_later_finds_its_place() {
    let order = TextOrder::new(Swedish);
    let all = titled(&["b", "d", "Ä", "f", "h"]);
    assert_eq!(
        titles(&all.list_ordered(&by("title"), &order)),
        ["b", "d", "f", "h", "Ä"]
    );
    let more = titled(&["b", "e", "Ä", "a", "h", "i"]);
    assert_eq!(
        titles(&more.list_ordered(&by("title"), &order)),
        ["a", "b", "e", "h", "i", "Ä"]
    );
}

#[test]
fn a_search_finds_a_record_however_it_is_written() {
    let replica = replica(&[
        ("J-1", json!({ "title": "Café Hauptstraße" })),
        ("J-2", json!({ "title": "x", "note": "ＡＢＣ１２３\nÖlwanne" })),
        ("J-3", json!({ "title": "x", "tags": ["Ñandú"] })),
        ("J-4", json!({ "title": "cafe strasse" })),
    ]);
    let table = [
        ("cafe", vec!["J-1", "J-4"]),
        ("CAFÉ", vec!["J-1", "J-4"]),
        ("cafe\u{301} STRASSE", vec!["J-1", "J-4"]),
        ("hauptstrasse", vec!["J-1"]),
        ("abc123 ol", vec!["J-2"]),
        ("nandu", vec!["J-3"]),
        ("ｊ-3", vec!["J-3"]),
        ("cafeteria", vec![]),
        ("\u{200b}", vec!["J-1", "J-2", "J-3", "J-4"]),
    ];
    for (search, expected) in table {
        let query = Query {
            search: search.into(),
            ..by("rank")
        };
        assert_eq!(ids(&replica.list(&query)), expected, "{search}");
    }
}

#[test]
fn a_filter_compares_in_the_form_of_its_field() {
    let replica = replica(&[
        ("J-1", json!({ "title": "x", "tags": ["Pump", "oil"] })),
        ("J-2", json!({ "title": "Pump", "tags": ["PUMP "] })),
        ("J-3", json!({ "title": "pump", "tags": [] })),
    ]);
    for (field, wanted, expected) in [
        ("tags", "pump", vec!["J-1", "J-2"]),
        ("tags", "Ｐump", vec!["J-1", "J-2"]),
        ("title", "pump", vec!["J-3"]),
    ] {
        let filters = vec![Filter {
            field: field.into(),
            any_of: vec![json!(wanted)],
        }];
        let query = Query {
            filters,
            ..by("rank")
        };
        assert_eq!(ids(&replica.list(&query)), expected, "{field} {wanted}");
    }
}

proptest! {
    /// Whatever part is asked for: it is that part of the whole list.
    #[test]
    fn a_part_of_a_list_is_a_part_of_the_whole(
        rows in vec(("[aÄz1]{0,2}[0-9]{0,2}", proptest::option::of(-2i32..3), proptest::option::of("[az]")), 0..20),
        sort in 0usize..4, descending: bool, offset in 0usize..22, limit in 0usize..22,
    ) {
        let names: Vec<String> = (0..rows.len()).map(|at| format!("J-{at:02}")).collect();
        let records = names.iter().zip(&rows).map(|(id, (title, rank, state))| {
            (id.as_str(), json!({ "title": title, "rank": rank, "state": state }))
        });
        let replica = replica(&records.collect::<Vec<_>>());
        let sort = [None, Some("title"), Some("rank"), Some("state")][sort].map(str::to_owned);
        let all = Query { entity: "job".into(), sort, descending, ..Query::default() };
        let part = Query { offset, limit, ..all.clone() };
        let order = TextOrder::new(Swedish);
        for list in [&|query: &Query| (ids(&replica.list(query)), replica.list(query).total) as (Vec<String>, usize),
            &|query: &Query| (ids(&replica.list_ordered(query, &order)), rows.len())] as [&dyn Fn(&Query) -> (Vec<String>, usize); 2] {
            let (whole, total) = list(&all);
            prop_assert_eq!(total, rows.len());
            let expected: Vec<String> = whole.into_iter().skip(offset).take(if limit == 0 { usize::MAX } else { limit }).collect();
            prop_assert_eq!(list(&part).0, expected);
        }
    }
}
