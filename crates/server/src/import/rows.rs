//! Rows of the file, read and judged by the mapping's columns.

use chrono::NaiveDate;
use serde_json::Value;

use super::encoding::{Decoded, is_damage};
use super::error::ImportError;
use super::mapping::{CellType, Column, Mapping};
use super::numbers;
use super::table::{RawRow, Rows, lines};

/// Rows of a file.
pub(super) const MAX_ROWS: usize = 1_000_000;
/// Cells, and characters of a cell, that a message shows.
const MAX_TOLD: usize = 60;
/// What separates cells in files that are called CSV.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

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

/// A broken row whose key cells can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyedRow {
    pub line: u64,
    pub cells: Vec<String>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub rows: Vec<Row>,
    /// All rows that were left out.
    pub broken: Vec<BrokenRow>,
    /// Those of them whose key is known.
    pub keyed: Vec<KeyedRow>,
}

/// How a file is taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    pub delimiter: char,
    /// Cells may hold ends of lines that could be rows by themselves.
    pub multiline: bool,
}

/// Reads the rows of a text.
pub(super) fn read(mapping: &Mapping, decoded: &Decoded, format: Format) -> Result<Table, ImportError> {
    let mut lines = Rows::new(&decoded.text, format.delimiter);
    check_header(mapping, decoded, format, lines.next())?;
    let mut table = Table::default();
    while let Some(raw) = lines.next() {
        if !format.multiline && raw.is_ambiguous(mapping.columns.len(), format.delimiter) {
            let text = &decoded.text[raw.range.clone()];
            table.broken.extend(ambiguous(raw.line, text));
        } else {
            take(mapping, decoded, format, raw, &mut table, || lines.reread());
        }
        if table.rows.len() + table.broken.len() > MAX_ROWS {
            return Err(ImportError::TooManyRows);
        }
    }
    Ok(table)
}

fn check_header(
    mapping: &Mapping,
    decoded: &Decoded,
    format: Format,
    header: Option<RawRow>,
) -> Result<(), ImportError> {
    let expected: Vec<String> = mapping.columns.iter().map(|column| column.name.clone()).collect();
    let found = header.and_then(|row| row.cells.ok()).unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    let fits = |delimiter: &char| {
        let row = Rows::new(&decoded.text, *delimiter).next();
        row.is_some_and(|row| row.cells.is_ok_and(|cells| cells == expected))
    };
    let others = DELIMITERS.into_iter().filter(|other| *other != format.delimiter);
    if let Some(delimiter) = others.into_iter().find(fits) {
        return Err(ImportError::Delimiter {
            fits: name_of(delimiter),
            used: name_of(format.delimiter),
        });
    }
    Err(ImportError::Header {
        expected,
        found: found.iter().take(MAX_TOLD).map(|cell| clipped(cell)).collect(),
        encoding: decoded.read_as.name,
    })
}

/// Enters a row, or why it is left out. `reread` goes back to its second line: a quote took rows into a cell, and they are
/// rows of their own.
fn take(
    mapping: &Mapping,
    decoded: &Decoded,
    format: Format,
    raw: RawRow,
    table: &mut Table,
    reread: impl FnOnce(),
) {
    let (line, spans_lines) = (raw.line, raw.spans_lines);
    let fault = decoded.fault_in(raw.range);
    let cells = match raw.cells {
        Ok(cells) => cells,
        Err(reason) => {
            let reason = fault.unwrap_or_else(|| reason.to_owned());
            return table.broken.push(BrokenRow { line, reason });
        }
    };
    let fits = cells.len() == mapping.columns.len();
    let reason = match (judge(&mapping.columns, &cells), fault) {
        (Ok(values), None) => return table.rows.push(Row { line, cells, values }),
        (Ok(_), Some(fault)) => fault,
        (Err(reason), fault) => {
            let damaged = fits && fault.is_some();
            if spans_lines && !damaged && !(fits && format.multiline) {
                reread();
                return table.broken.push(BrokenRow {
                    line,
                    reason: fault.unwrap_or(reason),
                });
            }
            fault.unwrap_or(reason)
        }
    };
    table.broken.push(BrokenRow { line, reason });
    if fits && key_reads(mapping, &cells) {
        table.keyed.push(KeyedRow { line, cells });
    }
}

/// Whether all cells of the key are sound, so that correcting the row leaves its key as it is.
fn key_reads(mapping: &Mapping, cells: &[String]) -> bool {
    let columns = mapping.key.of.iter().filter_map(|name| mapping.column(name));
    columns
        .map(|column| (&mapping.columns[column], &cells[column]))
        .all(|(column, cell)| !cell.contains(is_damage) && value(column, cell).is_ok())
}

/// Neither the row nor the lines within it are imported: which of them are rows is not to be told.
fn ambiguous(first: u64, text: &str) -> impl Iterator<Item = BrokenRow> {
    let lines: Vec<u64> = lines(text)
        .filter(|(part, _)| !part.is_empty())
        .map(|(_, number)| first + number)
        .collect();
    let last = lines.last().copied().unwrap_or(first);
    lines.into_iter().map(move |line| {
        let reason = match line == first {
            true => format!(
                "opens a quote that is closed in line {last}, and what stands between could be rows by itself; write a quote \
                 within a cell twice, or say --multiline if cells have several lines"
            ),
            false => format!("stands within the quote that line {first} opens"),
        };
        BrokenRow { line, reason }
    })
}

/// A cell as a message shows it: on a terminal, which obeys control characters.
fn clipped(cell: &str) -> String {
    let shown = cell.chars().take(MAX_TOLD);
    let mut shown: String = shown.map(|c| if c.is_control() { '·' } else { c }).collect();
    if cell.chars().nth(MAX_TOLD).is_some() {
        shown.push('…');
    }
    shown
}

/// A separator as the command line takes it.
fn name_of(delimiter: char) -> String {
    match delimiter {
        '\t' => "tab".to_owned(),
        other => format!("'{other}'"),
    }
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
    let (name, shown) = (&column.name, clipped(cell));
    match &column.kind {
        CellType::Text => Ok(Value::from(cell)),
        CellType::Number { decimal } => {
            let number = numbers::read(cell, *decimal);
            number.map_err(|fault| format!("{name} is \"{shown}\", {fault}"))
        }
        CellType::Date { format } => {
            let date = NaiveDate::parse_from_str(cell.trim(), format);
            let date = date.map_err(|_| format!("{name} is \"{shown}\", not a date like {format}"))?;
            Ok(Value::from(format!("{date}T00:00:00.000Z")))
        }
        CellType::Choice { choices } => match choices.iter().any(|choice| choice == cell) {
            true => Ok(Value::from(cell)),
            false => Err(format!(
                "{name} is \"{shown}\", not one of {}",
                choices.join(", ")
            )),
        },
    }
}
