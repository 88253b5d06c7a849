//! In which order the rows of a list stand after a merge.

use holdfast_core::{
    merge::{FieldMerge, merge_field},
    pack::Strategy,
};
use proptest::{prelude::*, sample::subsequence, strategy::Strategy as Generator};
use serde_json::{Value, json};

/// Some of eight keys, in any order.
fn sequence() -> impl Generator<Value = Vec<u8>> {
    subsequence((b'a'..=b'h').collect::<Vec<_>>(), 0..=8).prop_shuffle()
}

/// A list, and a side that removed some rows, kept the order of the others, and put new ones in (`new` names them).
fn edited(new: &'static [u8]) -> impl Generator<Value = (Vec<u8>, Vec<u8>)> {
    sequence().prop_flat_map(move |base| {
        let kept = subsequence(base.clone(), 0..=base.len());
        let added = proptest::collection::vec(0..9usize, 0..=new.len());
        (Just(base), kept, added).prop_map(move |(base, mut side, places)| {
            for (key, place) in new.iter().zip(places) {
                side.insert(place.min(side.len()), *key);
            }
            (base, side)
        })
    })
}

fn list(keys: &[u8]) -> Value {
    keys.iter()
        .map(|key| json!({ "k": char::from(*key).to_string() }))
        .collect()
}

fn merged(base: &[u8], mine: &[u8], theirs: &[u8]) -> Vec<u8> {
    let theirs = list(theirs);
    let value = match merge_field(&super::list(), Strategy::Merge, &list(base), &list(mine), &theirs) {
        FieldMerge::Applied(value) | FieldMerge::Merged(value) => value,
        _ => theirs,
    };
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["k"].as_str().unwrap().as_bytes()[0])
        .collect()
}

/// Those of `keys` that are in `among`, as they stand.
fn only(keys: &[u8], among: &[u8]) -> Vec<u8> {
    keys.iter().filter(|key| among.contains(key)).copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_servers_order_stands_where_i_only_added_and_removed((base, mine) in edited(b"xyz"), other in sequence()) {
        let all = merged(&base, &mine, &other);
        prop_assert_eq!(only(&all, &other), only(&other, &all), "rows of theirs that remain keep their order");
    }

    #[test]
    fn my_order_stands_where_only_i_reordered((base, theirs) in edited(b"xyz"), mine in sequence()) {
        let all = merged(&base, &mine, &theirs);
        let common: Vec<u8> = only(&only(&mine, &base), &theirs);
        prop_assert_eq!(only(&all, &common), common, "the rows that all know stand as I put them");
    }

    #[test]
    fn where_nobody_reordered_both_orders_stand((base, mine) in edited(b"xyz"), keep in proptest::collection::vec(any::<bool>(), 8)) {
        let theirs: Vec<u8> = base.iter().zip(keep).filter(|(_, keep)| *keep).map(|(key, _)| *key).collect();
        let all = merged(&base, &mine, &theirs);
        prop_assert_eq!(only(&all, &mine), only(&mine, &all));
        prop_assert_eq!(only(&all, &theirs), only(&theirs, &all));
    }

    #[test]
    fn the_same_write_again_moves_nothing(base in sequence(), mine in sequence(), theirs in sequence()) {
        let once = merged(&base, &mine, &theirs);
        prop_assert_eq!(merged(&base, &mine, &once), once);
    }

    #[test]
    fn my_new_rows_follow_what_they_followed(mut base in sequence(), at in 0..9usize) {
        base.push(b'z');
        let mut mine = base.clone();
        let at = at.min(base.len());
        mine.insert(at, b'x');
        let mut theirs = base.clone();
        theirs.push(b't');
        let all = merged(&base, &mine, &theirs);
        let place = all.iter().position(|key| *key == b'x').unwrap();
        match at.checked_sub(1) {
            Some(before) => prop_assert_eq!(all[place - 1], base[before]),
            None => prop_assert_eq!(all[place + 1], base[0]),
        }
    }
}
