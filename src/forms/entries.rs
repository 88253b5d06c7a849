//! Entries of a list field, by their ids.

use serde_json::{Map, Value};

/// The items of a list field.
pub fn items(list: &Value) -> &[Value] {
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether a list has the entry of an id. Ids are made by chance: nothing else in an entry is the same.
pub fn has_entry(list: &Value, id: &str) -> bool {
    let mut parts = items(list)
        .iter()
        .filter_map(Value::as_object)
        .flat_map(Map::values);
    parts.any(|part| part.as_str() == Some(id))
}

/// The list with one entry more; as it is, if it has that entry: whoever saves twice means one.
pub fn with_entry(list: &Value, id: &str, entry: Value) -> Value {
    let mut all = items(list).to_vec();
    if !has_entry(list, id) {
        all.push(entry);
    }
    Value::Array(all)
}

/// A part of an item as text.
pub fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}
