//! The queue.

use super::changes;

pub const SENDING: &str = "Sending your changes";
pub const NEEDS_YOU: &str = "Needs you";
pub const ON_THE_WAY: &str = "On the way";
pub const DELIVERED: &str = "Delivered lately";
pub const ALL_SENT: &str = "All sent";
pub const ALL_SENT_TEXT: &str = "Nothing waits on this device.";
pub const EXPORT: &str = "Export the queue";
pub const SYNC_NOW: &str = "Sync now";
pub const RECEIPT: &str = "Receipt";
pub const ON_THIS_DEVICE: &str = "On this device";
pub const SENT: &str = "Sent";
pub const ACCEPTED: &str = "Accepted";
pub const REFUSED: &str = "Refused";
pub const CORRECT: &str = "Correct";
pub const DISCARD: &str = "Discard";
pub const DISCARD_ASK: &str = "Discard this change?";
pub const KEEP_IT: &str = "Keep it";
pub const RETRY_ALL: &str = "Retry all";
pub const CORRECT_TITLE: &str = "Correct a change";
pub const SEND_AGAIN: &str = "Send again";
pub const GONE: &str = "This change is no longer in the queue. It may have been sent meanwhile.";
pub const OPEN_RECORD: &str = "Open the record";

pub const EXPORT_TITLE: &str = "Export the queue";
pub const EXPORT_TEXT: &str = "A file with everything that waits here, sealed with a phrase of its own. Whoever has file and phrase can read it; without the phrase nobody can.";
pub const EXPORT_PHRASE: &str = "Phrase for the file";
pub const EXPORT_SEALED: &str = "Save sealed file";
pub const EXPORT_SHORT: &str = "Use eight characters or more.";
pub const EXPORTED: &str = "Saved";

pub fn created(title: &str) -> String {
    format!("{title} created")
}

pub fn changed(title: &str) -> String {
    format!("{title} changed")
}

pub fn deleted(title: &str) -> String {
    format!("{title} deleted")
}

pub fn priority(level: u8) -> String {
    format!("priority {level}")
}

pub fn done_of(done: usize, total: usize) -> String {
    format!("{done} of {total}")
}

pub fn tries(count: u32) -> String {
    if count == 1 {
        "The server refused this.".to_owned()
    } else {
        format!("The server refused this after {count} tries.")
    }
}

pub fn discard_text(what: &str, others: usize) -> String {
    let more = match others {
        0 => String::new(),
        1 => " One later change depends on it and goes with it.".to_owned(),
        many => format!(" {many} later changes depend on it and go with it."),
    };
    format!("“{what}” was never accepted by the server.{more} You can undo this for a few seconds.")
}

pub fn discarded(count: usize) -> String {
    format!("Discarded {}", changes(count))
}
