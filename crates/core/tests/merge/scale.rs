//! Large values, and values made to be slow: the same answers, in time that grows with their size.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields,
    merge::{FieldMerge, MAX_OVERRULED, MAX_TEXT_LINES, MergeInput, additions, merge_field, merge_record},
    pack::{Entity, Strategy, same_value},
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use super::{field, list, object};

/// The order as it was found before it took linear time, and is to stay.
fn reference_order(base: &[String], mine: &[String], theirs: &[String]) -> Vec<String> {
    let moved = |side: &[String]| {
        let known = side.iter().filter(|k| base.contains(k));
        !known.eq(base.iter().filter(|k| side.contains(k)))
    };
    let (lead, follow) = match !moved(theirs) && moved(mine) {
        true => (mine, theirs),
        false => (theirs, mine),
    };
    let mut order: Vec<String> = lead.to_vec();
    for (at, k) in follow.iter().enumerate() {
        if !order.contains(k) {
            let position = |near: &String| order.iter().position(|other| other == near);
            let after = follow[..at]
                .iter()
                .rev()
                .find_map(position)
                .map(|before| before + 1);
            let place = after.or_else(|| follow[at + 1..].iter().find_map(position));
            order.insert(place.unwrap_or(order.len()), k.clone());
        }
    }
    let mut once: Vec<String> = Vec::new();
    order.into_iter().for_each(|k| {
        if !once.contains(&k) {
            once.push(k);
        }
    });
    once
}

/// Rows with these keys; a value that differs from side to side keeps a row that the other side removed.
fn rows(keys: &[u8], value: u8) -> Value {
    keys.iter()
        .map(|k| json!({ "k": k.to_string(), "v": value }))
        .collect()
}

fn keys(list: &Value, staying: &[String]) -> Vec<String> {
    let keys = list
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["k"].as_str().unwrap().to_owned());
    keys.filter(|k| staying.contains(k)).collect()
}

