//! Whole records by columns: what a page of changes is mostly made of, in less text.
//!
//! Asked for with `layout=columns`, a collection that brings several whole records is an object instead of a list:
//! `{ "columns": { "title": ["Pump", "Belt"], "note": [null, "loud"], … }, "rows": [ … ] }`. Each name stands once, and
//! values that are alike stand together, so that it compresses better and is read faster. A column has a place for
//! each record; `null` where the record has no such field. What only changed (`_baseVersion`) stays a row: there
//! `null` says that a field was removed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
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

/// A record on a page that is to be written.
pub trait Row: Serialize {
    /// What stands for a value.
    type Cell: Serialize + ?Sized;

    /// Names and values, metadata included.
    fn cells(&self) -> impl Iterator<Item = (&String, &Self::Cell)>;

    /// Whether it is the whole record, and not only what changed of it.
    fn is_whole(&self) -> bool;
}

impl Row for WireRecord {
    type Cell = Value;

    fn cells(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    fn is_whole(&self) -> bool {
        self.base_version().is_none()
    }
}

/// A collection as it is written.
#[derive(Serialize)]
#[serde(untagged, bound = "")]
pub(super) enum Written<'a, R: Row> {
    Rows(&'a [R]),
    Columns {
        #[serde(serialize_with = "as_map::<R, _>")]
        columns: Vec<(&'a str, Column<'a, R>)>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        rows: Vec<&'a R>,
    },
}

impl<'a, R: Row> Written<'a, R> {
    pub(super) fn new(records: &'a [R], layout: Layout) -> Self {
        let (whole, rows): (Vec<_>, Vec<_>) = records.iter().partition(|record| record.is_whole());
        if layout == Layout::Rows || whole.len() < WORTH_COLUMNS {
            return Self::Rows(records);
        }
        let mut columns: Vec<(&str, Column<'_, R>)> = Vec::new();
        for (at, record) in whole.iter().enumerate() {
            // Most records have the same fields in the same order.
            let mut expected = 0;
            for (name, value) in record.cells() {
                let is_it = |(column, _): &(&str, _)| *column == name;
                let place = if columns.get(expected).is_some_and(is_it) {
                    expected
                } else {
                    columns.iter().position(is_it).unwrap_or(columns.len())
                };
                if place == columns.len() {
                    columns.push((name, vec![None; whole.len()]));
                }
                columns[place].1[at] = Some(value);
                expected = place + 1;
            }
        }
        columns.sort_unstable_by_key(|(name, _)| *name);
        Self::Columns { columns, rows }
    }
}

/// A value of each record; `None` where it has no such field.
type Column<'a, R> = Vec<Option<&'a <R as Row>::Cell>>;

fn as_map<R: Row, S: Serializer>(
    columns: &[(&str, Column<'_, R>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(columns.iter().map(|(name, column)| (name, column)))
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
