//! What holds for any three texts.

use std::collections::BTreeSet;

use holdfast_core::{
    merge::{FieldMerge, merge_field},
    pack::Strategy,
};
use proptest::{collection::vec, prelude::*, sample::subsequence, strategy::Strategy as Generator};
use serde_json::{Value, json};

/// Together, or `None` for a conflict.
fn merge(base: &str, mine: &str, theirs: &str) -> Option<String> {
    let field = super::field(json!({ "type": "longText" }));
    match merge_field(
        &field,
        Strategy::Merge,
        &json!(base),
        &json!(mine),
        &json!(theirs),
    ) {
        FieldMerge::Unchanged => Some(theirs.to_owned()),
        FieldMerge::Applied(Value::String(text)) | FieldMerge::Merged(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Any text: few different lines, so that many are alike; ends of all kinds.
fn text() -> impl Generator<Value = String> {
    let lines = vec(prop::sample::select(vec!["a", "b", "c", "", "ö"]), 0..7);
    (lines, any::<bool>(), any::<bool>()).prop_map(|(lines, dos, closed)| {
        let end = if dos { "\r\n" } else { "\n" };
        let mut text = lines.join(end);
        if closed && !lines.is_empty() {
            text.push_str(end);
        }
        text
    })
}

/// A base of lines that are all different, and a side that deleted some and inserted lines of its own.
fn side(name: &'static str, base: Vec<String>) -> impl Generator<Value = Vec<String>> {
    let kept = subsequence(base.clone(), 0..=base.len());
    let inserted = vec(0..9usize, 0..4);
    (kept, inserted).prop_map(move |(mut lines, places)| {
        for (number, place) in places.into_iter().enumerate() {
            lines.insert(place.min(lines.len()), format!("{name}{number}"));
        }
        lines
    })
}

fn three() -> impl Generator<Value = [Vec<String>; 3]> {
    (0..8usize).prop_flat_map(|count| {
        let base: Vec<String> = (0..count).map(|line| format!("b{line}")).collect();
        (side("m", base.clone()), side("t", base.clone()))
            .prop_map(move |(mine, theirs)| [base.clone(), mine, theirs])
    })
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_one_side_left_alone_is_the_others(base in text(), other in text()) {
        prop_assert_eq!(merge(&base, &base, &other), Some(other.clone()));
        prop_assert_eq!(merge(&base, &other, &base), Some(other.clone()));
        prop_assert_eq!(merge(&base, &other, &other), Some(other));
    }

    #[test]
    fn no_line_is_invented(base in text(), mine in text(), theirs in text()) {
        let lines = |text: &str| -> BTreeSet<String> { text.lines().map(str::to_owned).collect() };
        if let Some(merged) = merge(&base, &mine, &theirs) {
            let known: BTreeSet<String> = lines(&mine).union(&lines(&theirs)).cloned().collect();
            prop_assert!(lines(&merged).is_subset(&known), "{:?}", merged);
        }
    }

    #[test]
    fn the_answer_is_one_whoever_comes_first(base in text(), mine in text(), theirs in text()) {
        let plain = |text: &str| text.replace("\r\n", "\n").trim_end_matches('\n').to_owned();
        let one = merge(&base, &mine, &theirs).as_deref().map(plain);
        let other = merge(&base, &theirs, &mine).as_deref().map(plain);
        prop_assert_eq!(one, other);
    }

    /// Lines that are all different tell exactly what became of each.
    #[test]
    fn every_insertion_and_every_deletion_counts_and_both_orders_stand([base, mine, theirs] in three()) {
        let Some(merged) = merge(&joined(&base), &joined(&mine), &joined(&theirs)) else { return Ok(()) };
        let merged: Vec<String> = merged.lines().map(str::to_owned).collect();
        let expected: BTreeSet<&String> = mine.iter().chain(&theirs)
            .filter(|line| !base.contains(line) || (mine.contains(line) && theirs.contains(line)))
            .collect();
        prop_assert_eq!(merged.iter().collect::<BTreeSet<_>>(), expected);
        prop_assert_eq!(merged.iter().collect::<BTreeSet<_>>().len(), merged.len(), "no line stands twice");
        for side in [&mine, &theirs] {
            let among = |lines: &[String], other: &[String]| -> Vec<String> {
                lines.iter().filter(|line| other.contains(line)).cloned().collect()
            };
            prop_assert_eq!(among(&merged, side), among(side, &merged));
        }
    }
}
