//! Rows of the file, read and judged by the mapping's columns.

use std::io::Read;

use chrono::NaiveDate;
use serde_json::Value;

use super::ImportError;
use super::mapping::{CellType, Column, Mapping};
use super::table::Rows;

/// A row whose cells read as the mapping says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// In the file, from 1; the header is line 1.
    pub line: u64,
    /// The cells as they stand in the file.
    pub cells: Vec<String>,
    /// What they mean.
    pub values: Vec<Value>,
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRow {
    pub line: u64,
    pub reason: String,
}

/// Reads the whole file.
pub(super) fn read(
    mapping: &Mapping,
    mut file: impl Read,
) -> Result<(Vec<Row>, Vec<BrokenRow>), ImportError> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    // Old files hold bytes that are no UTF-8; the rest of such a cell is still worth having.
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = Rows::new(text.trim_start_matches('\u{feff}'));
    let found = lines.next().and_then(|row| row.cells.ok()).unwrap_or_default();
    let expected: Vec<String> = mapping.columns.iter().map(|column| column.name.clone()).collect();
    if found != expected {
        return Err(ImportError::Header { expected, found });
    }
    let (mut rows, mut broken) = (Vec::new(), Vec::new());
    while let Some(raw) = lines.next() {
        let line = raw.line;
        let judged = raw.cells.map_err(str::to_owned).and_then(|cells| {
            let values = judge(&mapping.columns, &cells)?;
            Ok(Row { line, cells, values })
        });
        match judged {
            Ok(row) => rows.push(row),
            Err(reason) => {
                broken.push(BrokenRow { line, reason });
                // A quote that took rows into a cell: they are rows of their own.
                if raw.spans_lines {
                    lines.reread();
                }
            }
        }
    }
    Ok((rows, broken))
}

fn judge(columns: &[Column], cells: &[String]) -> Result<Vec<Value>, String> {
    if cells.len() != columns.len() {
        return Err(format!("has {} cells instead of {}", cells.len(), columns.len()));
    }
    columns
        .iter()
        .zip(cells)
        .map(|(column, cell)| value(column, cell))
        .collect()
}

fn value(column: &Column, cell: &str) -> Result<Value, String> {
    let name = &column.name;
    match &column.kind {
        CellType::Text => Ok(Value::from(cell)),
        CellType::Number => {
            let number = cell
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite());
            number
                .map(Value::from)
                .ok_or_else(|| format!("{name} is \"{cell}\", not a number"))
        }
        CellType::Date { format } => {
            let date = NaiveDate::parse_from_str(cell.trim(), format);
            let date = date.map_err(|_| format!("{name} is \"{cell}\", not a date like {format}"))?;
            Ok(Value::from(format!("{date}T00:00:00.000Z")))
        }
        CellType::Choice { choices } => match choices.iter().any(|choice| choice == cell) {
            true => Ok(Value::from(cell)),
            false => Err(format!("{name} is \"{cell}\", not one of {}", choices.join(", "))),
        },
    }
}
