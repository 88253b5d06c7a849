//! Ordered maps and sets out of iterators, in little code.
//!
//! `collect` sorts what it collects, and the standard library's sort is compiled anew for every type of key: some five
//! kilobytes each in WebAssembly. What is gathered here is small; inserting one by one costs nothing more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Fields;

/// A map of these pairs; of two with one key the later one stands.
pub fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in pairs {
        map.insert(key, value);
    }
    map
}

/// A set of these items.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for item in items {
        set.insert(item);
    }
    set
}

/// An object of these fields.
pub fn fields(pairs: impl IntoIterator<Item = (String, Value)>) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in pairs {
        fields.insert(name, value);
    }
    fields
}

/// Adds an item to the set under a name.
pub fn add(sets: &mut BTreeMap<String, BTreeSet<String>>, name: &str, item: String) {
    match sets.get_mut(name) {
        Some(items) => {
            items.insert(item);
        }
        None => {
            sets.insert(name.to_owned(), set([item]));
        }
    }
}
