//! Each row of the protocol's merge table, for one field.

use holdfast_core::{
    merge::{FieldMerge, merge_field},
    pack::{Field, Strategy},
};
use serde_json::{Value, json};

use super::{ALL_STRATEGIES, field};
use FieldMerge::{Applied, Conflict, Merged, MineWins, TheirsWins, Unchanged};

struct Row(Value, Value, Value, FieldMerge);

fn check(field: &Field, strategy: Strategy, rows: Vec<Row>) {
    for Row(base, mine, theirs, expected) in rows {
        let outcome = merge_field(field, strategy, &base, &mine, &theirs);
        assert_eq!(outcome, expected, "{strategy:?}: base {base}, mine {mine}, theirs {theirs}");
    }
}

#[test]
fn what_only_one_side_changed_needs_no_strategy() {
    let text = field(json!({ "type": "text" }));
    for strategy in ALL_STRATEGIES {
        check(&text, strategy, vec![
            Row(json!("b"), json!("m"), json!("m"), Unchanged),
            Row(json!("b"), json!("m"), json!("b"), Applied(json!("m"))),
            Row(json!("b"), json!("b"), json!("t"), Unchanged),
            Row(json!("b"), json!("b"), json!("b"), Unchanged),
            Row(json!("b"), Value::Null, json!("b"), Applied(Value::Null)),
            Row(Value::Null, json!("m"), Value::Null, Applied(json!("m"))),
            Row(json!("b"), Value::Null, Value::Null, Unchanged),
            Row(json!("b"), json!("b"), Value::Null, Unchanged),
        ]);
    }
}

#[test]
fn single_values_by_strategy() {
    let text = field(json!({ "type": "text" }));
    let both = |outcome: FieldMerge| vec![Row(json!("b"), json!("m"), json!("t"), outcome)];
    check(&text, Strategy::ServerWins, both(TheirsWins));
    check(&text, Strategy::FirstWriteWins, both(TheirsWins));
    check(&text, Strategy::ClientWins, both(MineWins(json!("m"))));
    check(&text, Strategy::LastWriteWins, both(MineWins(json!("m"))));
    check(&text, Strategy::Manual, both(Conflict));
    check(&text, Strategy::Merge, both(Conflict));
    check(&text, Strategy::ClientWins, vec![Row(json!("b"), Value::Null, json!("t"), MineWins(Value::Null))]);
    check(&text, Strategy::ServerWins, vec![Row(json!("b"), json!("m"), Value::Null, TheirsWins)]);
}

#[test]
fn types_without_parts_do_not_merge() {
    let kinds = [
        (json!({ "type": "number" }), json!(1), json!(2), json!(3)),
        (json!({ "type": "bool" }), Value::Null, json!(true), json!(false)),
        (json!({ "type": "datetime" }), json!("2026-01-01T00:00:00Z"), json!("2026-01-02T00:00:00Z"), json!("2026-01-03T00:00:00Z")),
        (json!({ "type": "reference", "entity": "person" }), json!("a"), json!("b"), json!("c")),
        (json!({ "type": "location" }), Value::Null, json!({ "latitude": 1, "longitude": 1 }), json!({ "latitude": 2, "longitude": 1 })),
        (json!({ "type": "json" }), json!({}), json!({ "a": 1 }), json!({ "b": 1 })),
    ];
    for (declaration, base, mine, theirs) in kinds {
        check(&field(declaration), Strategy::Merge, vec![Row(base, mine, theirs, Conflict)]);
    }
}

#[test]
fn numbers_are_equal_by_value() {
    let number = field(json!({ "type": "number" }));
    check(&number, Strategy::Manual, vec![
        Row(json!(1), json!(2), json!(1.0), Applied(json!(2))),
        Row(json!(1), json!(2), json!(2.0), Unchanged),
        Row(json!(1), json!(1.0), json!(5), Unchanged),
    ]);
    let list = super::list();
    check(&list, Strategy::Manual, vec![
        Row(json!([{ "k": "a", "v": 1 }]), json!([]), json!([{ "k": "a", "v": 1.0, "s": null }]), Applied(json!([]))),
    ]);
}

#[test]
fn counters_add_up() {
    let counter = field(json!({ "type": "counter" }));
    check(&counter, Strategy::Merge, vec![
        Row(json!(10), json!(12), json!(15), Merged(json!(17))),
        Row(json!(10), json!(8), json!(15), Merged(json!(13))),
        Row(json!(10), json!(11), json!(11), Merged(json!(12))),
        Row(Value::Null, json!(1), json!(1), Merged(json!(2))),
        Row(json!(10), json!(11), json!(10), Applied(json!(11))),
        Row(json!(10), json!(10), json!(11), Unchanged),
        Row(Value::Null, json!(2), json!(3), Merged(json!(5))),
        Row(json!(1), json!(1.5), json!(2), Merged(json!(2.5))),
        Row(json!(0.1), json!(0.3), json!(0.2), Merged(json!(0.4))),
        Row(json!(0.5), json!(1), json!(1.5), Merged(json!(2))),
        Row(json!(5), Value::Null, json!(7), Merged(json!(2))),
        Row(json!(0), json!(i64::MAX), json!(1), Merged(json!("9223372036854775808"))),
        Row(json!(0), json!("9".repeat(36)), json!(1), Conflict),
        Row(json!(0), json!(1.5e308), json!(1.5e308), Conflict),
        Row(json!(0), json!("two"), json!(1), Conflict),
    ]);
    check(&counter, Strategy::LastWriteWins, vec![Row(json!(1), json!(2), json!(2), Unchanged)]);
}

