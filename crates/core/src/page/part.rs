//! Columns of JSON text.
//!
//! One part holds some fields of every record of a page, column by column: what stands side by side is alike, and
//! packs well. A value is kept as its JSON text, byte for byte, so that what came from the network needs no taking
//! apart and building up again.
//!
//! ```text
//! layout 1 · rows (u16) · columns (u16)
//! each column:  name's length (u8) · name · for each row the value's length + 1, or 0 for no value (LEB128)
//! the values' text, column after column
//! ```

use std::ops::Range;

use crate::json::Malformed;

/// The first byte of every part; raised when the layout changes.
const LAYOUT: u8 = 1;

/// A column's text is shorter, in bytes: what four bytes of LEB128 can tell.
const LONGEST: usize = 1 << 28;

/// Some columns of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    bytes: Vec<u8>,
    rows: usize,
    columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: Range<usize>,
    /// Where each row's value stands among the bytes; empty for none.
    cells: Vec<Range<u32>>,
}

impl Part {
    /// Reads a part; every length is checked here, so that nothing later can fail.
    ///
    /// # Errors
    /// If the bytes are not a part of a layout known here.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Malformed> {
        let (rows, columns) = {
            let mut reader = Reader { bytes: &bytes, at: 0 };
            if reader.byte()? != LAYOUT {
                return Err(Malformed);
            }
            let (rows, count) = (reader.short()?, reader.short()?);
            let mut columns = Vec::with_capacity(count);
            for _ in 0..count {
                columns.push(reader.column(rows)?);
            }
            let mut at = u32::try_from(reader.at).map_err(|_| Malformed)?;
            let text = std::str::from_utf8(&bytes[reader.at..]).map_err(|_| Malformed)?;
            let before = reader.at;
            for cell in columns
                .iter_mut()
                .flat_map(|column: &mut Column| &mut column.cells)
            {
                let end = at.checked_add(cell.end).ok_or(Malformed)?;
                *cell = at..end;
                at = end;
                if !text.is_char_boundary((end as usize).wrapping_sub(before)) {
                    return Err(Malformed);
                }
            }
            if at as usize != bytes.len() {
                return Err(Malformed);
            }
            (rows, columns)
        };
        Ok(Self { bytes, rows, columns })
    }

    /// How many records it is about.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// As it is stored.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The JSON text of a value; `None` where the record has none.
    pub fn cell(&self, name: &str, row: usize) -> Option<&str> {
        let column = self.columns.iter().find(|column| self.name(column) == name)?;
        self.text(column.cells.get(row)?)
    }

    /// All values of a record, with their names.
    pub fn cells(&self, row: usize) -> impl Iterator<Item = (&str, &str)> {
        self.columns.iter().filter_map(move |column| {
            let text = self.text(column.cells.get(row)?)?;
            Some((self.name(column), text))
        })
    }

    fn name(&self, column: &Column) -> &str {
        // Checked when it was read.
        std::str::from_utf8(&self.bytes[column.name.clone()]).unwrap_or_default()
    }

    fn text(&self, cell: &Range<u32>) -> Option<&str> {
        if cell.is_empty() {
            return None;
        }
        std::str::from_utf8(&self.bytes[cell.start as usize..cell.end as usize]).ok()
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, Malformed> {
        let byte = *self.bytes.get(self.at).ok_or(Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    fn short(&mut self) -> Result<usize, Malformed> {
        Ok(usize::from(u16::from_le_bytes([self.byte()?, self.byte()?])))
    }

    fn length(&mut self) -> Result<u32, Malformed> {
        let mut length = 0_u32;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            length |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(length);
            }
        }
        Err(Malformed)
    }

    /// A column whose cells hold their lengths as ends, until the text's beginning is known.
    fn column(&mut self, rows: usize) -> Result<Column, Malformed> {
        let length = usize::from(self.byte()?);
        let name = self.at..self.at + length;
        let text = self.bytes.get(name.clone()).ok_or(Malformed)?;
        std::str::from_utf8(text).map_err(|_| Malformed)?;
        self.at = name.end;
        let mut cells = Vec::with_capacity(rows.min(self.bytes.len()));
        for _ in 0..rows {
            cells.push(0..self.length()?.saturating_sub(1));
        }
        Ok(Column { name, cells })
    }
}

/// Gathers the columns of a part, record by record.
#[derive(Debug, Default)]
pub struct PartBuilder {
    rows: usize,
    columns: Vec<Gathered>,
    /// Where the next value's column is looked for first: records name their fields in the same order.
    next: usize,
}

#[derive(Debug)]
struct Gathered {
    name: String,
    /// One for each row so far; columns that the last rows did not have are filled up later.
    lengths: Vec<u32>,
    text: String,
}

impl PartBuilder {
    /// Adds a value, as JSON text, to the record being added. A name comes once for each record.
    pub fn cell(&mut self, name: &str, json: &str) {
        let rows = self.rows;
        let column = self.column(name);
        column.lengths.resize(rows, 0);
        column.lengths.push(json.len() as u32 + 1);
        column.text.push_str(json);
    }

    fn column(&mut self, name: &str) -> &mut Gathered {
        let expected = self
            .columns
            .get(self.next)
            .is_some_and(|column| column.name == name);
        let place = if expected {
            self.next
        } else {
            let found = self.columns.iter().position(|column| column.name == name);
            found.unwrap_or_else(|| {
                self.columns.push(Gathered {
                    name: name.to_owned(),
                    lengths: Vec::new(),
                    text: String::new(),
                });
                self.columns.len() - 1
            })
        };
        self.next = place + 1;
        &mut self.columns[place]
    }

    /// Ends the record.
    pub fn end_row(&mut self) {
        self.rows += 1;
        self.next = 0;
    }

    /// Bytes of text so far.
    pub fn size(&self) -> usize {
        self.columns.iter().map(|column| column.text.len()).sum()
    }

    /// The part as it is stored.
    ///
    /// # Errors
    /// If there are more records or columns than a part can tell, or a longer name or value.
    pub fn finish(self) -> Result<Vec<u8>, Malformed> {
        let short = |count: usize| u16::try_from(count).map_err(|_| Malformed);
        let mut bytes = vec![LAYOUT];
        bytes.extend(short(self.rows)?.to_le_bytes());
        bytes.extend(short(self.columns.len())?.to_le_bytes());
        for column in &self.columns {
            if column.text.len() >= LONGEST {
                return Err(Malformed);
            }
            bytes.push(u8::try_from(column.name.len()).map_err(|_| Malformed)?);
            bytes.extend(column.name.as_bytes());
            let lengths = column.lengths.iter().copied().chain(std::iter::repeat(0));
            lengths
                .take(self.rows)
                .for_each(|length| push_length(&mut bytes, length));
        }
        for column in &self.columns {
            bytes.extend(column.text.as_bytes());
        }
        Ok(bytes)
    }
}

fn push_length(bytes: &mut Vec<u8>, mut length: u32) {
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}
