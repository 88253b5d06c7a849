//! What an item was stamped with stays with it, and is no difference between two values.

use holdfast_core::{
    merge::{FieldMerge, additions, merge_field, with_stamps_of},
    pack::{Field, Strategy, same_value},
};
use proptest::{collection::vec, prelude::*, strategy::Strategy as _};
use serde_json::{Value, json};

use super::{ALL_STRATEGIES, field};

fn parts() -> Value {
    json!([
        { "name": "k", "label": "Key", "type": "text" },
        { "name": "v", "label": "Value", "type": "number" },
        { "name": "n", "label": "Count", "type": "counter" },
        { "name": "by", "label": "By", "type": "text", "stamped": "user" },
        { "name": "at", "label": "At", "type": "datetime", "stamped": "time" },
        { "name": "done", "label": "Done", "type": "bool" },
        { "name": "doneBy", "label": "Done by", "type": "text", "stamped": "user", "stampedWhen": "done" },
    ])
}

fn list() -> Field {
    field(json!({ "type": "list", "key": "k", "fields": parts() }))
}

fn log() -> Field {
    field(json!({ "type": "log", "key": "k", "fields": parts() }))
}

fn object() -> Field {
    field(json!({ "type": "object", "fields": parts() }))
}

/// A list within an object.
fn nested() -> Field {
    field(json!({ "type": "object", "fields": [{ "name": "items", "label": "Items", "type": "list", "key": "k", "fields": parts() }] }))
}

fn settled(field: &Field, strategy: Strategy, base: &Value, mine: &Value, theirs: &Value) -> Value {
    match merge_field(field, strategy, base, mine, theirs) {
        FieldMerge::Unchanged | FieldMerge::TheirsWins | FieldMerge::Conflict => theirs.clone(),
        FieldMerge::Applied(value) | FieldMerge::Merged(value) | FieldMerge::MineWins(value) => value,
    }
}

#[test]
fn a_stamp_is_no_difference() {
    let claim = json!([{ "k": "a", "v": 1, "by": "tara", "at": "08:00" }]);
    let stored = json!([{ "k": "a", "v": 1, "by": "tara", "at": "07:59", "doneBy": "x" }]);
    assert!(same_value(&list(), &claim, &stored) && same_value(&log(), &claim, &stored));
    assert!(same_value(&object(), &claim[0], &stored[0]));
    assert!(same_value(&nested(), &json!({ "items": claim }), &json!({ "items": stored })));
    for other in [json!([]), Value::Null, json!([{ "k": "a", "v": 2 }]), json!([{ "k": "b", "v": 1 }]), json!([{ "k": "a", "v": 1, "x": 1 }])] {
        assert!(!same_value(&list(), &claim, &other), "{other}");
    }
}

/// base, mine, theirs, the outcome of a merge
#[test]
fn stamps_come_from_the_server() {
    let table = [
        (json!([{ "k": "a", "by": "x" }]), json!([{ "k": "a", "by": "x", "v": 2 }]), json!([{ "k": "a", "by": "jonas" }]), json!([{ "k": "a", "by": "jonas", "v": 2 }])),
        (json!([{ "k": "a", "by": "jonas" }]), json!([{ "k": "a", "by": "me" }]), json!([{ "k": "a", "by": "jonas" }]), json!([{ "k": "a", "by": "jonas" }])),
        (json!([]), json!([{ "k": "a", "by": "me" }]), json!([{ "k": "a", "by": "jonas", "v": 1 }]), json!([{ "k": "a", "by": "jonas", "v": 1 }])),
        (json!([{ "k": "a" }]), json!([{ "k": "a", "by": "me", "v": 2 }]), json!([{ "k": "a" }]), json!([{ "k": "a", "v": 2 }])),
        (json!([{ "k": "a", "at": "8" }]), json!([]), json!([{ "k": "a", "at": "7" }]), json!([])),
        (json!([{ "k": "a", "at": "8" }]), json!([{ "k": "a", "at": "8" }, { "k": "b", "by": "me" }]), json!([{ "k": "a", "at": "7" }]), json!([{ "k": "a", "at": "7" }, { "k": "b", "by": "me" }])),
        // Who did it goes with whether it is done.
        (json!([{ "k": "a" }]), json!([{ "k": "a", "done": true, "doneBy": "me" }]), json!([{ "k": "a" }]), json!([{ "k": "a", "done": true, "doneBy": "me" }])),
        (json!([{ "k": "a" }]), json!([{ "k": "a", "done": true, "doneBy": "me" }]), json!([{ "k": "a", "done": true, "doneBy": "jonas" }]), json!([{ "k": "a", "done": true, "doneBy": "jonas" }])),
        (json!([{ "k": "a", "done": true, "doneBy": "jonas" }]), json!([{ "k": "a", "done": false }]), json!([{ "k": "a", "done": true, "doneBy": "jonas", "v": 1 }]), json!([{ "k": "a", "done": false, "v": 1 }])),
        (json!([{ "k": "a", "done": true, "doneBy": "x" }]), json!([{ "k": "a", "done": true, "doneBy": "me", "v": 3 }]), json!([{ "k": "a", "done": false }]), json!([{ "k": "a", "done": false, "v": 3 }])),
    ];
    for (base, mine, theirs, expected) in table {
        assert_eq!(settled(&list(), Strategy::Merge, &base, &mine, &theirs), expected, "{mine} over {theirs}");
        let [b, m, t, e] = [&base, &mine, &theirs, &expected].map(|items| json!({ "items": items }));
        assert_eq!(settled(&nested(), Strategy::Merge, &b, &m, &t), e, "{m} over {t}");
    }
}