#[test]
fn sets_take_both_sides_additions_and_removals() {
    let set = field(json!({ "type": "set" }));
    check(&set, Strategy::Merge, vec![
        Row(json!(["a"]), json!(["a", "m"]), json!(["a", "t"]), Merged(json!(["a", "m", "t"]))),
        Row(json!(["a", "b", "c"]), json!(["b", "c"]), json!(["a", "b"]), Merged(json!(["b"]))),
        Row(json!(["a", "b"]), json!(["a"]), json!(["a", "b", "t"]), Merged(json!(["a", "t"]))),
        Row(Value::Null, json!(["m"]), json!(["t"]), Merged(json!(["m", "t"]))),
        Row(json!(["a"]), Value::Null, json!(["a", "t"]), Merged(json!(["t"]))),
        Row(json!(["a", "b"]), json!(["b", "a"]), json!(["c"]), Unchanged),
        Row(json!(["a", "b"]), json!(["m"]), json!(["b", "a"]), Applied(json!(["m"]))),
        Row(json!(["a"]), json!(["m", "a"]), json!(["a", "m"]), Unchanged),
    ]);
}

#[test]
fn objects_go_part_by_part() {
    let parts = json!([
        { "name": "x", "label": "X", "type": "text" },
        { "name": "n", "label": "N", "type": "counter" },
        { "name": "in", "label": "In", "type": "object", "fields": [{ "name": "s", "label": "S", "type": "set" }] },
    ]);
    let object = field(json!({ "type": "object", "fields": parts }));
    check(&object, Strategy::Merge, vec![
        Row(json!({ "x": "b" }), json!({ "x": "m" }), json!({ "x": "b", "y": 1 }), Merged(json!({ "x": "m", "y": 1 }))),
        Row(json!({ "x": "b" }), json!({ "x": "m" }), json!({ "x": "t" }), Merged(json!({ "x": "m" }))),
        Row(json!({ "n": 1 }), json!({ "n": 3 }), json!({ "n": 5 }), Merged(json!({ "n": 7 }))),
        Row(json!({ "x": "b", "n": 1 }), json!({ "n": 1 }), json!({ "x": "b", "n": 2 }), Merged(json!({ "n": 2 }))),
        Row(json!({ "in": { "s": ["a"] } }), json!({ "in": { "s": ["a", "m"] } }), json!({ "in": { "s": ["t"] } }), Merged(json!({ "in": { "s": ["m", "t"] } }))),
        Row(Value::Null, json!({ "x": "m" }), json!({ "n": 1 }), Merged(json!({ "x": "m", "n": 1 }))),
    ]);
}

#[test]
fn logs_only_grow() {
    let log = field(json!({ "type": "log", "key": "k", "fields": [{ "name": "k", "label": "K", "type": "text" }] }));
    let entries = |keys: &[&str]| Value::from(keys.iter().map(|key| json!({ "k": key })).collect::<Vec<_>>());
    check(&log, Strategy::Merge, vec![
        Row(entries(&["a"]), entries(&["a", "m"]), entries(&["a", "t"]), Merged(entries(&["a", "t", "m"]))),
        Row(Value::Null, entries(&["m"]), Value::Null, Applied(entries(&["m"]))),
        Row(entries(&["a"]), entries(&["a", "m"]), entries(&["a", "m", "t"]), Unchanged),
        Row(entries(&["a", "b"]), entries(&["m"]), entries(&["a", "b"]), Applied(entries(&["a", "b", "m"]))),
        Row(entries(&["a", "b"]), Value::Null, entries(&["a", "b"]), Unchanged),
        Row(Value::Null, Value::Null, Value::Null, Unchanged),
        Row(json!([{ "k": "a", "v": 1 }]), json!([{ "k": "a", "v": 2 }]), json!([{ "k": "a", "v": 1 }]), Unchanged),
    ]);
    check(&log, Strategy::LastWriteWins, vec![
        Row(entries(&["a"]), entries(&["m"]), entries(&["a", "t"]), MineWins(entries(&["a", "t", "m"]))),
    ]);
}

#[test]
fn long_text_goes_by_lines() {
    let text = field(json!({ "type": "longText" }));
    let base = "Hose worn.\nCheck clamp.\nFill up oil.\n";
    let mine = "Hose worn through.\nCheck clamp.\nFill up oil.\n";
    let theirs = "Hose worn.\nCheck clamp.\nFill up oil, HLP 46.\n";
    let both = "Hose worn through.\nCheck clamp.\nFill up oil, HLP 46.\n";
    check(&text, Strategy::Merge, vec![
        Row(json!(base), json!(mine), json!(theirs), Merged(json!(both))),
        Row(json!(base), json!(mine), json!("Hose chafed.\nCheck clamp.\nFill up oil.\n"), Conflict),
        Row(json!("a"), json!("m"), json!("t"), Conflict),
        Row(Value::Null, json!("m"), json!("t"), Conflict),
        Row(json!(base), Value::Null, json!(theirs), Conflict),
    ]);
    check(&text, Strategy::Manual, vec![Row(json!(base), json!(mine), json!(theirs), Conflict)]);
}
