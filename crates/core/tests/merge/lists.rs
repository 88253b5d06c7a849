//! Keyed lists, item by item.

use holdfast_core::{
    merge::{FieldMerge, merge_field},
    pack::Strategy,
};
use serde_json::{Value, json};

/// What the list becomes, whether or not there was anything to settle.
fn merged(base: Value, mine: Value, theirs: Value) -> Value {
    match merge_field(&super::list(), Strategy::Merge, &base, &mine, &theirs) {
        FieldMerge::Unchanged => theirs,
        FieldMerge::Applied(value) | FieldMerge::Merged(value) => value,
        other => panic!("a keyed list always merges, and became {other:?}"),
    }
}

#[test]
fn items() {
    let table = [
        ("the seeds' example: each side used another part",
         json!(null), json!([{ "k": "B", "n": 2 }]), json!([{ "k": "A", "n": 1 }]), json!([{ "k": "A", "n": 1 }, { "k": "B", "n": 2 }])),
        ("both took some of the same part",
         json!([{ "k": "A", "n": 1 }]), json!([{ "k": "A", "n": 3 }]), json!([{ "k": "A", "n": 2 }]), json!([{ "k": "A", "n": 4 }])),
        ("both took the same part anew",
         json!([]), json!([{ "k": "A", "n": 1 }]), json!([{ "k": "A", "n": 2 }]), json!([{ "k": "A", "n": 3 }])),
        ("both took one of the same part anew, to the letter",
         json!([]), json!([{ "k": "A", "n": 1 }]), json!([{ "k": "A", "n": 1 }]), json!([{ "k": "A", "n": 2 }])),
        ("two parts of one item",
         json!([{ "k": "A", "v": 1, "s": ["x"] }]), json!([{ "k": "A", "v": 2, "s": ["x"] }]), json!([{ "k": "A", "v": 1, "s": ["x", "y"] }]), json!([{ "k": "A", "v": 2, "s": ["x", "y"] }])),
        ("the same part of one item: mine",
         json!([{ "k": "A", "v": 1 }]), json!([{ "k": "A", "v": 2 }]), json!([{ "k": "A", "v": 3 }]), json!([{ "k": "A", "v": 2 }])),
        ("a part taken out of an item",
         json!([{ "k": "A", "v": 1 }]), json!([{ "k": "A" }]), json!([{ "k": "A", "v": 1 }, { "k": "T" }]), json!([{ "k": "A" }, { "k": "T" }])),
        ("I removed what they left alone",
         json!([{ "k": "A" }, { "k": "B" }]), json!([{ "k": "B" }]), json!([{ "k": "A" }, { "k": "B" }, { "k": "T" }]), json!([{ "k": "B" }, { "k": "T" }])),
        ("they removed what I left alone",
         json!([{ "k": "A" }, { "k": "B" }]), json!([{ "k": "A" }, { "k": "B" }, { "k": "M" }]), json!([{ "k": "B" }]), json!([{ "k": "B" }, { "k": "M" }])),
        ("I removed what they changed: it stays",
         json!([{ "k": "A", "v": 1 }, { "k": "B" }]), json!([{ "k": "B" }]), json!([{ "k": "A", "v": 2 }, { "k": "B" }]), json!([{ "k": "A", "v": 2 }, { "k": "B" }])),
        ("they removed what I changed: it stays",
         json!([{ "k": "A", "v": 1 }, { "k": "B" }]), json!([{ "k": "A", "v": 2 }, { "k": "B" }]), json!([{ "k": "B" }]), json!([{ "k": "A", "v": 2 }, { "k": "B" }])),
        ("both removed it",
         json!([{ "k": "A" }, { "k": "B" }]), json!([{ "k": "B" }, { "k": "M" }]), json!([{ "k": "B" }, { "k": "T" }]), json!([{ "k": "B" }, { "k": "M" }, { "k": "T" }])),
        ("a list within an item",
         json!([{ "k": "A", "sub": [{ "k": "1", "v": 1 }] }]), json!([{ "k": "A", "sub": [{ "k": "1", "v": 1 }, { "k": "2" }] }]), json!([{ "k": "A", "sub": [{ "k": "1", "v": 5 }] }]),
         json!([{ "k": "A", "sub": [{ "k": "1", "v": 5 }, { "k": "2" }] }])),
        ("I emptied the field, they added",
         json!([{ "k": "A" }]), json!(null), json!([{ "k": "A" }, { "k": "T" }]), json!([{ "k": "T" }])),
    ];
    for (what, base, mine, theirs, expected) in table {
        assert_eq!(merged(base, mine, theirs), expected, "{what}");
    }
}

#[test]
fn order() {
    let keys = |text: &str| Value::from(text.chars().map(|k| json!({ "k": k.to_string() })).collect::<Vec<_>>());
    let table = [
        ("abc", "abcm", "abct", "abcmt", "additions at the end"),
        ("abc", "mabc", "abc", "mabc", "an addition at the head"),
        ("abc", "mabct", "abcx", "mabctx", "additions of mine at both ends"),
        ("abc", "ambc", "abc", "ambc", "an addition in the middle"),
        ("abc", "amnbc", "abtc", "amnbtc", "additions in the middle keep their order"),
        ("abc", "cba", "abc", "cba", "only I reordered"),
        ("abc", "abcm", "cba", "cmba", "only they reordered: mine follows what it followed"),
        ("abc", "cba", "bac", "bac", "both reordered: theirs"),
        ("abc", "cba", "abct", "ctba", "I reordered, they added"),
        ("abc", "ca", "bac", "ca", "both reordered, but of what stays only I did"),
        ("abc", "ac", "abct", "act", "I removed, they added"),
    ];
    for (base, mine, theirs, expected, what) in table {
        assert_eq!(merged(keys(base), keys(mine), keys(theirs)), keys(expected), "{what}");
    }
}

#[test]
fn a_removal_that_was_overruled_is_told() {
    let (base, mine, theirs) = (json!([{ "k": "A", "v": 1 }]), json!([]), json!([{ "k": "A", "v": 2 }]));
    let outcome = merge_field(&super::list(), Strategy::Merge, &base, &mine, &theirs);
    assert_eq!(outcome, FieldMerge::Merged(theirs), "not silently as if nothing had been removed");
}
