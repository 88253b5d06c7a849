//! What several authors wrote over one base, in whatever order it arrives.
//!
//! What has parts that add up comes out the same in every order: counters, sets, logs (their entries stand in the order
//! of arrival), keyed lists and objects of such parts. Single values cannot: there the order in which the server
//! received them decides, and nothing else does. Text comes out the same, or is a conflict, whichever came first.
//!
//! The merge goes by value, so changes that cancel each other are none: an item that one author counts up and another
//! counts down by the same is unchanged to a third who removes it, once both arrived. So what is counted here grows.

use std::collections::BTreeMap;

use holdfast_core::{
    merge::{FieldMerge, merge_field},
    pack::{Field, Strategy},
};
use proptest::{collection::vec, prelude::*, sample::subsequence, strategy::Strategy as Generator};
use serde_json::{Map, Value, json};

use super::field;

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Parts that add up.
fn parts() -> Value {
    json!([
        { "name": "k", "label": "Key", "type": "text" },
        { "name": "n", "label": "Count", "type": "counter" },
        { "name": "s", "label": "Set", "type": "set" },
        { "name": "l", "label": "List", "type": "list", "key": "k", "fields": [
            { "name": "k", "label": "Key", "type": "text" }, { "name": "n", "label": "Count", "type": "counter" } ] },
    ])
}

fn keys() -> impl Generator<Value = Vec<&'static str>> {
    subsequence(KEYS.to_vec(), 0..=KEYS.len()).prop_shuffle()
}

fn set() -> impl Generator<Value = Value> {
    keys().prop_map(|keys| json!(keys))
}

fn counters() -> impl Generator<Value = Value> {
    (keys(), vec(-3i64..4, KEYS.len())).prop_map(|(keys, counts)| {
        let items = keys.iter().zip(counts).map(|(k, n)| json!({ "k": k, "n": n }));
        items.collect()
    })
}

/// What an author does, told by bytes: to each key of a list something, or nothing.
struct Doings<'a>(std::iter::Cycle<std::slice::Iter<'a, u8>>);

impl Doings<'_> {
    fn below(&mut self, bound: u8) -> u8 {
        self.0.next().map_or(0, |byte| byte % bound)
    }

    fn count(&mut self, before: &Value) -> Value {
        json!(before.as_i64().unwrap_or(0) + i64::from(self.below(4)))
    }

    fn set(&mut self) -> Value {
        KEYS.iter()
            .filter(|_| self.below(2) == 0)
            .map(|key| json!(key))
            .collect()
    }

    /// The list with items removed, changed and added by `change`, which is given `null` for one that is new.
    fn list(&mut self, before: &Value, change: impl Fn(&mut Self, &str, &Value) -> Value) -> Value {
        let mut after = Vec::new();
        for key in KEYS {
            let item = before
                .as_array()
                .into_iter()
                .flatten()
                .find(|item| item["k"] == key);
            match (item, self.below(4)) {
                (Some(_), 0) | (None, 1..) => {}
                (Some(item), 1) => after.push(item.clone()),
                (item, _) => after.push(change(self, key, item.unwrap_or(&Value::Null))),
            }
        }
        Value::Array(after)
    }

    fn counters(&mut self, before: &Value) -> Value {
        self.list(
            before,
            |doings, key, item| json!({ "k": key, "n": doings.count(&item["n"]) }),
        )
    }

    fn item(&mut self, key: &str, before: &Value) -> Value {
        json!({ "k": key, "n": self.count(&before["n"]), "s": self.set(), "l": self.counters(&before["l"]) })
    }

    fn items(&mut self, before: &Value) -> Value {
        self.list(before, Self::item)
    }
}

/// What an author makes of a value.
type Edit = fn(&mut Doings<'_>, &Value) -> Value;

/// What authors made of one base that one of them made of nothing, and the same in another order.
fn edited(edit: Edit) -> impl Generator<Value = (Value, Vec<Value>, Vec<Value>)> {
    vec(vec(any::<u8>(), 1..60), 2..6).prop_flat_map(move |told| {
        let make = |bytes: &Vec<u8>, before: &Value| edit(&mut Doings(bytes.iter().cycle()), before);
        let base = make(&told[0], &Value::Null);
        let sides: Vec<Value> = told[1..].iter().map(|bytes| make(bytes, &base)).collect();
        (Just(base), Just(sides.clone()), Just(sides).prop_shuffle())
    })
}

/// Entries are written once: what has one key is one entry.
fn log() -> impl Generator<Value = Value> {
    keys().prop_map(|keys| {
        keys.iter()
            .map(|key| json!({ "k": key, "n": key.len() }))
            .collect()
    })
}

/// One base, what some authors made of it, and the same in another order.
fn written(value: impl Generator<Value = Value>) -> impl Generator<Value = (Value, Vec<Value>, Vec<Value>)> {
    vec(value, 2..6).prop_flat_map(|mut values| {
        let base = values.remove(0);
        (Just(base), Just(values.clone()), Just(values).prop_shuffle())
    })
}

fn settled(field: &Field, strategy: Strategy, base: &Value, mine: &Value, theirs: &Value) -> Value {
    match merge_field(field, strategy, base, mine, theirs) {
        FieldMerge::Unchanged | FieldMerge::TheirsWins | FieldMerge::Conflict => theirs.clone(),
        FieldMerge::Applied(value) | FieldMerge::Merged(value) | FieldMerge::MineWins(value) => value,
    }
}

/// What the server has when all arrived.
fn arrived(field: &Field, strategy: Strategy, base: &Value, sides: &[Value]) -> Value {
    sides.iter().fold(base.clone(), |server, mine| {
        settled(field, strategy, base, mine, &server)
    })
}

/// The value without the orders that are free: of fields, of sets, and of keyed items.
fn unordered(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let named = items.iter().map(|item| {
                let name = item.get("k").unwrap_or(item).to_string();
                (name, unordered(item))
            });
            let by_name: BTreeMap<String, Value> = named.collect();
            assert_eq!(by_name.len(), items.len(), "nothing stands twice: {value}");
            by_name.into_iter().collect::<Map<_, _>>().into()
        }
        Value::Object(parts) => {
            let parts = parts.iter().map(|(name, part)| (name.clone(), unordered(part)));
            Value::Object(parts.collect())
        }
        single => single.clone(),
    }
}

