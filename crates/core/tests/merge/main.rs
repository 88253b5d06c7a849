//! The merge: its table, row by row, and its laws for any values.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod convergence;
// Tables keep a row to a line: their modules are left as they are written.
#[rustfmt::skip]
mod additions;
#[rustfmt::skip]
mod fields;
#[rustfmt::skip]
mod forms;
mod laws;
#[rustfmt::skip]
mod lists;
#[rustfmt::skip]
mod nested;
#[rustfmt::skip]
mod numbers;
mod order;
#[rustfmt::skip]
mod records;
mod scale;
#[rustfmt::skip]
mod stamps;
#[rustfmt::skip]
mod text;
mod text_laws;
mod values;

use holdfast_core::{
    Fields,
    pack::{Field, Strategy},
};
use serde_json::{Value, json};

/// A field from its declaration without name and label.
fn field(mut declaration: Value) -> Field {
    declaration["name"] = json!("f");
    declaration["label"] = json!("F");
    serde_json::from_value(declaration).unwrap()
}

/// A list told apart by `k`, with a plain part, a counter, a set and a list within.
fn list() -> Field {
    field(json!({ "type": "list", "key": "k", "fields": item_fields() }))
}

fn item_fields() -> Value {
    json!([
        { "name": "k", "label": "Key", "type": "text" },
        { "name": "v", "label": "Value", "type": "number" },
        { "name": "n", "label": "Count", "type": "counter" },
        { "name": "s", "label": "Set", "type": "set" },
        { "name": "sub", "label": "List", "type": "list", "key": "k", "fields": [
            { "name": "k", "label": "Key", "type": "text" }, { "name": "v", "label": "Value", "type": "number" } ] },
    ])
}

fn object(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

const ALL_STRATEGIES: [Strategy; 6] = [
    Strategy::ServerWins,
    Strategy::ClientWins,
    Strategy::Merge,
    Strategy::LastWriteWins,
    Strategy::FirstWriteWins,
    Strategy::Manual,
];
