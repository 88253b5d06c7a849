//! What holds for any values.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Fields,
    merge::{FieldMerge, MergeInput, MergedRecord, merge_field, merge_record},
    pack::{Entity, Field, Strategy},
};
use proptest::{collection::vec, prelude::*, strategy::Strategy as _};
use serde_json::{Value, json};

use super::{
    field, item_fields, list,
    values::{entity, list_value, set_value, some_fields},
};

fn stored(fields: Fields) -> Fields {
    fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

fn write(entity: &Entity, current: &Fields, base: &Fields, payload: &Fields) -> MergedRecord {
    let (written_by, remembered) = (BTreeMap::new(), BTreeMap::new());
    merge_record(&MergeInput {
        entity,
        current,
        written_by: &written_by,
        payload,
        base,
        remembered: &remembered,
    })
}

fn settled(field: &Field, base: &Value, mine: &Value, theirs: &Value) -> Value {
    match merge_field(field, Strategy::Merge, base, mine, theirs) {
        FieldMerge::Unchanged | FieldMerge::TheirsWins | FieldMerge::Conflict => theirs.clone(),
        FieldMerge::Applied(value) | FieldMerge::Merged(value) | FieldMerge::MineWins(value) => value,
    }
}

fn keys(list: &Value) -> BTreeSet<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|item| item["k"].as_str().unwrap().to_owned())
        .collect()
}

