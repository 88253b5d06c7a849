//! Parts within parts, at every depth, and which of them gave way.

use std::collections::BTreeMap;

use holdfast_core::{
    merge::{Author, MergeInput, MergedRecord, Verdict, merge_record},
    pack::Entity,
};
use serde_json::{Value, json};

use super::object;

/// A visit: objects in lists in objects in lists, with a counter, a set, a log, a text and plain values inside.
fn entity() -> Entity {
    let deep = json!([
        { "name": "id", "label": "Id", "type": "text" },
        { "name": "plain", "label": "Plain", "type": "text" },
        { "name": "count", "label": "Count", "type": "counter" },
        { "name": "tags", "label": "Tags", "type": "set" },
        { "name": "said", "label": "Said", "type": "log", "key": "id", "fields": [{ "name": "id", "label": "Id", "type": "text" }] },
        { "name": "story", "label": "Story", "type": "longText" },
    ]);
    let place = json!([
        { "name": "name", "label": "Name", "type": "text" },
        { "name": "points", "label": "Points", "type": "list", "key": "id", "fields": deep },
    ]);
    let visit = json!([
        { "name": "id", "label": "Id", "type": "text" },
        { "name": "place", "label": "Place", "type": "object", "fields": place },
    ]);
    serde_json::from_value(json!({
        "name": "tour", "plural": "tours", "title": "Tour", "titlePlural": "Tours", "idField": "tourId", "idPrefix": "T-",
        "titleField": "visits", "access": [], "fields": [{ "name": "visits", "label": "Visits", "type": "list", "key": "id", "fields": visit }],
    }))
    .unwrap()
}

/// The field with one point in one place of one visit.
fn visits(point: Value) -> Value {
    json!([{ "id": "v", "place": { "name": "Hall", "points": [point] } }])
}

fn merge(base: Value, mine: Value, theirs: Value) -> MergedRecord {
    let (current, payload, base) = (object(json!({ "visits": theirs })), object(json!({ "visits": mine })), object(json!({ "visits": base })));
    let (written_by, remembered) = (BTreeMap::<String, Author>::new(), BTreeMap::new());
    merge_record(&MergeInput { entity: &entity(), current: &current, written_by: &written_by, payload: &payload, base: &base, remembered: &remembered })
}

#[test]
fn a_part_deep_inside_merges_as_it_would_outside() {
    let table = [
        ("two parts of one object", json!({ "id": "p", "plain": "b" }), json!({ "id": "p", "plain": "m" }), json!({ "id": "p", "plain": "b", "count": 1 }), json!({ "id": "p", "plain": "m", "count": 1 })),
        ("counters", json!({ "id": "p", "count": 1 }), json!({ "id": "p", "count": 3 }), json!({ "id": "p", "count": 6 }), json!({ "id": "p", "count": 8 })),
        ("equal additions", json!({ "id": "p", "count": 1 }), json!({ "id": "p", "count": 2 }), json!({ "id": "p", "count": 2 }), json!({ "id": "p", "count": 3 })),
        ("sets", json!({ "id": "p", "tags": ["a", "b"] }), json!({ "id": "p", "tags": ["a", "m"] }), json!({ "id": "p", "tags": ["a", "b", "t"] }), json!({ "id": "p", "tags": ["a", "m", "t"] })),
        ("sets in another order are the same", json!({ "id": "p", "tags": ["a", "b"] }), json!({ "id": "p", "tags": ["b", "a"] }), json!({ "id": "p", "tags": ["a", "b", "t"] }), json!({ "id": "p", "tags": ["a", "b", "t"] })),
        ("logs grow", json!({ "id": "p", "said": [{ "id": "1" }] }), json!({ "id": "p", "said": [{ "id": "1" }, { "id": "m" }] }), json!({ "id": "p", "said": [{ "id": "1" }, { "id": "t" }] }), json!({ "id": "p", "said": [{ "id": "1" }, { "id": "t" }, { "id": "m" }] })),
        ("logs never shrink", json!({ "id": "p", "plain": "b", "said": [{ "id": "1" }] }), json!({ "id": "p", "plain": "b", "said": [] }), json!({ "id": "p", "plain": "t", "said": [{ "id": "1" }] }), json!({ "id": "p", "plain": "t", "said": [{ "id": "1" }] })),
        ("texts by lines", json!({ "id": "p", "story": "a\nb\nc\n" }), json!({ "id": "p", "story": "A\nb\nc\n" }), json!({ "id": "p", "story": "a\nb\nC\n" }), json!({ "id": "p", "story": "A\nb\nC\n" })),
    ];
    for (what, base, mine, theirs, expected) in table {
        let merged = merge(visits(base), visits(mine), visits(theirs));
        assert_eq!(merged.fields["visits"], visits(expected), "{what}");
        let overruled: usize = merged.settled.iter().map(|change| change.overruled.len()).sum();
        assert_eq!(overruled, 0, "{what}: nothing gave way");
    }
}

#[test]
fn rows_come_and_go_at_every_depth() {
    let with = |points: Value| json!([{ "id": "v", "place": { "points": points } }]);
    let merged = merge(
        with(json!([{ "id": "1" }, { "id": "2" }, { "id": "3" }])),
        with(json!([{ "id": "3" }, { "id": "1" }, { "id": "m" }])),
        with(json!([{ "id": "1" }, { "id": "2", "plain": "theirs" }, { "id": "t" }, { "id": "3" }])),
    );
    let keys = |points: &Value| -> Vec<String> { points.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect() };
    let points = &merged.fields["visits"][0]["place"]["points"];
    let mut sorted = keys(points);
    sorted.sort();
    assert_eq!(sorted, ["1", "2", "3", "m", "t"], "2 was changed by them and so outlives my removal");
    let order: Vec<String> = keys(points).into_iter().filter(|k| k == "1" || k == "3").collect();
    assert_eq!(order, ["3", "1"], "only I reordered");
}

#[test]
fn what_gave_way_is_named_with_its_place_and_both_values() {
    let point = |plain: &str, story: &str| visits(json!({ "id": "p", "plain": plain, "story": story, "count": 1 }));
    let merged = merge(point("b", "x\n"), point("m", "mine\n"), point("t", "theirs\n"));
    let [change] = merged.settled.as_slice() else { panic!("{:?}", merged.settled) };
    assert_eq!(change.verdict, Verdict::Merged);
    let told: Vec<_> = change.overruled.iter().map(|part| (part.path(&change.field), part.kept.clone(), part.lost.clone())).collect();
    assert_eq!(told, [
        ("visits[v].place.points[p].plain".to_owned(), json!("m"), json!("t")),
        ("visits[v].place.points[p].story".to_owned(), json!("mine\n"), json!("theirs\n")),
    ]);
    let theirs = point("t", "theirs\n");
    assert_eq!(change.overruled[0].part_of(&theirs), Some(&json!("t")), "the part is found in a version by its place");
    assert_eq!(change.overruled[0].part_of(&json!([])), None);
}

#[test]
fn a_removal_that_gives_way_is_named_too() {
    let merged = merge(visits(json!({ "id": "p", "plain": "b" })), visits(json!({ "id": "p", "plain": "m" })), json!([{ "id": "v", "place": { "points": [] } }]));
    let overruled = &merged.settled[0].overruled;
    assert_eq!(overruled.len(), 1);
    assert_eq!(overruled[0].path("visits"), "visits[v].place.points[p]");
    assert_eq!((&overruled[0].kept["plain"], &overruled[0].lost), (&json!("m"), &Value::Null));
}
