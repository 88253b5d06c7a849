//! What a tap on a work order changes: task check-list, parts, labor timer, notes. Each answers the new value of one
//! field; the page queues it as an edit, and the merge puts it together with others' by its keys.

pub mod labor;
pub mod log;
pub mod parts;
pub mod tasks;

use serde_json::{Map, Value};

/// The entity of work orders; its page is made by hand.
pub const WORK_ORDER: &str = "work-order";

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
fn with_entry(list: &Value, id: &str, entry: Value) -> Value {
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