fn at<'a>(list: &'a Value, key: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|item| item["k"] == key)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_write_of_what_its_author_saw_changes_nothing(current in some_fields(), payload in some_fields()) {
        let entity = entity();
        let current = write(&entity, &stored(current), &Fields::new(), &Fields::new()).fields;
        let merged = write(&entity, &current, &payload, &payload);
        prop_assert_eq!(&merged.fields, &current);
        prop_assert!(merged.changed.is_empty() && merged.settled.is_empty());
    }

    #[test]
    fn a_write_over_what_its_author_saw_applies_as_it_is(current in some_fields(), payload in some_fields()) {
        let (entity, current) = (entity(), stored(current));
        let merged = write(&entity, &current, &current, &payload);
        prop_assert!(merged.settled.is_empty());
        for (name, value) in payload.iter().filter(|(name, _)| !name.starts_with("log") && !name.starts_with("set")) {
            prop_assert_eq!(merged.fields.get(name).unwrap_or(&Value::Null), value, "{}", name);
        }
    }

    /// Counters are the exception, and why the server keeps a ledger: adding twice is adding twice.
    #[test]
    fn the_same_write_again_changes_nothing(current in some_fields(), base in some_fields(), payload in some_fields()) {
        let entity = without_counters(&entity());
        let once = write(&entity, &stored(current), &base, &payload);
        let twice = write(&entity, &once.fields, &base, &payload);
        prop_assert_eq!(&twice.fields, &once.fields);
        prop_assert!(twice.changed.is_empty());
    }

    #[test]
    fn no_field_is_invented_and_none_lost(current in some_fields(), base in some_fields(), payload in some_fields()) {
        let (entity, current) = (entity(), stored(current));
        let merged = write(&entity, &current, &base, &payload);
        for name in merged.fields.keys() {
            prop_assert!(current.contains_key(name) || payload.contains_key(name) || name == "total", "{} came from nowhere", name);
        }
        for name in current.keys() {
            let removed = !name.starts_with("log") && payload.get(name).is_some_and(Value::is_null);
            prop_assert!(merged.fields.contains_key(name) || removed, "{} went", name);
        }
        prop_assert!(merged.fields.values().all(|value| !value.is_null()));
        for change in &merged.settled {
            prop_assert!(payload.contains_key(&change.field));
            prop_assert_eq!(Some(&change.mine), payload.get(&change.field));
        }
    }

    #[test]
    fn the_answer_is_one(current in some_fields(), base in some_fields(), payload in some_fields()) {
        let (entity, current) = (entity(), stored(current));
        let turned: Fields = payload.clone().into_iter().rev().collect();
        let (one, other) = (write(&entity, &current, &base, &payload), write(&entity, &current, &base, &turned));
        prop_assert_eq!(one.fields, other.fields);
    }

    /// Edits made one upon the other, sent one by one, while somebody else changes other fields.
    #[test]
    fn a_chain_of_own_edits_never_conflicts(start in some_fields(), edits in vec(some_fields(), 1..6), other in some_fields()) {
        let entity = entity();
        let start = write(&entity, &stored(start), &Fields::new(), &Fields::new()).fields;
        let elsewhere: Fields = other.into_iter().filter(|(name, _)| !edits.iter().any(|edit| edit.contains_key(name))).collect();
        let mut server = write(&entity, &start, &start, &elsewhere).fields;
        let mut seen = start.clone();
        for payload in edits {
            let merged = write(&entity, &server, &seen, &payload);
            prop_assert!(merged.settled.is_empty(), "{:?}", merged.settled);
            server = merged.fields;
            seen = write(&entity, &seen, &seen, &payload).fields;
        }
        prop_assert_eq!(server, write(&entity, &seen, &start, &elsewhere).fields);
    }

    #[test]
    fn no_keyed_row_is_lost_unless_removed(base in list_value(), mine in list_value(), theirs in list_value()) {
        let merged = settled(&list(), &base, &mine, &theirs);
        for key in keys(&mine).union(&keys(&theirs)) {
            let (b, m, t) = (at(&base, key), at(&mine, key), at(&theirs, key));
            let untouched = |side: Option<&Value>| side == b;
            let removed = b.is_some() && ((m.is_none() && untouched(t)) || (t.is_none() && untouched(m)));
            prop_assert_eq!(at(&merged, key).is_some(), !removed, "{}: {}", key, merged);
        }
        let known: BTreeSet<String> = keys(&mine).union(&keys(&theirs)).cloned().collect();
        prop_assert!(keys(&merged).is_subset(&known), "a row came from nowhere");
        prop_assert_eq!(keys(&merged).len(), merged.as_array().unwrap().len(), "a row stands twice");
    }

    #[test]
    fn a_log_holds_all_that_anybody_wrote(base in list_value(), mine in list_value(), theirs in list_value()) {
        let log = field(json!({ "type": "log", "key": "k", "fields": item_fields() }));
        let merged = settled(&log, &base, &mine, &theirs);
        prop_assert!(mine == base || keys(&mine).is_subset(&keys(&merged)));
        let theirs = theirs.as_array().unwrap();
        prop_assert_eq!(&merged.as_array().unwrap()[..theirs.len()], theirs.as_slice(), "what stood stays, as it was");
    }

    #[test]
    fn counters_sum_in_any_order(base in -1000i64..1000, deltas in vec(-5i64..5, 1..6)) {
        let counter = field(json!({ "type": "counter" }));
        let arrive = |deltas: &mut dyn Iterator<Item = &i64>| {
            deltas.fold(json!(base), |server, delta| settled(&counter, &json!(base), &json!(base + delta), &server))
        };
        let expected = json!(base + deltas.iter().sum::<i64>());
        prop_assert_eq!(arrive(&mut deltas.iter()), expected.clone());
        prop_assert_eq!(arrive(&mut deltas.iter().rev()), expected);
    }

    #[test]
    fn counters_in_rows_sum_too(deltas in vec(1i64..5, 1..6)) {
        let used = |quantity: i64| json!([{ "k": "a", "n": quantity }]);
        let end = deltas.iter().fold(json!([]), |server, quantity| settled(&list(), &json!([]), &used(*quantity), &server));
        prop_assert_eq!(end, used(deltas.iter().sum()));
    }

    #[test]
    fn sets_converge_whatever_the_order_of_arrival(base in set_value(), sides in vec(set_value(), 1..5).prop_shuffle()) {
        let set = field(json!({ "type": "set" }));
        let arrive = |sides: &mut dyn Iterator<Item = &Value>| -> BTreeSet<String> {
            let end = sides.fold(base.clone(), |server, mine| settled(&set, &base, mine, &server));
            end.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
        };
        prop_assert_eq!(arrive(&mut sides.iter()), arrive(&mut sides.iter().rev()));
    }

    #[test]
    fn the_rows_of_two_sides_are_the_same_whoever_comes_first(base in list_value(), one in list_value(), other in list_value()) {
        let arrive = |first: &Value, second: &Value| {
            let server = settled(&list(), &base, first, &base);
            settled(&list(), &base, second, &server)
        };
        prop_assert_eq!(keys(&arrive(&one, &other)), keys(&arrive(&other, &one)));
    }
}

fn without_counters(entity: &Entity) -> Entity {
    let text = serde_json::to_string(entity)
        .unwrap()
        .replace("\"type\":\"counter\"", "\"type\":\"number\"");
    serde_json::from_str(&text).unwrap()
}
