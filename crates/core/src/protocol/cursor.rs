//! The opaque cursor of a delta. Devices store it and send it back; only the server reads it.

use std::{fmt, str::FromStr};

/// What a cursor holds: `v2.<epoch>.<start>.<entity set>.<position>-<answer>.<mac>[.<scan position>]`, where the position
/// is `<sequence>`, or `<transaction>:<sequence>` on a database that orders its log by both.
///
/// The first form, `v1.<epoch>.<entity set>.<sequence>-<answer>[.<scan position>]`, is still read: it has no `start` and no
/// `mac`, and so proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Names one unbroken history of the server's database; a restored backup starts another.
    pub epoch: String,
    /// Names the start of the server process that issued the cursor; empty in the first form.
    pub start: String,
    /// A short hash of the entity set that was asked for.
    pub entity_set: String,
    /// The transaction part of the position; 0 where the log has a single order.
    pub transaction: u64,
    /// Everything up to this position of the change log is on the device.
    pub sequence: u64,
    /// Which of the server's answers to this device it came with: two answers to the same request may differ.
    pub answer: u64,
    /// During a first sync: the last record scanned, as `entity/id`.
    pub scan: Option<String>,
    /// The server's proof that it issued this cursor to this device; empty in the first form.
    pub mac: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one this server made; start again without it")]
pub struct CursorError;

/// Bytes of a cursor at most: more than any server ever issued.
const LONGEST: usize = 1_024;

impl Cursor {
    /// Whether the cursor is of the first form, which carries no proof.
    pub fn is_unsigned(&self) -> bool {
        self.start.is_empty()
    }

    /// The text that the proof covers: everything but the proof itself.
    pub fn signed_text(&self) -> String {
        Self {
            mac: String::new(),
            ..self.clone()
        }
        .to_string()
    }

    fn position(&self) -> String {
        match self.transaction {
            0 => self.sequence.to_string(),
            transaction => format!("{transaction}:{}", self.sequence),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            epoch,
            start,
            entity_set,
            answer,
            mac,
            ..
        } = self;
        let position = self.position();
        match self.is_unsigned() {
            true => write!(f, "v1.{epoch}.{entity_set}.{position}-{answer}")?,
            false => write!(f, "v2.{epoch}.{start}.{entity_set}.{position}-{answer}.{mac}")?,
        }
        self.scan
            .as_ref()
            .map_or(Ok(()), |position| write!(f, ".{position}"))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        if text.len() > LONGEST {
            return Err(CursorError);
        }
        let (version, rest) = text.split_once('.').ok_or(CursorError)?;
        let signed = match version {
            "v1" => false,
            "v2" => true,
            _ => return Err(CursorError),
        };
        let mut parts = rest.splitn(if signed { 6 } else { 4 }, '.');
        let mut next = || parts.next().filter(|part| !part.is_empty()).ok_or(CursorError);
        let epoch = next()?.to_owned();
        let start = if signed { next()?.to_owned() } else { String::new() };
        let entity_set = next()?.to_owned();
        let place = next()?;
        let mac = if signed { next()?.to_owned() } else { String::new() };
        let scan = next().ok().map(str::to_owned);
        // Without a number it was made by a server that gave none, and belongs to no answer.
        let (position, answer) = place.split_once('-').unwrap_or((place, "0"));
        let (transaction, sequence) = position.split_once(':').unwrap_or(("0", position));
        Ok(Self {
            epoch,
            start,
            entity_set,
            transaction: number(transaction)?,
            sequence: number(sequence)?,
            answer: number(answer)?,
            scan,
            mac,
        })
    }
}

/// Digits alone: one number has one text.
fn number(digits: &str) -> Result<u64, CursorError> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let short = digits == "0" || !digits.starts_with('0');
    let parsed = digits.parse().ok().filter(|_| plain && short);
    parsed.ok_or(CursorError)
}

#[cfg(test)]
mod tests {
    use super::{Cursor, CursorError};

    #[test]
    fn both_forms_are_read_and_written_back() {
        let table = [
            "v1.e.abcd1234.7-0",
            "v1.e.abcd1234.7-3.9/2/order/WO-1.5",
            "v2.e.s.abcd1234.7-3.mac",
            "v2.e.s.abcd1234.4:7-3.mac",
            "v2.e.s.abcd1234.7-3.mac.9/2/order/WO-1.5",
        ];
        for text in table {
            let cursor: Cursor = text.parse().unwrap();
            assert_eq!(cursor.to_string(), text);
            assert_eq!(cursor.is_unsigned(), text.starts_with("v1"), "{text}");
            assert_eq!(cursor.sequence, 7, "{text}");
        }
    }

    #[test]
    fn what_no_server_writes_is_refused() {
        let table = [
            "",
            "v1",
            "v2",
            "v3.e.s.abcd.7-3.mac",
            "v2.e.s.abcd.7-3",
            "v2.e..abcd.7-3.mac",
            "v2.e.s.abcd.-7-3.mac",
            "v2.e.s.abcd.+7-3.mac",
            "v2.e.s.abcd.07-3.mac",
            "v2.e.s.abcd.7-3.",
            "v1.e.abcd.18446744073709551616-0",
            "v2.e.s.abcd.1:2:3-4.mac",
            "v2.e.s.abcd. 7-3.mac",
        ];
        for text in table {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
        let long = format!("v1.e.abcd1234.7-0.{}", "x".repeat(2_000));
        assert_eq!(long.parse::<Cursor>(), Err(CursorError));
    }

    #[test]
    fn the_proof_covers_everything_but_itself() {
        let cursor: Cursor = "v2.e.s.abcd1234.7-3.mac.9/2/order/WO-1".parse().unwrap();
        assert_eq!(cursor.signed_text(), "v2.e.s.abcd1234.7-3..9/2/order/WO-1");
    }
}