fn converges(field: &Field, (base, sides, others): &(Value, Vec<Value>, Vec<Value>)) {
    let one = arrived(field, Strategy::Merge, base, sides);
    let other = arrived(field, Strategy::Merge, base, others);
    assert_eq!(
        unordered(&one),
        unordered(&other),
        "{sides:?} and {others:?} over {base}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn sets_converge(written in written(set())) {
        converges(&field(json!({ "type": "set" })), &written);
    }

    #[test]
    fn counters_converge(written in written((-900i64..900).prop_map(Value::from))) {
        converges(&field(json!({ "type": "counter" })), &written);
    }

    /// Hours and litres: sums of the same parts, to four decimals.
    #[test]
    fn counters_with_decimals_converge(written in written((-90_000i64..90_000).prop_map(|n| json!(n as f64 / 100.0)))) {
        converges(&field(json!({ "type": "counter" })), &written);
    }

    #[test]
    fn logs_converge_in_their_entries(written in written(log())) {
        let (base, sides, _) = &written;
        let log = field(json!({ "type": "log", "key": "k", "fields": parts() }));
        converges(&log, &written);
        let end = unordered(&arrived(&log, Strategy::Merge, base, sides));
        for side in sides.iter().chain([base]) {
            let entries = unordered(side);
            let all_there = entries.as_object().unwrap().keys().all(|key| end.get(key).is_some());
            prop_assert!(all_there, "an entry of {} is not in {}", side, end);
        }
    }

    #[test]
    fn keyed_lists_converge(edited in edited(|doings, before| doings.items(before))) {
        converges(&field(json!({ "type": "list", "key": "k", "fields": parts() })), &edited);
    }

    #[test]
    fn objects_converge(edited in edited(|doings, before| doings.item("o", before))) {
        converges(&field(json!({ "type": "object", "fields": parts() })), &edited);
    }

    /// Rows of a list inside a row are lost as little as the rows themselves.
    #[test]
    fn no_row_within_a_row_is_lost_unless_removed(base in counters(), mine in counters(), theirs in counters()) {
        let within = |rows: &Value| json!([{ "k": "a", "l": rows }]);
        let list = field(json!({ "type": "list", "key": "k", "fields": parts() }));
        let merged = settled(&list, Strategy::Merge, &within(&base), &within(&mine), &within(&theirs));
        let (base, mine, theirs) = (unordered(&base), unordered(&mine), unordered(&theirs));
        let end = unordered(&merged[0]["l"]);
        for key in KEYS.map(|key| json!(key).to_string()) {
            let (b, m, t) = (base.get(&key), mine.get(&key), theirs.get(&key));
            let removed = b.is_some() && ((m.is_none() && t == b) || (t.is_none() && m == b));
            let known = m.is_some() || t.is_some();
            prop_assert_eq!(end.get(&key).is_some(), known && !removed, "{}: {}", key, merged);
        }
    }

    /// By the order in which the server received them, and by nothing else.
    #[test]
    fn of_single_values_the_first_or_the_last_stands(base in 0i64..4, sides in vec(0i64..4, 1..6)) {
        let number = field(json!({ "type": "number" }));
        let changed: Vec<&i64> = sides.iter().filter(|side| **side != base).collect();
        let values: Vec<Value> = sides.iter().map(|side| json!(side)).collect();
        let stands = |strategy| arrived(&number, strategy, &json!(base), &values);
        let (first, last) = (changed.first().map_or(base, |side| **side), changed.last().map_or(base, |side| **side));
        for strategy in [Strategy::FirstWriteWins, Strategy::ServerWins, Strategy::Manual, Strategy::Merge] {
            prop_assert_eq!(stands(strategy), json!(first), "{:?}", strategy);
        }
        for strategy in [Strategy::LastWriteWins, Strategy::ClientWins] {
            prop_assert_eq!(stands(strategy), json!(last), "{:?}", strategy);
        }
    }

    #[test]
    fn text_is_one_or_a_conflict_whichever_came_first(base in lines(), one in lines(), other in lines()) {
        let text = field(json!({ "type": "longText" }));
        let forth = merge_field(&text, Strategy::Merge, &base, &one, &other);
        let back = merge_field(&text, Strategy::Merge, &base, &other, &one);
        let conflicts = |outcome: &FieldMerge| *outcome == FieldMerge::Conflict;
        prop_assert_eq!(conflicts(&forth), conflicts(&back));
        let (from_one, from_other) = ([one.clone()], [other.clone()]);
        if !conflicts(&forth) {
            let one_first = arrived(&text, Strategy::Merge, &base, &[from_one.clone(), from_other.clone()].concat());
            let other_first = arrived(&text, Strategy::Merge, &base, &[from_other, from_one].concat());
            prop_assert_eq!(one_first, other_first);
        }
    }
}

fn lines() -> impl Generator<Value = Value> {
    vec(
        prop::sample::select(vec!["one\n", "two\n", "three\n", "four\n"]),
        0..6,
    )
    .prop_map(|lines| json!(lines.concat()))
}
