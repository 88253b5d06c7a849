//! What a JSON text may hold: each thing at its limit, and one beyond it.

#![allow(clippy::unwrap_used)]

use holdfast_core::json::limits::{
    Excess, MAX_DEPTH, MAX_MEMBERS, MAX_NUMBER_BYTES, MAX_STRING_BYTES, MAX_VALUES, check,
};
use proptest::prelude::*;
use serde_json::Value;

fn of(text: &str) -> Result<(), Excess> {
    check(text.as_bytes())
}

fn members(count: usize) -> String {
    let members: Vec<String> = (0..count).map(|at| format!("\"{at}\":0")).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn each_limit_holds_and_one_more_does_not() {
    let nested =
        |depth: usize, open: &str, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    // The array is a value, too.
    let items = |count: usize, item: &str| format!("[{}]", vec![item; count - 1].join(","));
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes));
    let table = [
        (
            nested(MAX_DEPTH, "[", "]"),
            nested(MAX_DEPTH + 1, "[", "]"),
            Excess::Depth,
        ),
        (
            nested(MAX_DEPTH, "{\"a\":", "}"),
            nested(MAX_DEPTH + 1, "{\"a\":", "}"),
            Excess::Depth,
        ),
        (items(MAX_VALUES, "0"), items(MAX_VALUES + 1, "0"), Excess::Values),
        (
            items(MAX_VALUES, "[]"),
            items(MAX_VALUES + 1, "[]"),
            Excess::Values,
        ),
        (
            items(MAX_VALUES, "{}"),
            items(MAX_VALUES + 1, "{}"),
            Excess::Values,
        ),
        (
            items(MAX_VALUES, "\"\""),
            items(MAX_VALUES + 1, "\"\""),
            Excess::Values,
        ),
        (
            items(MAX_VALUES, "null"),
            items(MAX_VALUES + 1, "null"),
            Excess::Values,
        ),
        (members(MAX_MEMBERS), members(MAX_MEMBERS + 1), Excess::Members),
        (text(MAX_STRING_BYTES), text(MAX_STRING_BYTES + 1), Excess::String),
        (
            "1".repeat(MAX_NUMBER_BYTES),
            "1".repeat(MAX_NUMBER_BYTES + 1),
            Excess::Number,
        ),
    ];
    for (at, beyond, excess) in table {
        assert_eq!(of(&at), Ok(()), "{excess:?}");
        assert_eq!(of(&beyond), Err(excess));
    }
}

#[test]
fn a_name_may_stand_once_in_an_object() {
    let table = [
        (r#"{"a":1,"a":2}"#, false),
        (r#"{"a":1,"\u0061":2}"#, false),
        (r#"{"a":{"b":1,"c":2,"b":3}}"#, false),
        (r#"[{"a":1},{"a":1}]"#, true),
        (r#"{"a":{"a":{"a":1}}}"#, true),
        (r#"{"a":"a","b":"a"}"#, true),
        (r#"{"a":["a","a"],"b":["b"]}"#, true),
        (r#"{"a\"b":1,"a":2}"#, true),
        (r#"{"a\\":1,"a":2}"#, true),
        ("{\n \"a\" : 1 ,\t\"a\" : 2 }", false),
    ];
    for (text, good) in table {
        assert_eq!(
            of(text),
            if good { Ok(()) } else { Err(Excess::Repeated) },
            "{text}"
        );
    }
}

/// Bodies as long as the server takes, of all kinds that cost much: refused after one pass, whether or not they are cut off.
#[test]
fn long_hostile_texts_are_refused() {
    const BYTES: usize = 8 * 1024 * 1024;
    for piece in [
        "[",
        "{\"a\":",
        "[0,",
        "0,",
        "[],",
        "{},",
        "\"\",",
        "{\"a\":0},",
        "\"a\":0,",
        "null,",
        "1",
        "[[],",
        "{\"a\":[{\"b\":",
    ] {
        let long = piece.repeat(BYTES / piece.len());
        for text in [
            long.clone(),
            format!("[{long}"),
            format!("{{\"operations\":[{long}0]}}"),
        ] {
            assert!(of(&text).is_err(), "{piece}");
        }
    }
    let quoted = format!("\"{}\"", "\\u0000".repeat(BYTES / 6));
    assert_eq!(of(&quoted), Err(Excess::String));
    assert_eq!(
        of(&format!("\"{}", "\\\"".repeat(BYTES / 2))),
        Err(Excess::String),
        "never closed"
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(".{0,4}", inner, 0..6)
                .prop_map(|parts| Value::Object(parts.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_a_writer_of_json_writes_passes(value in any_json()) {
        prop_assert_eq!(check(&serde_json::to_vec(&value).unwrap()), Ok(()));
        prop_assert_eq!(check(&serde_json::to_vec_pretty(&value).unwrap()), Ok(()));
    }

    #[test]
    fn any_bytes_are_counted_without_a_fault(bytes in prop::collection::vec(prop::sample::select(b"{}[]\",:\\ 0au".to_vec()), 0..200)) {
        // Whatever is read of it has no more than was counted.
        if check(&bytes).is_ok() && let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
            prop_assert!(depth(&value) <= MAX_DEPTH);
        }
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(parts) => 1 + parts.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