fn merged(base: &Value, mine: &Value, theirs: &Value) -> Value {
    match merge_field(&list(), Strategy::Merge, base, mine, theirs) {
        FieldMerge::Merged(value) => value,
        FieldMerge::Applied(value) => value,
        FieldMerge::Unchanged => theirs.clone(),
        other => panic!("a keyed list always merges, and became {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Keys may stand twice: no device writes such a list, and an old record may hold one.
    #[test]
    fn the_order_is_what_it_always_was(base in vec(0u8..12, 0..12), mine in vec(0u8..12, 0..12), theirs in vec(0u8..12, 0..12)) {
        let (base, mine, theirs) = (rows(&base, 0), rows(&mine, 1), rows(&theirs, 2));
        let FieldMerge::Merged(merged) = merge_field(&list(), Strategy::Merge, &base, &mine, &theirs) else {
            return Ok(());
        };
        let all: Vec<String> = keys(&merged, &(0..12).map(|k| k.to_string()).collect::<Vec<_>>());
        let expected = reference_order(&keys(&base, &all), &keys(&mine, &all), &keys(&theirs, &all));
        prop_assert_eq!(all, expected);
    }
}

#[test]
fn lists_of_many_rows_merge() {
    const ROWS: u32 = 20_000;
    let rows = |range: &mut dyn Iterator<Item = u32>| -> Value {
        range.map(|k| json!({ "k": k.to_string(), "v": k })).collect()
    };
    let base = rows(&mut (0..ROWS));
    let mine = rows(&mut (0..ROWS * 2).rev());
    let theirs = rows(&mut (0..ROWS).chain(ROWS * 3..ROWS * 4));
    let both = merged(&base, &mine, &theirs);
    assert_eq!(both.as_array().unwrap().len(), 3 * ROWS as usize);
    let added = additions(&list(), &base, &mine, &theirs);
    assert!(added.complete, "everything of mine is there or new");
    assert_eq!(added.value.as_array().unwrap().len(), 3 * ROWS as usize);
    let log = field(json!({ "type": "log", "key": "k", "fields": [] }));
    let FieldMerge::Merged(grown) = merge_field(&log, Strategy::Merge, &base, &mine, &theirs) else {
        panic!("both wrote to the log");
    };
    assert_eq!(grown.as_array().unwrap().len(), 3 * ROWS as usize);
}

#[test]
fn sets_of_many_members_merge() {
    let members = |range: std::ops::Range<u32>| -> Value { range.map(|k| json!(k.to_string())).collect() };
    let set = field(json!({ "type": "set" }));
    let (base, mine, theirs) = (members(0..10_000), members(5_000..30_000), members(0..20_000));
    let FieldMerge::Merged(both) = merge_field(&set, Strategy::Merge, &base, &mine, &theirs) else {
        panic!("both changed the set");
    };
    assert_eq!(both.as_array().unwrap().len(), 25_000);
}

#[test]
fn values_nested_in_each_other_are_compared_once() {
    let nested = |depth: usize, end: Value| (0..depth).fold(end, |inner, _| json!({ "a": inner, "b": null }));
    let anything = field(json!({ "type": "json" }));
    assert!(same_value(
        &anything,
        &nested(100, json!(1)),
        &nested(100, json!(1.0))
    ));
    assert!(!same_value(
        &anything,
        &nested(100, json!(1)),
        &nested(100, json!(2))
    ));
    assert!(!same_value(
        &anything,
        &nested(100, json!(1)),
        &nested(99, json!(1))
    ));
    // `null` and absent are the same, on either side and at every depth.
    for (one, other, same) in [
        (json!({ "a": null }), json!({}), true),
        (json!({}), json!({ "a": null }), true),
        (json!({ "a": { "b": null } }), json!({ "a": {} }), true),
        (json!({ "a": {} }), json!({}), false),
        (json!({}), json!({ "a": {} }), false),
        (json!({ "a": 1, "b": null }), json!({ "c": null, "a": 1 }), true),
        (json!({ "a": 1 }), json!({ "a": 1, "b": 0 }), false),
    ] {
        assert_eq!(same_value(&anything, &one, &other), same, "{one} {other}");
    }
}

#[test]
fn a_text_of_too_many_changed_lines_is_a_conflict() {
    let long_text = field(json!({ "type": "longText", "strategy": "merge" }));
    let merge = |base: &str, mine: &str, theirs: &str| {
        merge_field(
            &long_text,
            Strategy::Merge,
            &json!(base),
            &json!(mine),
            &json!(theirs),
        )
    };
    let lines = |count: usize| (0..count).map(|at| format!("{at}\n")).collect::<String>();
    let at_the_limit = lines(MAX_TEXT_LINES);
    let edited = merge(
        &at_the_limit,
        &at_the_limit.replace("0\n1\n", "0\nmine\n"),
        &at_the_limit.replace("998\n", "theirs\n"),
    );
    assert!(matches!(edited, FieldMerge::Merged(_)));
    // What all begin and end with needs no comparison.
    let (start, end) = ("start\n".repeat(30_000), "end\n".repeat(30_000));
    let around = |middle: &str| format!("{start}{middle}{end}");
    let far = merge(&around("a\nb\nc\n"), &around("a!\nb\nc\n"), &around("a\nb\nc!\n"));
    assert_eq!(far, FieldMerge::Merged(json!(around("a!\nb\nc!\n"))));
    // The worst texts for the algorithm: nothing in common, everything turned round, nothing but empty lines.
    let turned: String = (0..50_000).rev().map(|at| format!("{at}\n")).collect();
    for (base, mine, theirs) in [
        (lines(50_000), turned.clone(), format!("{turned}!")),
        ("\n".repeat(100_000), "a\n".repeat(50_000), "b\n".repeat(50_000)),
        (String::new(), turned.clone(), lines(50_000)),
        (lines(MAX_TEXT_LINES + 1), turned, "0\n".into()),
    ] {
        assert_eq!(merge(&base, &mine, &theirs), FieldMerge::Conflict);
    }
}

#[test]
fn many_parts_that_gave_way_are_told_as_one() {
    let entity: Entity = serde_json::from_value(json!({
        "name": "thing", "plural": "things", "title": "Thing", "titlePlural": "Things", "idField": "thingId", "idPrefix": "T-",
        "titleField": "rows", "access": [], "fields": [{ "name": "rows", "label": "Rows", "type": "list", "key": "k", "fields": super::item_fields() }],
    }))
    .unwrap();
    let rows = |count: usize, value: u64| -> Fields {
        let rows: Value = (0..count)
            .map(|k| json!({ "k": k.to_string(), "v": value }))
            .collect();
        object(json!({ "rows": rows }))
    };
    let overruled = |count: usize| {
        let merged = merge_record(&MergeInput {
            entity: &entity,
            current: &rows(count, 2),
            written_by: &BTreeMap::new(),
            payload: &rows(count, 1),
            base: &rows(count, 0),
            remembered: &BTreeMap::new(),
        });
        merged.settled.into_iter().next().unwrap().overruled
    };
    assert_eq!(overruled(MAX_OVERRULED).len(), MAX_OVERRULED);
    let told = overruled(MAX_OVERRULED + 1);
    let [one] = told.as_slice() else {
        panic!("{} are told", told.len())
    };
    assert_eq!(one.path("rows"), "rows");
    assert_eq!(
        one.lost,
        rows(MAX_OVERRULED + 1, 2)["rows"],
        "all of it can be found again"
    );
    assert_eq!(one.part_of(&one.lost), Some(&one.lost));
}
