//! The frame, messages and dialogs.

pub const SKIP: &str = "Skip to content";
pub const MAIN_NAVIGATION: &str = "Main";
pub const TODAY: &str = "Today";
pub const WORK: &str = "Work";
pub const QUEUE: &str = "Queue";
pub const INBOX: &str = "Inbox";
pub const MORE: &str = "More";
pub const WAITING: &str = " waiting";
pub const BACK: &str = "Back";
pub const CLOSE: &str = "Close";
pub const CANCEL: &str = "Cancel";
pub const UNDO: &str = "Undo";
pub const RETRY: &str = "Retry";
pub const DETAILS: &str = "Details";
pub const LATER: &str = "Later";
pub const NOT_FOUND: &str = "There is no such page";
pub const NOT_FOUND_TEXT: &str = "The address may be old. Your work is where it was.";
pub const TO_TODAY: &str = "Go to today";

pub const MARK_DEVICE: &str = "On this device";
pub const MARK_SENDING: &str = "Sending";
pub const MARK_CONFLICT: &str = "Conflict";
pub const MARK_FAILED: &str = "Failed";
pub const MARK_SYNCED: &str = "Synced";

pub const UPDATE_READY: &str = "Update ready";
pub const RESTART: &str = "Restart";

/// What a storage failure means for whoever tapped.
pub fn not_stored(reason: &str) -> String {
    format!("This could not be kept on the device: {reason}")
}

pub const NEEDS_NETWORK: &str = "This needs the network. Try again when the server is in reach.";
pub const NOT_ALLOWED: &str = "You are not allowed to do this here.";
pub const NOT_SAVED: &str =
    "The browser did not let the file be saved. Allow downloads for this site, then try again.";
