//! What a write adds: base, mine, theirs, what it becomes, and whether that was all the write said.

use holdfast_core::{
    merge::additions,
    pack::Field,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{field, list, values::list_value};

fn check(field: &Field, rows: &[(&str, Value, Value, Value, Value, bool)]) {
    for (what, base, mine, theirs, expected, complete) in rows {
        let added = additions(field, base, mine, theirs);
        assert_eq!((&added.value, added.complete), (expected, *complete), "{what}");
    }
}

#[test]
fn items_and_parts() {
    check(&list(), &[
        ("a new item", json!([{ "k": "a" }]), json!([{ "k": "a" }, { "k": "m" }]), json!([{ "k": "a" }, { "k": "t" }]), json!([{ "k": "a" }, { "k": "t" }, { "k": "m" }]), true),
        ("into an empty list", json!(null), json!([{ "k": "m" }]), json!(null), json!([{ "k": "m" }]), true),
        ("more of a part", json!([{ "k": "a", "n": 1 }]), json!([{ "k": "a", "n": 3 }]), json!([{ "k": "a", "n": 5 }]), json!([{ "k": "a", "n": 7 }]), true),
        ("the same part anew on both sides", json!([]), json!([{ "k": "a", "n": 1 }]), json!([{ "k": "a", "n": 1 }]), json!([{ "k": "a", "n": 2 }]), true),
        ("an empty part is filled in", json!([{ "k": "a" }]), json!([{ "k": "a", "v": 2 }]), json!([{ "k": "a" }]), json!([{ "k": "a", "v": 2 }]), true),
        ("less of a part", json!([{ "k": "a", "n": 3 }]), json!([{ "k": "a", "n": 1 }]), json!([{ "k": "a", "n": 3 }]), json!([{ "k": "a", "n": 3 }]), false),
        ("a part that is there stays", json!([{ "k": "a", "v": 1 }]), json!([{ "k": "a", "v": 2 }]), json!([{ "k": "a", "v": 1 }]), json!([{ "k": "a", "v": 1 }]), false),
        ("a part that they filled in stays", json!([{ "k": "a" }]), json!([{ "k": "a", "v": 2 }]), json!([{ "k": "a", "v": 3 }]), json!([{ "k": "a", "v": 3 }]), false),
        ("a removed item stays, the new one comes", json!([{ "k": "a" }]), json!([{ "k": "m" }]), json!([{ "k": "a" }]), json!([{ "k": "a" }, { "k": "m" }]), false),
        ("they removed what I left alone", json!([{ "k": "a" }]), json!([{ "k": "a" }, { "k": "m" }]), json!([]), json!([{ "k": "m" }]), true),
        ("they removed what I added to", json!([{ "k": "a", "n": 1 }]), json!([{ "k": "a", "n": 2 }]), json!([]), json!([]), false),
        ("within an item", json!([{ "k": "a", "sub": [] }]), json!([{ "k": "a", "sub": [{ "k": "1" }] }]), json!([{ "k": "a", "s": ["t"] }]), json!([{ "k": "a", "s": ["t"], "sub": [{ "k": "1" }] }]), true),
    ]);
}

#[test]
fn logs_sets_and_counters() {
    let log = field(json!({ "type": "log", "key": "k", "fields": [{ "name": "k", "label": "K", "type": "text" }] }));
    check(&log, &[("an entry", json!([{ "k": "a" }]), json!([{ "k": "m" }]), json!([{ "k": "a" }]), json!([{ "k": "a" }, { "k": "m" }]), true)]);
    check(&field(json!({ "type": "set" })), &[
        ("one more", json!(["a"]), json!(["a", "m"]), json!(["a", "t"]), json!(["a", "m", "t"]), true),
        ("one less", json!(["a"]), json!([]), json!(["a"]), json!(["a"]), false),
    ]);
    check(&field(json!({ "type": "counter" })), &[
        ("up", json!(1), json!(3), json!(10), json!(12), true),
        ("down", json!(3), json!(1), json!(10), json!(10), false),
        ("from nothing", json!(null), json!(2), json!(null), json!(2), true),
    ]);
    check(&field(json!({ "type": "text" })), &[("a plain value is not touched", json!("b"), json!("m"), json!("b"), json!("b"), false)]);
}

proptest! {
    /// Whatever base the write claims.
    #[test]
    fn nothing_that_is_there_is_changed_or_removed(base in list_value(), mine in list_value(), theirs in list_value()) {
        let added = additions(&list(), &base, &mine, &theirs).value;
        let items = |list: &Value| list.as_array().cloned().unwrap_or_default();
        for (before, after) in items(&theirs).iter().zip(items(&added)) {
            prop_assert_eq!(&before["k"], &after["k"], "nor moved");
            let had = before.get("v").cloned().unwrap_or_default();
            prop_assert!(had.is_null() || before["v"] == after["v"]);
            prop_assert!(after["n"].as_i64() >= before["n"].as_i64());
            let tags = |item: &Value| item["s"].as_array().cloned().unwrap_or_default();
            prop_assert!(tags(before).iter().all(|tag| tags(&after).contains(tag)));
        }
        prop_assert!(items(&added).len() >= items(&theirs).len());
    }
}
