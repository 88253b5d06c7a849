//! How much a JSON text may hold, found in one pass over its bytes, before any of it is built.
//!
//! A value takes far more memory than its text: `{"a":0},` is eight bytes, and some seven hundred as a map. So a text is
//! counted before it is read. Nothing here says that it is JSON; up to where its reader would stop, though, it counts
//! what the reader would build.

use std::borrow::Cow;

use super::string;

/// Arrays and objects within each other. A write's fields may have [`crate::limits::MAX_DEPTH`] of them, four levels down.
pub const MAX_DEPTH: usize = 24;
/// Values of all kinds.
pub const MAX_VALUES: usize = 100_000;
/// Members of one object.
pub const MAX_MEMBERS: usize = 2_000;
/// Bytes of one string, as it is written.
pub const MAX_STRING_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of one number.
pub const MAX_NUMBER_BYTES: usize = 1_024;

/// What a text has too much of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    #[error("The JSON is nested more than {MAX_DEPTH} levels deep.")]
    Depth,
    #[error("The JSON has more than {MAX_VALUES} values. Send it in smaller parts.")]
    Values,
    #[error("An object of the JSON has more than {MAX_MEMBERS} members.")]
    Members,
    #[error("A string of the JSON has more than {MAX_STRING_BYTES} bytes.")]
    String,
    #[error("A number of the JSON has more than {MAX_NUMBER_BYTES} bytes.")]
    Number,
    /// Two readers of the same text could take different ones of them.
    #[error("An object of the JSON has two members of one name.")]
    Repeated,
}

impl Excess {
    /// Whether the same in smaller parts would be taken.
    pub fn is_of_size(&self) -> bool {
        matches!(self, Self::Values | Self::Members | Self::String)
    }
}

/// Counts what a text holds.
///
/// # Errors
/// The first thing that it has too much of.
pub fn check(text: &[u8]) -> Result<(), Excess> {
    let mut scan = Scan::default();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'"' => scan.string(&text[at + 1..])?,
            b'{' | b'[' => scan.open(*byte == b'{')?,
            b'}' | b']' => scan.close()?,
            b',' => scan.next(),
            b':' => scan.value_follows(),
            b' ' | b'\t' | b'\r' | b'\n' => 1,
            _ => scan.scalar(&text[at..])?,
        };
    }
    Ok(())
}

/// Each step answers how many bytes it took.
#[derive(Default)]
struct Scan<'a> {
    values: usize,
    /// For each open array and object: where its names begin in `names`, if it is an object.
    open: Vec<Option<usize>>,
    /// Names of the members of the open objects.
    names: Vec<Cow<'a, [u8]>>,
    /// Whether a string would be a member's name.
    name_follows: bool,
}

impl<'a> Scan<'a> {
    fn value(&mut self) -> Result<(), Excess> {
        self.values += 1;
        match self.values > MAX_VALUES {
            true => Err(Excess::Values),
            false => Ok(()),
        }
    }

    fn string(&mut self, text: &'a [u8]) -> Result<usize, Excess> {
        let (mut end, mut escaped) = (0, false);
        while let Some(byte) = text.get(end).filter(|byte| **byte != b'"') {
            let escape = *byte == b'\\';
            escaped |= escape;
            end += 1 + usize::from(escape);
        }
        let end = end.min(text.len());
        if end > MAX_STRING_BYTES {
            return Err(Excess::String);
        }
        match self.open.last() {
            Some(Some(first)) if self.name_follows => {
                if self.names.len() - first >= MAX_MEMBERS {
                    return Err(Excess::Members);
                }
                self.names.push(name(&text[..end], escaped));
            }
            _ => self.value()?,
        }
        Ok(end + 2)
    }

    fn open(&mut self, object: bool) -> Result<usize, Excess> {
        self.value()?;
        if self.open.len() >= MAX_DEPTH {
            return Err(Excess::Depth);
        }
        self.open.push(object.then_some(self.names.len()));
        self.name_follows = object;
        Ok(1)
    }

    fn close(&mut self) -> Result<usize, Excess> {
        self.name_follows = false;
        if let Some(Some(first)) = self.open.pop() {
            let names = &mut self.names[first..];
            names.sort_unstable();
            if names.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(Excess::Repeated);
            }
            self.names.truncate(first);
        }
        Ok(1)
    }

    fn next(&mut self) -> usize {
        self.name_follows = matches!(self.open.last(), Some(Some(_)));
        1
    }

    fn value_follows(&mut self) -> usize {
        self.name_follows = false;
        1
    }

    /// A number, `true`, `false`, `null`, or what is no JSON.
    fn scalar(&mut self, text: &[u8]) -> Result<usize, Excess> {
        self.value()?;
        let ends = |byte: &u8| {
            matches!(byte, b',' | b':' | b'"' | b'[' | b']' | b'{' | b'}') || byte.is_ascii_whitespace()
        };
        let length = text.iter().position(ends).unwrap_or(text.len());
        match length > MAX_NUMBER_BYTES {
            true => Err(Excess::Number),
            false => Ok(length),
        }
    }
}

/// A member's name as its reader has it: `"\u0061"` is `"a"`.
fn name(written: &[u8], escaped: bool) -> Cow<'_, [u8]> {
    let read = || {
        let quoted = format!("\"{}\"", std::str::from_utf8(written).ok()?);
        Some(Cow::Owned(string(&quoted)?.into_owned().into_bytes()))
    };
    match escaped {
        true => read().unwrap_or(Cow::Borrowed(written)),
        false => Cow::Borrowed(written),
    }
}
