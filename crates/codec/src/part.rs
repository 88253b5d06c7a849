//! Columns of JSON text.
//!
//! One part holds some fields of every record of a page, column by column: what stands side by side is alike, and
//! packs well. A value is kept as its JSON text, byte for byte, so that what came from the network needs no taking
//! apart and building up again.
//!
//! ```text
//! layout 1 · rows (u16) · columns (u16)
//! each column:  name's length (u8) · name · the length of each row's value, 0 for none (LEB128)
//! the values' text, column after column
//! ```

use crate::Malformed;

/// The first byte of every part; raised when the layout changes.
const LAYOUT: u8 = 1;

/// Bytes of a column's text at most: far more than a page holds, and little enough for its lengths to be told.
const LONGEST: usize = 1 << 24;

/// Bytes of text for which a column has room from the beginning, for each row.
const USUAL_TEXT: usize = 8;

/// Some columns of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    rows: usize,
    columns: Vec<Column>,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    /// Where its values begin in the text.
    start: u32,
    /// Where each row's value ends in the text.
    ends: Vec<u32>,
}

impl Part {
    /// Reads a part; every length is checked here, so that nothing later can fail.
    ///
    /// # Errors
    /// If the bytes are not a part of a layout known here.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.byte()? != LAYOUT {
            return Err(Malformed);
        }
        let (rows, count) = (reader.short()?, reader.short()?);
        let mut columns = Vec::with_capacity(count);
        let mut end = 0;
        for _ in 0..count {
            columns.push(reader.column(rows, &mut end)?);
        }
        let text = String::from_utf8(bytes[reader.at..].to_vec()).map_err(|_| Malformed)?;
        let whole = |column: &Column| column.ends.iter().all(|end| text.is_char_boundary(*end as usize));
        if end as usize != text.len() || !columns.iter().all(whole) {
            return Err(Malformed);
        }
        Ok(Self { rows, columns, text })
    }

    /// The part as it is stored.
    ///
    /// # Errors
    /// If there are more records or columns than can be told, or a longer name.
    pub fn bytes(&self) -> Result<Vec<u8>, Malformed> {
        let short = |count: usize| u16::try_from(count).map_err(|_| Malformed);
        let mut bytes = Vec::with_capacity(self.text.len() + self.columns.len() * (self.rows + 16) + 5);
        bytes.push(LAYOUT);
        bytes.extend(short(self.rows)?.to_le_bytes());
        bytes.extend(short(self.columns.len())?.to_le_bytes());
        for column in &self.columns {
            bytes.push(u8::try_from(column.name.len()).map_err(|_| Malformed)?);
            bytes.extend(column.name.as_bytes());
            let mut start = column.start;
            for end in &column.ends {
                push_length(&mut bytes, end - start);
                start = *end;
            }
        }
        bytes.extend(self.text.as_bytes());
        Ok(bytes)
    }

    /// One that has nothing to say about this many records.
    pub fn empty(rows: usize) -> Self {
        Self {
            rows,
            columns: Vec::new(),
            text: String::new(),
        }
    }

    /// Whether it has nothing to say.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// How many records it is about.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The JSON text of a value; `None` where the record has none.
    pub fn cell(&self, name: &str, row: usize) -> Option<&str> {
        let column = self.columns.iter().find(|column| column.name == name)?;
        self.text(column, row)
    }

    /// All values of a record, with their names.
    pub fn cells(&self, row: usize) -> impl Iterator<Item = (&str, &str)> {
        let named = move |column| Some((Column::name(column), self.text(column, row)?));
        self.columns.iter().filter_map(named)
    }

    fn text(&self, column: &Column, row: usize) -> Option<&str> {
        let end = *column.ends.get(row)?;
        let start = if row == 0 {
            column.start
        } else {
            column.ends[row - 1]
        };
        self.text
            .get(start as usize..end as usize)
            .filter(|text| !text.is_empty())
    }
}

impl Column {
    fn name(&self) -> &str {
        &self.name
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

    /// A column whose text begins where the one before it ended.
    fn column(&mut self, rows: usize, end: &mut u32) -> Result<Column, Malformed> {
        let length = usize::from(self.byte()?);
        let name = self.bytes.get(self.at..self.at + length).ok_or(Malformed)?;
        let name = std::str::from_utf8(name).map_err(|_| Malformed)?.to_owned();
        self.at += length;
        let start = *end;
        let mut ends = Vec::with_capacity(rows.min(self.bytes.len()));
        for _ in 0..rows {
            *end = end.checked_add(self.length()?).ok_or(Malformed)?;
            ends.push(*end);
        }
        Ok(Column { name, start, ends })
    }
}

fn push_length(bytes: &mut Vec<u8>, mut length: u32) {
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

/// A column being gathered, record by record.
#[derive(Debug)]
pub struct Gathered {
    pub name: String,
    /// Where each row's value ends; rows after the last one that has a value are filled up at the end.
    ends: Vec<u32>,
    text: String,
}

impl Gathered {
    /// For about this many rows.
    ///
    /// # Errors
    /// If the name is longer than a part can tell.
    pub fn new(name: &str, rows: usize) -> Result<Self, Malformed> {
        let name = Some(name)
            .filter(|name| u8::try_from(name.len()).is_ok())
            .ok_or(Malformed)?;
        Ok(Self {
            name: name.to_owned(),
            ends: Vec::with_capacity(rows),
            text: String::with_capacity(rows * USUAL_TEXT),
        })
    }

    /// Adds a value, as JSON text, for this row; rows are added in order, and a second value of one takes the place of
    /// the first.
    ///
    /// # Errors
    /// If the column has become too long.
    pub fn push(&mut self, row: usize, json: &str) -> Result<(), Malformed> {
        if self.ends.len() != row {
            self.fill(row);
            self.truncate(row);
        }
        if self.text.len() + json.len() > LONGEST {
            return Err(Malformed);
        }
        self.text.push_str(json);
        self.ends.push(self.text.len() as u32);
        Ok(())
    }

    /// Takes back what was added for this row and later ones.
    pub fn truncate(&mut self, row: usize) {
        self.ends.truncate(row);
        self.text
            .truncate(self.ends.last().copied().unwrap_or_default() as usize);
    }

    fn fill(&mut self, rows: usize) {
        let last = self.ends.last().copied().unwrap_or_default();
        self.ends.resize(rows.max(self.ends.len()), last);
    }

    pub fn size(&self) -> usize {
        self.text.len()
    }
}

/// The part that these columns make.
pub fn join(rows: usize, gathered: Vec<Gathered>) -> Part {
    let mut text = String::with_capacity(gathered.iter().map(Gathered::size).sum());
    let mut columns = Vec::with_capacity(gathered.len());
    for mut column in gathered {
        column.fill(rows);
        let start = text.len() as u32;
        column.ends.iter_mut().for_each(|end| *end += start);
        columns.push(Column {
            name: column.name,
            start,
            ends: column.ends,
        });
        text.push_str(&column.text);
    }
    Part { rows, columns, text }
}
