//! Whole records by columns: what a page of changes is mostly made of, in less text.
//!
//! Asked for with `layout=columns`, a collection that brings several whole records is an object instead of a list:
//! `{ "columns": { "title": ["Pump", "Belt"], "note": [null, "loud"], … }, "rows": [ … ] }`. Each name stands once, and
//! values that are alike stand together, so that it compresses better and is read faster. A column has a place for
//! each record; `null` where the record has no such field. What only changed (`_baseVersion`) stays a row: there
//! `null` says that a field was removed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::WireRecord;
use crate::Fields;

/// How a page's whole records are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    #[default]
    Rows,
    Columns,
}

/// Whole records from which on columns pay.
const WORTH_COLUMNS: usize = 3;

/// A collection as it is written.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Written<'a> {
    Rows(&'a [WireRecord]),
    Columns {
        columns: BTreeMap<&'a str, Vec<Option<&'a Value>>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        rows: Vec<&'a WireRecord>,
    },
}

impl<'a> Written<'a> {
    pub(super) fn new(records: &'a [WireRecord], layout: Layout) -> Self {
        let (whole, rows): (Vec<_>, Vec<_>) =
            records.iter().partition(|record| record.base_version().is_none());
        if layout == Layout::Rows || whole.len() < WORTH_COLUMNS {
            return Self::Rows(records);
        }
        let mut columns: BTreeMap<&str, Vec<Option<&Value>>> = BTreeMap::new();
        for (at, record) in whole.iter().enumerate() {
            for (name, value) in &record.0 {
                let column = columns.entry(name).or_insert_with(|| vec![None; whole.len()]);
                column[at] = Some(value);
            }
        }
        Self::Columns { columns, rows }
    }
}

/// A collection as it is read, in either layout.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Read {
    Rows(Vec<WireRecord>),
    Columns {
        columns: BTreeMap<String, Vec<Value>>,
        #[serde(default)]
        rows: Vec<WireRecord>,
    },
}

impl Read {
    /// The records, those of the columns first; `None` if the columns are not of one length.
    pub(super) fn records(self) -> Option<Vec<WireRecord>> {
        let (columns, rows) = match self {
            Self::Rows(rows) => return Some(rows),
            Self::Columns { columns, rows } => (columns, rows),
        };
        let count = columns.values().next().map_or(0, Vec::len);
        let mut records = vec![WireRecord(Fields::new()); count];
        for (name, column) in columns {
            if column.len() != count {
                return None;
            }
            let filled = records
                .iter_mut()
                .zip(column)
                .filter(|(_, value)| !value.is_null());
            filled.for_each(|(record, value)| drop(record.0.insert(name.clone(), value)));
        }
        records.extend(rows);
        Some(records)
    }
}
