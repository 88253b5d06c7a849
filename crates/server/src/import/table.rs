//! A separated table taken apart (RFC 4180), so that one bad row costs no other.
//!
//! A quote that is opened and not closed would make one cell of all that follows. Such a row is told, and reading goes on at
//! the next line. Whether a quote that is closed in a later line was meant to be is judged by [`RawRow::is_ambiguous`].

use std::ops::Range;

/// The longest cell, in bytes: more than any pack lets a text have.
const MAX_CELL: usize = 400_000;

/// What is wrong with a row before its cells are looked at.
const NEVER_CLOSED: &str = "opens a quote that is never closed";
const TEXT_BEHIND: &str = "has text behind a closing quote; write a quote within a cell twice";
const TOO_LONG: &str = "has a cell of more than 400,000 bytes";

/// A row as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawRow {
    /// From 1.
    pub line: u64,
    /// Where it stands in the text.
    pub range: Range<usize>,
    pub cells: Result<Vec<String>, &'static str>,
    /// Whether a cell of it holds the end of a line.
    pub spans_lines: bool,
}

impl RawRow {
    /// Whether the lines of the row could be rows by themselves, so that one of its quotes was not meant: a line behind the
    /// first has as many cells as a row has, or the first one has where the quote is not in the last cell.
    pub fn is_ambiguous(&self, columns: usize, delimiter: char) -> bool {
        let Some(cells) = self.cells.as_ref().ok().filter(|_| self.spans_lines) else {
            return false;
        };
        let (mut widths, mut width, mut first_long) = (Vec::new(), 0, None);
        for (index, cell) in cells.iter().enumerate() {
            let mut parts = lines(cell).map(|(part, _)| 1 + part.matches(delimiter).count());
            width += parts.next().unwrap_or(1);
            for part in parts {
                first_long.get_or_insert(index);
                widths.push(std::mem::replace(&mut width, part));
            }
        }
        widths.push(width);
        let last_cell = first_long.is_none_or(|index| index + 1 >= columns);
        widths
            .iter()
            .enumerate()
            .any(|(line, width)| *width >= columns && (line > 0 || !last_cell))
    }
}

/// The lines of a text with their number, from 0.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (&str, u64)> {
    let (mut rest, mut number) = (Some(text), 0);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.find(['\r', '\n']).unwrap_or(text.len());
        rest = without_line_end(&text[end..]);
        number += 1;
        Some((&text[..end], number - 1))
    })
}

/// Reads rows; empty lines are none.
pub(super) struct Rows<'a> {
    text: &'a str,
    delimiter: char,
    rest: &'a str,
    line: u64,
    /// The text behind the first line of the last row, and that line's number.
    behind_first_line: (&'a str, u64),
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str, delimiter: char) -> Self {
        Self {
            text,
            delimiter,
            rest: text,
            line: 1,
            behind_first_line: (text, 1),
        }
    }

    /// Goes on behind the first line of the last row, which was not meant to be longer.
    pub fn reread(&mut self) {
        (self.rest, self.line) = self.behind_first_line;
    }
}

impl Iterator for Rows<'_> {
    type Item = RawRow;

    fn next(&mut self) -> Option<RawRow> {
        while let Some(rest) = without_line_end(self.rest) {
            self.rest = rest;
            self.line += 1;
        }
        if self.rest.is_empty() {
            return None;
        }
        let (start, line) = (self.rest, self.line);
        let end = start.find(['\r', '\n']).unwrap_or(start.len());
        let behind = without_line_end(&start[end..]).unwrap_or_default();
        self.behind_first_line = (behind, line + 1);
        let at = self.text.len() - start.len();
        let (cells, length, spans_lines) = match row(start, self.delimiter) {
            Ok((cells, rest)) => {
                let read = start.len() - rest.len();
                self.line += (lines(&start[..read]).count() - 1) as u64;
                self.rest = rest;
                (Ok(cells), read, rest.len() < behind.len())
            }
            Err(reason) => {
                self.reread();
                (Err(reason), end, false)
            }
        };
        Some(RawRow {
            line,
            range: at..at + length,
            cells,
            spans_lines,
        })
    }
}

/// The text behind the end of a line, if it begins with one.
fn without_line_end(text: &str) -> Option<&str> {
    text.strip_prefix("\r\n")
        .or_else(|| text.strip_prefix(['\r', '\n']))
}

/// The cells of the first row, and the text behind it.
fn row(mut text: &str, delimiter: char) -> Result<(Vec<String>, &str), &'static str> {
    let mut cells = Vec::new();
    loop {
        let (cell, rest) = match text.strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted, delimiter)?,
            None => {
                let end = text.find([delimiter, '\r', '\n']).unwrap_or(text.len());
                (text[..end].to_owned(), &text[end..])
            }
        };
        if cell.len() > MAX_CELL {
            return Err(TOO_LONG);
        }
        cells.push(cell);
        match rest.strip_prefix(delimiter) {
            Some(rest) => text = rest,
            None => return Ok((cells, without_line_end(rest).unwrap_or(rest))),
        }
    }
}

