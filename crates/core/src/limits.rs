//! How much one write may say.
//!
//! The device refuses at the field what is larger, while its author types; the server refuses it before it does any work.
//! Both ask here, so nothing that a device takes comes back from the server for its size. Only what a write says is
//! measured: an older stored value that is larger stays, and is no fault of a write that leaves it alone.

use serde_json::Value;

use crate::{Fields, record::FieldError};

/// Bytes of one write's fields, as [`size`] counts them.
pub const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;
/// What each value counts beside its text, because it takes memory of its own.
pub const VALUE_BYTES: usize = 24;
/// Lists and objects within each other, in one field.
pub const MAX_DEPTH: usize = 16;
/// Items of one list, set or log, and parts of one object.
pub const MAX_ITEMS: usize = 2_000;
/// Characters of one text, unless its pack says less.
pub const MAX_TEXT_CHARS: usize = 100_000;

/// Operations of a push.
pub const MAX_OPERATIONS: usize = 500;
/// Keys of edits that one operation stands for: a device begins another write before it would name more.
pub const MAX_COALESCED: usize = 250;
/// The same of all operations of a push.
pub const MAX_COALESCED_IN_BATCH: usize = 2_000;
/// Writes that one operation waits for.
pub const MAX_DEPENDENCIES: usize = 250;
/// References of one operation of which its author tells when the server had last changed what they saw.
pub const MAX_SEEN_REFERENCES: usize = 250;
/// Bytes of an id, a key, or the name of a kind, domain or entity.
pub const MAX_NAME_BYTES: usize = 128;
/// Bytes of the payloads and bases that a device puts into one push, unless a single write has more.
pub const MAX_BATCH_BYTES: usize = 2 * 1024 * 1024;

/// Milliseconds that a device's clock may be off, either way: a century. A write that claims more has no time of its own.
pub const MAX_CLOCK_OFFSET_MS: u64 = 100 * 365 * 86_400_000;

/// Faults that are named in one answer; one who mends these learns of the others.
pub const MAX_FAULTS: usize = 20;
/// Characters of a fault's text, which may quote what was written.
const MAX_FAULT_CHARS: usize = 200;

/// A fault of a field, of bounded length.
pub fn fault(field: &str, message: impl Into<String>) -> FieldError {
    FieldError {
        field: clipped(field.to_owned(), MAX_NAME_BYTES),
        message: clipped(message.into(), MAX_FAULT_CHARS),
    }
}

fn clipped(mut text: String, characters: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// What is too large in a write's fields; at most [`MAX_FAULTS`].
pub fn oversized(payload: &Fields) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let (mut total, mut largest) = (0, ("", 0));
    for (name, value) in payload {
        let mut measure = Measure::default();
        measure.take(value, 0);
        faults.extend(measure.fault.map(|message| fault(name, message)));
        let bytes = name.len() + measure.bytes;
        total += bytes;
        if bytes > largest.1 {
            largest = (name, bytes);
        }
    }
    if total > MAX_PAYLOAD_BYTES {
        faults.push(fault(
            largest.0,
            "makes this change larger than 1 MiB; shorten it, or split the change",
        ));
    }
    faults.truncate(MAX_FAULTS);
    faults
}

/// The bytes of names and texts, and [`VALUE_BYTES`] for each value.
pub fn size(fields: &Fields) -> usize {
    let parts = fields.iter().map(|(name, value)| {
        let mut measure = Measure::default();
        measure.take(value, 0);
        name.len() + measure.bytes
    });
    parts.sum()
}

/// The texts that are too long to be an id, a key or a name; each with the field that it stands in.
pub fn overlong<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<FieldError> {
    let long = names.into_iter().filter(|(_, name)| name.len() > MAX_NAME_BYTES);
    let faults = long.map(|(field, name)| {
        let bytes = name.len();
        fault(field, format!("may have {MAX_NAME_BYTES} bytes, and has {bytes}"))
    });
    faults.take(MAX_FAULTS).collect()
}

#[derive(Default)]
struct Measure {
    bytes: usize,
    /// The first thing that is too large.
    fault: Option<String>,
}

impl Measure {
    fn take(&mut self, value: &Value, depth: usize) {
        self.bytes += VALUE_BYTES;
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) if self.enter(items.len(), "items", depth) => {
                for item in items {
                    self.take(item, depth + 1);
                }
            }
            Value::Object(parts) if self.enter(parts.len(), "parts", depth) => {
                for (name, part) in parts {
                    self.bytes += name.len();
                    self.take(part, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes += text.len();
        if text.len() > MAX_TEXT_CHARS {
            let characters = text.chars().count();
            if characters > MAX_TEXT_CHARS {
                self.note(format!(
                    "may have {MAX_TEXT_CHARS} characters, and has {characters}"
                ));
            }
        }
    }

    /// Whether to look inside: what is nested too deeply is not measured any further.
    fn enter(&mut self, count: usize, of: &str, depth: usize) -> bool {
        if count > MAX_ITEMS {
            self.note(format!("may have {MAX_ITEMS} {of}, and has {count}"));
        }
        if depth >= MAX_DEPTH {
            self.note(format!(
                "may be nested {MAX_DEPTH} levels deep, and is nested deeper"
            ));
        }
        depth < MAX_DEPTH
    }

    fn note(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }
}
