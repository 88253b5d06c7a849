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

pub const FULL: &str = "No room left on this device";
pub const FULL_TEXT: &str = "What the server has for you cannot be kept here, so sync has stopped. Nothing is lost. Free some room: delete photos, videos or apps you do not need, or other sites’ data in the browser’s settings. Sync goes on by itself, or at once with Try again.";
/// An edit that was not kept for want of room.
pub const FULL_NOT_SAVED: &str = "There is no room left on this device, so this is not saved yet. What you typed is still here. Delete photos, videos or apps you do not need, or other sites’ data in the browser’s settings, then save again.";

pub const CLOCK_OFF_TEXT: &str = "Times are recorded by the server’s clock, so your work is dated right. Set the date and time in the device’s settings, so that it also shows them right.";

pub fn clock_behind(length: &str) -> String {
    format!("This device’s clock is {length} behind")
}

pub fn clock_ahead(length: &str) -> String {
    format!("This device’s clock is {length} ahead")
}

pub const REMOVED_STATUS: &str = "Removed from this device";
pub const REMOVED: &str = "This browser has removed your data";
pub const REMOVED_TEXT: &str = "It has cleared what Holdfast had stored on this device, while Holdfast was open. What you see, and what you have typed, is in this page only: nothing can be saved here any more. Copy what you need before you close it. After signing in again, everything that the server has comes back.";
pub const SIGN_IN_AGAIN: &str = "Sign in again";
pub const STAY_HERE: &str = "Stay here";

/// How much of it the server has not got.
pub fn removed_unsent(count: usize) -> String {
    format!(
        "{} never sent: save a sealed file, and give it to whoever looks after Holdfast for you.",
        super::changes(count)
    )
}

/// Why what is on the device stays closed.
pub fn not_opened(reason: &str) -> String {
    format!("What is on this device could not be opened: {reason}")
}

/// What a storage failure means for whoever tapped.
pub fn not_stored(reason: &str) -> String {
    format!("This could not be kept on the device: {reason}")
}

pub const NEEDS_NETWORK: &str = "This needs the network. Try again when the server is in reach.";
pub const NOT_ALLOWED: &str = "You are not allowed to do this here.";
pub const NOT_SAVED: &str =
    "The browser did not let the file be saved. Allow downloads for this site, then try again.";
