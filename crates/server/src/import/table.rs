//! A CSV file taken apart (RFC 4180), so that one bad row costs no other.
//!
//! A quote that is opened and not closed would make one cell of all that follows. Such a row is told, and reading goes on at
//! the next line.

/// What is wrong with a row before its cells are looked at.
const NEVER_CLOSED: &str = "opens a quote that is never closed";
const TEXT_BEHIND: &str = "has text behind a closing quote; write a quote within a cell twice";

/// A row as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawRow {
    /// From 1.
    pub line: u64,
    pub cells: Result<Vec<String>, &'static str>,
    /// Whether a cell of it holds the end of a line.
    pub spans_lines: bool,
}

/// Reads rows; empty lines are none.
pub(super) struct Rows<'a> {
    rest: &'a str,
    line: u64,
    /// The text behind the first line of the last row, and that line's number.
    behind_first_line: (&'a str, u64),
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
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
        let parsed = row(start);
        let (cells, spans_lines) = match parsed {
            Ok((cells, rest)) => {
                let read = &start[..start.len() - rest.len()];
                let lines = read.matches('\n').count() + read.replace("\r\n", "").matches('\r').count();
                (self.rest, self.line) = (rest, line + lines as u64);
                (Ok(cells), rest.len() < behind.len())
            }
            Err(reason) => {
                self.reread();
                (Err(reason), false)
            }
        };
        Some(RawRow {
            line,
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
fn row(mut text: &str) -> Result<(Vec<String>, &str), &'static str> {
    let mut cells = Vec::new();
    loop {
        let (cell, rest) = match text.strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted)?,
            None => {
                let end = text.find([',', '\r', '\n']).unwrap_or(text.len());
                (text[..end].to_owned(), &text[end..])
            }
        };
        cells.push(cell);
        match rest.strip_prefix(',') {
            Some(rest) => text = rest,
            None => return Ok((cells, without_line_end(rest).unwrap_or(rest))),
        }
    }
}

/// The cell behind its opening quote, and the text behind its closing one.
fn quoted_cell(mut text: &str) -> Result<(String, &str), &'static str> {
    let mut cell = String::new();
    loop {
        let end = text.find('"').ok_or(NEVER_CLOSED)?;
        cell.push_str(&text[..end]);
        text = &text[end + 1..];
        match text.strip_prefix('"') {
            Some(rest) => {
                cell.push('"');
                text = rest;
            }
            None if text.is_empty() || text.starts_with([',', '\r', '\n']) => return Ok((cell, text)),
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
            let read: Vec<_> = Rows::new(text).map(|row| (row.line, row.cells)).collect();
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
        let mut rows = Rows::new("a,\"b\nc\",d\ne,f");
        let swallowed = rows.next().unwrap();
        assert!(swallowed.spans_lines);
        rows.reread();
        let rest: Vec<_> = rows
            .map(|row| (row.line, row.cells.map(|cells| cells.len())))
            .collect();
        assert_eq!(rest, [(2, Ok(2)), (3, Ok(2))]);
    }
}