#[test]
fn what_is_added_after_access_leaves_stamps_alone() {
    let theirs = json!([{ "k": "a", "by": "jonas", "n": 1 }, { "k": "b" }]);
    let mine = json!([{ "k": "a", "by": "me", "n": 3 }, { "k": "b", "by": "me", "done": true, "doneBy": "me" }, { "k": "c", "by": "me" }]);
    let added = additions(&list(), &json!([{ "k": "a", "n": 1 }, { "k": "b" }]), &mine, &theirs);
    let expected = json!([{ "k": "a", "by": "jonas", "n": 3 }, { "k": "b", "done": true, "doneBy": "me" }, { "k": "c", "by": "me" }]);
    assert_eq!((added.value, added.complete), (expected, true));
}

fn items() -> impl proptest::strategy::Strategy<Value = Value> {
    let name = prop_oneof![Just(Value::Null), Just(json!("me")), Just(json!("jonas")), Just(json!("samir"))];
    let item = (0..4u8, 0..3i64, name.clone(), name, proptest::option::of(any::<bool>()));
    vec(item, 0..5).prop_map(|items| {
        let mut seen = std::collections::BTreeSet::new();
        let items = items.into_iter().filter(|item| seen.insert(item.0));
        let item = |(key, value, by, done_by, done)| {
            let mut item = json!({ "k": format!("k{key}"), "v": value, "by": by, "done": done, "doneBy": done_by });
            item.as_object_mut().unwrap().retain(|_, part: &mut Value| !part.is_null());
            item
        };
        Value::Array(items.map(item).collect())
    })
}

fn of<'a>(items: &'a Value, key: &Value) -> Option<&'a Value> {
    items.as_array().unwrap().iter().find(|item| &item["k"] == key)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever base a write claims, and whatever strategy the field has.
    #[test]
    fn no_merge_changes_the_stamp_of_an_item_that_is_there(base in items(), mine in items(), theirs in items(), strategy in 0..6usize) {
        for field in [list(), log()] {
            let outcomes = [
                settled(&field, ALL_STRATEGIES[strategy], &base, &mine, &theirs),
                additions(&field, &base, &mine, &theirs).value,
                with_stamps_of(&field, &mine, &theirs),
            ];
            for merged in outcomes {
                for item in merged.as_array().unwrap() {
                    let stored = of(&theirs, &item["k"]);
                    if let Some(stored) = stored {
                        prop_assert_eq!(&item["by"], &stored["by"], "{} over {}", mine, theirs);
                        if item["done"] == stored["done"] {
                            prop_assert_eq!(&item["doneBy"], &stored["doneBy"], "{} over {}", mine, theirs);
                        }
                    }
                    // Nor does any side's stamp go to an item of another's.
                    let said = [stored, of(&mine, &item["k"])];
                    prop_assert!(said.iter().flatten().any(|side| side["by"] == item["by"]));
                }
            }
        }
    }

    /// Writes that were queued before the server stamped what they build on.
    #[test]
    fn what_was_stamped_meanwhile_needs_no_merge(before in items(), mine in items(), stamps in vec(0..4u8, 5)) {
        let names = ["me", "jonas", "samir", ""];
        let mut stamped = before.clone();
        for (item, stamp) in stamped.as_array_mut().unwrap().iter_mut().zip(stamps) {
            item["by"] = json!(names[usize::from(stamp)]);
            item["at"] = json!("2026-01-01T00:00:00Z");
        }
        let outcome = merge_field(&list(), Strategy::Manual, &before, &mine, &stamped);
        prop_assert!(matches!(outcome, FieldMerge::Unchanged | FieldMerge::Applied(_)), "{:?}", outcome);
    }
}