/// The cell behind its opening quote, and the text behind its closing one. It looks no further than the longest cell.
fn quoted_cell(mut text: &str, delimiter: char) -> Result<(String, &str), &'static str> {
    let mut cell = String::new();
    loop {
        let within = text.len().min(MAX_CELL + 1);
        let quote = text.as_bytes()[..within].iter().position(|byte| *byte == b'"');
        let end = match quote {
            Some(end) => end,
            None if within < text.len() => return Err(TOO_LONG),
            None => return Err(NEVER_CLOSED),
        };
        cell.push_str(&text[..end]);
        if cell.len() > MAX_CELL {
            return Err(TOO_LONG);
        }
        text = &text[end + 1..];
        match text.strip_prefix('"') {
            Some(rest) => {
                cell.push('"');
                text = rest;
            }
            None if text.is_empty() || text.starts_with([delimiter, '\r', '\n']) => return Ok((cell, text)),
            None => return Err(TEXT_BEHIND),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (u64, Result<Vec<&'static str>, &'static str>);

    #[test]
    fn rows_are_read_and_a_bad_one_costs_no_other() {
        let table: [(&str, Vec<Read>); 10] = [
            ("", vec![]),
            ("a,b\nc,d", vec![(1, Ok(vec!["a", "b"])), (2, Ok(vec!["c", "d"]))]),
            (
                "a,b\r\n\r\nc,\r\n",
                vec![(1, Ok(vec!["a", "b"])), (3, Ok(vec!["c", ""]))],
            ),
            ("a\rb\r", vec![(1, Ok(vec!["a"])), (2, Ok(vec!["b"]))]),
            ("\"a,1\",\"b \"\"x\"\"\"\n", vec![(1, Ok(vec!["a,1", "b \"x\""]))]),
            (
                "\"a\nb\",c\nd,e",
                vec![(1, Ok(vec!["a\nb", "c"])), (3, Ok(vec!["d", "e"]))],
            ),
            (
                "5\" pipe,x\ny,z",
                vec![(1, Ok(vec!["5\" pipe", "x"])), (2, Ok(vec!["y", "z"]))],
            ),
            (
                "a,\"open\nc,d\ne,f",
                vec![
                    (1, Err(NEVER_CLOSED)),
                    (2, Ok(vec!["c", "d"])),
                    (3, Ok(vec!["e", "f"])),
                ],
            ),
            (
                "a,\"open\nc,\"d\"\ne,f",
                vec![
                    (1, Err(TEXT_BEHIND)),
                    (2, Ok(vec!["c", "d"])),
                    (3, Ok(vec!["e", "f"])),
                ],
            ),
            ("\"\"", vec![(1, Ok(vec![""]))]),
        ];
        for (text, expected) in table {
            let read: Vec<_> = Rows::new(text, ',').map(|row| (row.line, row.cells)).collect();
            let owned = |(line, cells): Read| {
                (
                    line,
                    cells.map(|cells| cells.into_iter().map(str::to_owned).collect()),
                )
            };
            assert_eq!(
                read,
                expected.into_iter().map(owned).collect::<Vec<_>>(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_row_that_swallowed_others_can_be_read_again() {
        let mut rows = Rows::new("a,\"b\nc\",d\ne,f", ',');
        let swallowed = rows.next().unwrap();
        assert!(swallowed.spans_lines);
        rows.reread();
        let rest: Vec<_> = rows
            .map(|row| (row.line, row.cells.map(|cells| cells.len())))
            .collect();
        assert_eq!(rest, [(2, Ok(2)), (3, Ok(2))]);
    }

    #[test]
    fn lines_that_could_be_rows_make_a_row_ambiguous() {
        let table = [
            // A note of several lines, in any column but the first, with or without separators in it.
            ("a,\"b\nc\",d", false),
            ("a,b,\"c\nd\"", false),
            ("a,b,\"c\nd, e\nf\"", false),
            ("\"a, b\",c,\"d\ne\"", false),
            ("a,\"b\n\nc\nd\",e", false),
            // A stray quote that another one closes.
            ("a,\"b,c\nd,e\",f", true),
            ("a,b,\"c\nd,e,f\"", true),
            ("a,b,\"c\nd,e,f\ng,h,i\"", true),
            ("a,\"b,c\nd\",f", true),
            ("a,\"b\nc,d,e,f,g\nh\",i", true),
            // The first cell cannot be told from a row.
            ("\"a\nb\",c,d", true),
        ];
        for (text, ambiguous) in table {
            let row = Rows::new(text, ',').next().unwrap();
            assert!(
                row.spans_lines && row.cells.as_ref().is_ok_and(|cells| cells.len() == 3),
                "{text:?}"
            );
            assert_eq!(row.is_ambiguous(3, ','), ambiguous, "{text:?}");
            let other = text.replace(',', ";");
            assert_eq!(
                Rows::new(&other, ';').next().unwrap().is_ambiguous(3, ';'),
                ambiguous,
                "{other:?}"
            );
        }
    }

    #[test]
    fn cells_have_a_longest_size() {
        let long = "x".repeat(MAX_CELL);
        for (text, expected) in [
            (long.clone(), Ok(1)),
            (format!("\"{long}\""), Ok(1)),
            (format!("{long}x,y"), Err(TOO_LONG)),
            (format!("\"{long}x\",y"), Err(TOO_LONG)),
            (format!("\"{long}{long}"), Err(TOO_LONG)),
            (format!("\"{}\"", "\"\"".repeat(MAX_CELL + 1)), Err(TOO_LONG)),
        ] {
            let mut rows = Rows::new(&text, ',');
            assert_eq!(rows.next().unwrap().cells.map(|cells| cells.len()), expected);
        }
        // A character of several bytes at the bound.
        let text = format!("\"{}é\"", "x".repeat(MAX_CELL));
        assert_eq!(Rows::new(&text, ',').next().unwrap().cells, Err(TOO_LONG));
    }
}
