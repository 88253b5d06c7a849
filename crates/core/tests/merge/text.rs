//! Three-way text: base, mine, theirs, and what they become together; a conflict, if nothing stands there.

use holdfast_core::{
    merge::{FieldMerge, merge_field},
    pack::Strategy,
};
use serde_json::{Value, json};

fn merge(base: &str, mine: &str, theirs: &str) -> Option<String> {
    let field = super::field(json!({ "type": "longText" }));
    match merge_field(&field, Strategy::Merge, &json!(base), &json!(mine), &json!(theirs)) {
        FieldMerge::Unchanged => Some(theirs.to_owned()),
        FieldMerge::Applied(Value::String(text)) | FieldMerge::Merged(Value::String(text)) => Some(text),
        FieldMerge::Conflict => None,
        other => panic!("a text became {other:?}"),
    }
}

type Row = (&'static str, &'static str, &'static str, &'static str, Option<&'static str>);

fn check(table: &[Row]) {
    for (what, base, mine, theirs, expected) in table {
        assert_eq!(merge(base, mine, theirs).as_deref(), *expected, "{what}");
    }
}

#[test]
fn insertions_deletions_and_replacements_of_both_sides() {
    check(&[
        ("each inserts elsewhere", "a\nb\nc\n", "M\na\nb\nc\n", "a\nb\nc\nT\n", Some("M\na\nb\nc\nT\n")),
        ("each deletes another line", "a\nb\nc\n", "b\nc\n", "a\nb\n", Some("b\n")),
        ("each replaces another line", "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", Some("A\nb\nC\n")),
        ("I insert, they delete elsewhere", "a\nb\nc\n", "a\nb\nc\nM\n", "b\nc\n", Some("b\nc\nM\n")),
        ("I delete, they replace elsewhere", "a\nb\nc\nd\n", "b\nc\nd\n", "a\nb\nc\nD\n", Some("b\nc\nD\n")),
        ("I replace, they insert elsewhere", "a\nb\nc\n", "A\nb\nc\n", "a\nb\nc\nT\n", Some("A\nb\nc\nT\n")),
        ("both insert at one place", "a\nb\n", "a\nM\nb\n", "a\nT\nb\n", None),
        ("both replace one line", "a\nb\nc\n", "a\nM\nc\n", "a\nT\nc\n", None),
        ("I delete what they replace", "a\nb\nc\n", "a\nc\n", "a\nT\nc\n", None),
        ("they delete what I replace", "a\nb\nc\n", "a\nM\nc\n", "a\nc\n", None),
        ("I moved a line, they changed another", "a\nb\nc\nd\n", "b\na\nc\nd\n", "a\nb\nc\nD\n", Some("b\na\nc\nD\n")),
    ]);
}

#[test]
fn the_same_change_on_both_sides_is_made_once() {
    check(&[
        ("the whole", "a\n", "b\n", "b\n", Some("b\n")),
        ("one of several: replaced", "a\nb\nc\n", "A\nb\nc\n", "A\nb\nC\n", Some("A\nb\nC\n")),
        ("one of several: inserted", "a\nb\nc\n", "a\nN\nb\nc\n", "a\nN\nb\nc\nT\n", Some("a\nN\nb\nc\nT\n")),
        ("one of several: deleted", "a\nb\nc\nd\n", "a\nc\nd\n", "a\nc\nD\n", Some("a\nc\nD\n")),
    ]);
}

#[test]
fn the_ends_of_lines_are_no_changes_of_lines() {
    check(&[
        ("a browser turned the line ends", "a\r\nb\r\nc\r\n", "a\nb\nC\n", "A\r\nb\r\nc\r\n", Some("A\nb\nC\n")),
        ("theirs was turned, mine not", "a\nb\nc\n", "A\nb\nc\n", "a\r\nb\r\nC\r\n", Some("A\r\nb\r\nC\r\n")),
        ("all three as Windows writes them", "a\r\nb\r\nc\r\n", "A\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n", Some("A\r\nb\r\nC\r\n")),
        ("no newline at the end of any", "a\nb\nc", "A\nb\nc", "a\nb\nC", Some("A\nb\nC")),
        ("I added a line behind an open end", "a\nb\nc", "a\nb\nc\nM", "A\nb\nc", Some("A\nb\nc\nM")),
        ("I closed the end, they changed another line", "a\nb\nc", "a\nb\nc\n", "A\nb\nc", Some("A\nb\nc\n")),
        ("they closed the end, I added a line", "a\nb", "a\nb\nM", "a\nb\n", Some("a\nb\nM\n")),
    ]);
}

#[test]
fn empty_texts_and_other_scripts() {
    check(&[
        ("both began an empty text", "", "M\n", "T\n", None),
        ("both began it alike", "", "M\n", "M\n", Some("M\n")),
        ("I emptied it, they left it alone", "a\nb\n", "", "a\nb\n", Some("")),
        ("I emptied it, they changed it", "a\nb\n", "", "a\nB\n", None),
        ("umlauts, signs and emoji", "Öl prüfen\n油\n🔧\n", "Öl geprüft\n油\n🔧\n", "Öl prüfen\n油\n🔩 M12 × 60\n", Some("Öl geprüft\n油\n🔩 M12 × 60\n")),
        ("composed and decomposed letters are two texts", "e\nx\ny\n", "é\nx\ny\n", "e\u{301}\nx\ny\n", None),
        ("an empty line is a line", "a\n\nb\n", "a\n\nb\nM\n", "a\nb\n", Some("a\nb\nM\n")),
    ]);
}
