//! What a tap on a work order changes: task check-list, parts, labor timer, notes. Each answers the new value of one
//! field; the page queues it as an edit, and the merge puts it together with others' by its keys.

pub mod labor;
pub mod log;
pub mod parts;
pub mod tasks;

use serde_json::Value;

/// The items of a list field.
pub fn items(list: &Value) -> &[Value] {
    list.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A part of an item as text.
pub fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}
