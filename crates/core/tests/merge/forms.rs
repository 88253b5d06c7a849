//! Fields whose texts have a form: what differs by no more than the form allows is no difference between two sides.

use holdfast_core::{
    merge::{FieldMerge, additions, merge_field},
    pack::{Field, Strategy, same_value},
};
use serde_json::{Value, json};

use super::{ALL_STRATEGIES, field};
use FieldMerge::{Applied, Conflict, Merged, Unchanged};

fn folded(kind: &str) -> Field {
    field(json!({ "type": kind, "normalize": ["trim", "casefold"] }))
}

fn keyed() -> Field {
    field(json!({ "type": "list", "key": "k", "fields": [
        { "name": "k", "label": "Key", "type": "text", "normalize": "casefold" },
        { "name": "v", "label": "Value", "type": "number" }, { "name": "t", "label": "Text", "type": "text" } ] }))
}

#[test]
fn what_two_sides_wrote_in_two_ways_is_one_value() {
    let table = [
        ("nobody else changed it: the way it is written now stands", json!("a-1"), json!("A-1"), json!("a-1"), Applied(json!("A-1"))),
        ("nobody else changed it, and no reader sees a difference", json!("A-1"), json!("A-1 "), json!("A-1"), Unchanged),
        ("composed or not", json!("Caf\u{e9}"), json!("Cafe\u{301}"), json!("Caf\u{e9}"), Unchanged),
        ("both made the same of it", json!("x"), json!("A-1"), json!("a-1"), Unchanged),
        ("I only wrote it in another way, they changed it", json!("a-1"), json!("A-1"), json!("b-2"), Unchanged),
        ("they only wrote it in another way, I changed it", json!("a-1"), json!("b-2"), json!("A-1"), Applied(json!("b-2"))),
        ("both wrote it in another way", json!("a-1"), json!("A-1"), json!("\u{ff21}-1"), Unchanged),
        ("both changed it", json!("a"), json!("b"), json!("c"), Conflict),
        ("an accent is a difference", json!("a"), json!("Cafe"), json!("Caf\u{e9}"), Conflict),
        ("I emptied it", json!("a"), json!(null), json!("A"), Applied(json!(null))),
    ];
    for (case, base, mine, theirs, expected) in table {
        let outcome = merge_field(&folded("text"), Strategy::Manual, &base, &mine, &theirs);
        assert_eq!(outcome, expected, "{case}");
    }
    let plain = field(json!({ "type": "text" }));
    assert_eq!(merge_field(&plain, Strategy::Manual, &json!("x"), &json!("A"), &json!("a")), Conflict);
}

#[test]
fn long_texts_alike() {
    for strategy in ALL_STRATEGIES {
        let outcome = merge_field(&folded("longText"), strategy, &json!("x"), &json!("LINE\n"), &json!("line"));
        assert_eq!(outcome, Unchanged, "{strategy:?}");
    }
}

#[test]
fn members_of_a_set_are_told_apart_by_its_form() {
    let table = [
        ("both added one, written in two ways", json!([]), json!(["Pump"]), json!(["pump"]), Unchanged),
        ("both added, one of them the same", json!(["Red"]), json!(["Red", "Pump"]), json!(["Red", "PUMP", "Oil"]), Merged(json!(["Oil", "PUMP", "Red"]))),
        ("I removed what they wrote in another way", json!(["Red", "Oil"]), json!(["Oil"]), json!(["red", "Oil", "x"]), Merged(json!(["Oil", "x"]))),
        ("one written in another way by me, another one added by them", json!(["red"]), json!(["Red", "y"]), json!(["red", "x"]), Merged(json!(["Red", "x", "y"]))),
        ("nobody else changed it", json!(["red"]), json!(["Red"]), json!(["red"]), Applied(json!(["Red"]))),
        ("each member once, and none that is no value", json!([]), json!(["Pump", "pump ", " ", "\u{ff30}ump", "Oil"]), json!([]), Applied(json!(["Pump", "Oil"]))),
    ];
    for (case, base, mine, theirs, expected) in table {
        assert_eq!(merge_field(&folded("set"), Strategy::Merge, &base, &mine, &theirs), merged_by_text(expected), "{case}");
    }
    let added = additions(&folded("set"), &json!(["Red"]), &json!(["Red", "PUMP", "Oil"]), &json!(["pump", "red"]));
    assert_eq!((added.value, added.complete), (json!(["Oil", "pump", "red"]), true));
}

/// A merged set stands in the order of what is compared.
fn merged_by_text(outcome: FieldMerge) -> FieldMerge {
    let Merged(Value::Array(mut items)) = outcome else { return outcome };
    items.sort_by_key(|item| item.as_str().unwrap_or_default().to_lowercase());
    Merged(Value::Array(items))
}

#[test]
fn items_of_a_list_are_told_apart_by_the_form_of_their_key() {
    let merged = |base: Value, mine: Value, theirs: Value| match merge_field(&keyed(), Strategy::Merge, &base, &mine, &theirs) {
        Unchanged => theirs,
        Applied(value) | Merged(value) => value,
        other => panic!("a keyed list always merges, and became {other:?}"),
    };
    let table = [
        ("both added the same one",
         json!([]), json!([{ "k": "P-1", "v": 1 }]), json!([{ "k": "p-1", "t": "x" }]), json!([{ "k": "p-1", "t": "x", "v": 1 }])),
        ("each changed another part of it",
         json!([{ "k": "p-1" }]), json!([{ "k": "P-1", "v": 2 }]), json!([{ "k": "p-1", "t": "x" }]), json!([{ "k": "P-1", "t": "x", "v": 2 }])),
        ("they removed what I wrote in another way: it is kept",
         json!([{ "k": "p-1" }]), json!([{ "k": "P-1" }, { "k": "m" }]), json!([{ "k": "b" }]), json!([{ "k": "b" }, { "k": "P-1" }, { "k": "m" }])),
        ("they removed what I wrote in another way, and I changed nothing else",
         json!([{ "k": "p-1" }]), json!([{ "k": "P-1" }]), json!([{ "k": "b" }]), json!([{ "k": "b" }])),
    ];
    for (case, base, mine, theirs, expected) in table {
        assert_eq!(merged(base, mine, theirs), expected, "{case}");
    }
    let outcome = merge_field(&keyed(), Strategy::Merge, &json!([]), &json!([{ "k": "P-1", "v": 1 }]), &json!([{ "k": "p-1", "v": 1 }]));
    assert_eq!(outcome, Unchanged);
}

#[test]
fn a_log_does_not_take_an_entry_twice() {
    let log = field(json!({ "type": "log", "key": "k", "fields": [
        { "name": "k", "label": "Key", "type": "text", "normalize": "nfc" } ] }));
    let outcome = merge_field(&log, Strategy::Merge, &json!([]), &json!([{ "k": "e\u{301}" }, { "k": "b" }]), &json!([{ "k": "\u{e9}" }]));
    assert_eq!(outcome, Merged(json!([{ "k": "\u{e9}" }, { "k": "b" }])));
}

#[test]
fn what_reads_the_same_is_told_from_what_means_the_same() {
    let table = [
        (json!("A-1"), json!("a-1"), false),
        (json!("A-1"), json!(" A-1"), true),
        (json!("\u{212b}"), json!("\u{c5}"), true),
        (json!("\u{ff21}"), json!("A"), false),
        (json!(null), json!(""), false),
    ];
    for (a, b, same) in table {
        assert_eq!(same_value(&folded("text"), &a, &b), same, "{a} and {b}");
    }
}
