//! Numbers are compared, merged and summed to the last digit, or refused.

use holdfast_core::{
    Fields,
    merge::{FieldMerge, compute_fields, merge_field},
    pack::{Entity, Strategy, same_value, validate},
    record::Operation,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::field;

const TWO_TO_53: i64 = 9_007_199_254_740_992;

#[test]
fn neighbours_beyond_the_doubles_are_not_the_same() {
    let number = field(json!({ "type": "number" }));
    let (before, after) = (json!(TWO_TO_53), json!(TWO_TO_53 + 1));
    assert!(!same_value(&number, &before, &after));
    let merged = merge_field(&number, Strategy::LastWriteWins, &before, &after, &before);
    assert_eq!(merged, FieldMerge::Applied(after), "{merged:?}");
}

#[test]
fn counters_add_up_exactly_or_wait_for_a_person() {
    let counter = field(json!({ "type": "counter" }));
    let table = [
        (json!(0.1), json!(0.3), json!(0.2), Some(json!(0.4))),
        (json!(0), json!(0.00001), json!(0.00002), Some(json!(0.00003))),
        (json!(TWO_TO_53), json!(TWO_TO_53 + 1), json!(TWO_TO_53 + 2), Some(json!("9007199254740995"))),
        (json!(0), json!(1), json!(1.7e308), None),
        (json!(0), json!(0.5), json!(TWO_TO_53 + 1), Some(json!("9007199254740993.5"))),
        (json!("9007199254740992"), json!(TWO_TO_53 + 1), json!("9007199254740994"), Some(json!("9007199254740995"))),
    ];
    for (base, mine, theirs, expected) in table {
        let merged = merge_field(&counter, Strategy::Merge, &base, &mine, &theirs);
        let sum = match &merged {
            FieldMerge::Merged(sum) => Some(sum.clone()),
            _ => None,
        };
        assert_eq!(sum, expected, "{mine} - {base} + {theirs}: {merged:?}");
    }
}

fn entity() -> Entity {
    serde_json::from_value(json!({
        "name": "bill", "plural": "bills", "title": "Bill", "titlePlural": "Bills", "idField": "billId", "idPrefix": "B-",
        "titleField": "title", "operations": ["create", "update"], "access": [{ "when": { "always": true } }],
        "fields": [
            { "name": "title", "label": "Title", "type": "text" },
            { "name": "amount", "label": "Amount", "type": "number" },
            { "name": "lines", "label": "Lines", "type": "list", "key": "id", "fields": [
                { "name": "id", "label": "Line", "type": "text" },
                { "name": "price", "label": "Price", "type": "number" },
                { "name": "pieces", "label": "Pieces", "type": "number" } ] },
            { "name": "total", "label": "Total", "type": "number", "computed": { "sum": { "list": "lines", "field": "price" } } },
            { "name": "cost", "label": "Cost", "type": "number", "computed": { "sum": { "list": "lines", "field": "price", "times": "pieces" } } }
        ]
    }))
    .unwrap()
}

fn computed(lines: &[(Value, Value)]) -> [Value; 2] {
    let lines = lines.iter().enumerate().map(|(id, (price, pieces))| json!({ "id": id.to_string(), "price": price, "pieces": pieces }));
    let mut fields: Fields = json!({ "lines": lines.collect::<Vec<_>>() }).as_object().unwrap().clone();
    compute_fields(&entity(), &mut fields);
    ["total", "cost"].map(|name| fields.get(name).cloned().unwrap_or_default())
}

#[test]
fn sums_are_exact_and_fractions_without_an_end_make_a_whole() {
    let third = json!(1_200.0 / 3_600.0);
    let table = [
        (vec![(json!(0.1), json!(3)), (json!(0.2), json!(1))], [json!(0.3), json!(0.5)]),
        (vec![(json!(TWO_TO_53), json!(1)), (json!(1), json!(1))], [json!("9007199254740993"), json!("9007199254740993")]),
        (vec![(json!(19.99), json!(3)), (json!(0.00001), json!(1))], [json!(19.99001), json!(59.97001)]),
        (vec![(third.clone(), json!(1)), (third.clone(), json!(1)), (third, json!(1))], [json!(1), json!(1)]),
        (vec![], [json!(0), json!(0)]),
    ];
    for (lines, expected) in table {
        assert_eq!(computed(&lines), expected, "{lines:?}");
    }
}

#[test]
fn what_has_lost_digits_is_refused_at_its_field() {
    let faults = |amount: Value| {
        let fields: Fields = json!({ "amount": amount }).as_object().unwrap().clone();
        validate(&entity(), Operation::Create, &fields, &Fields::new()).into_iter().map(|fault| fault.field).collect::<Vec<_>>()
    };
    for kept in [json!(TWO_TO_53 + 1), json!(u64::MAX), json!(i64::MIN), json!(0.1), json!(-9_007_199_254_740_991.0)] {
        assert!(faults(kept.clone()).is_empty(), "{kept}");
    }
    for lost in ["1e300", "18446744073709551616", "-9223372036854775809", "9007199254740992.0"] {
        assert_eq!(faults(serde_json::from_str(lost).unwrap()), ["amount"], "{lost}");
    }
}

proptest! {
    #[test]
    fn equality_of_whole_numbers_is_theirs(a: i64, near in -2_i64..=2) {
        let number = field(json!({ "type": "number" }));
        let b = a.saturating_add(near);
        prop_assert_eq!(same_value(&number, &json!(a), &json!(b)), a == b);
    }

    #[test]
    fn two_peoples_cents_both_count(base in 0_u32..100_000, mine in 0_u32..100_000, theirs in 0_u32..100_000) {
        let counter = field(json!({ "type": "counter" }));
        let cents = |cents: u32| json!(f64::from(cents) / 100.0);
        let (mine_now, theirs_now) = (base + mine + 1, base + theirs + 1);
        let merged = merge_field(&counter, Strategy::Merge, &cents(base), &cents(mine_now), &cents(theirs_now));
        let FieldMerge::Merged(sum) = merged else { panic!("{merged:?}") };
        prop_assert!(same_value(&counter, &sum, &cents(base + mine + theirs + 2)), "{}", sum);
    }
}
