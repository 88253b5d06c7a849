//! Today, lists, records and forms.

use super::counted;

pub const SEARCH: &str = "Search";
pub const SEARCH_HINT: &str = "Number, name or words";
pub const FILTERS: &str = "Filters";
pub const SORT: &str = "Sort";
pub const CLEAR: &str = "Clear";
pub const ALL_FILTERS: &str = "All filters";
pub const OTHER_RECORDS: &str = "Other records";
pub const SHOW: &str = "Show";
pub const NEW: &str = "New";
pub const MINE: &str = "Mine";
pub const UNSENT: &str = "Not synced";
pub const UNFINISHED: &str = "Unfinished";
pub const EDIT: &str = "Edit";
pub const SAVE: &str = "Save";
pub const MORE_ACTIONS: &str = "More actions";
pub const PIN: &str = "Keep on this device";
pub const UNPIN: &str = "Stop keeping on this device";
pub const PINNED: &str = "Kept on this device";
pub const UNPINNED: &str = "No longer kept for itself";
pub const FACTS: &str = "Facts";
pub const YOUR_CHANGES: &str = "Your changes";
pub const NO_RECORD: &str = "This record is not on this device";
pub const NO_RECORD_TEXT: &str = "It was deleted, is no longer yours to see, or was never fetched.";
pub const PICK_ONE: &str = "Pick one from the list";
pub const PICK_ONE_TEXT: &str = "It opens here, beside the list.";
pub const NONE_YET: &str = "Nothing here yet";
pub const NONE_YET_TEXT: &str = "What concerns you comes with the next sync.";
pub const NONE_FOUND: &str = "Nothing fits";
pub const NONE_FOUND_TEXT: &str = "Try fewer words or take a filter away.";
pub const NEEDED: &str = "needed";
pub const CHOOSE: &str = "Choose one";
pub const NOTHING_CHOSEN: &str = "None";
pub const KEPT_AT_ONCE: &str = "Kept on this device at once; the number comes with the next sync.";
pub const DRAFT_KEPT: &str = "What you typed before is still here.";
pub const DRAFT_NOT_KEPT: &str = "What you are typing could not be kept on this device. Save it before you leave the form, and free some storage.";
pub const START_OVER: &str = "Start over";
pub const NEXT: &str = "Next";
pub const LOOK_AGAIN: &str = "Some fields need another look.";
pub const ADD_ITEM: &str = "Add";
pub const REMOVE_ITEM: &str = "Remove";
pub const DATE: &str = "Date";
pub const TIME: &str = "Time";
pub const LATITUDE: &str = "Latitude";
pub const LONGITUDE: &str = "Longitude";
pub const HERE: &str = "Use where I am";
pub const NO_POSITION: &str = "The position could not be found. Type it, or try again outside.";
pub const SET_HINT: &str = "One on each line";
pub const DATE_TOO: &str = "Enter the date, too.";
pub const DELETE: &str = "Delete";
pub const DELETE_TEXT: &str = "It disappears here at once, and for everybody with the next sync.";
pub const DELETED: &str = "Deleted";
pub const OFFLINE_ONLY: &str = "Only with a network";

pub const NOT_SAVED: &str = "Begun and not saved";
pub const ON_THIS_DEVICE: &str = "On this device";
pub const NOTHING_TODAY: &str = "Nothing is waiting for you";
pub const NOTHING_TODAY_TEXT: &str =
    "New work comes with the next sync. You can report what you see at any time.";
pub const CONFLICTS_WAIT: &str = "Decide";
pub const ON_DEVICE_TITLE: &str = "Waiting on this device";
pub const ON_DEVICE_TEXT: &str = "Sent by itself as soon as the network is there.";
pub const SEE_QUEUE: &str = "See the queue";
pub const KEPT: &str = "Your work is kept.";

pub const ADD_BY_HAND: &str = "Add by hand";
pub const START: &str = "Start";
pub const STOP: &str = "Stop";
pub const NOT_RUNNING: &str = "Not running";
pub const WHAT_DID_YOU_DO: &str = "What did you do?";
pub const HOURS: &str = "Hours";
pub const MINUTES: &str = "Minutes";
pub const HOURS_NEEDED: &str = "Enter how long you worked, at most 24 hours.";
pub const TASKS: &str = "Tasks";
pub const PARTS_USED: &str = "Parts used";
pub const ADD_PART: &str = "Add part";
pub const NO_PARTS: &str = "No parts yet.";
pub const ONE_LESS: &str = "One less";
pub const ONE_MORE: &str = "One more";
pub const FIND_PART: &str = "Find a part";
pub const NO_PART_FITS: &str = "No part in store fits.";
pub const NOTES: &str = "Notes";
pub const ADD_NOTE: &str = "Add a note";
pub const NOTE: &str = "Note";
pub const NOTE_EMPTY: &str = "Write the note first.";
pub const NOT_WRITTEN: &str = "Nothing written yet.";
pub const YOU: &str = "You";

pub fn sorted_by(label: &str) -> String {
    format!("Sort: {label}")
}

pub fn new_record(title: &str) -> String {
    format!("New {}", lower_first(title))
}

pub fn create(title: &str) -> String {
    format!("Create {}", lower_first(title))
}

/// How far somebody has come in a flow.
pub fn step_of(at: usize, all: usize) -> String {
    format!("Step {at} of {all}")
}

/// The way to a whole list.
pub fn all(plural: &str) -> String {
    format!("All {}", lower_first(plural))
}

pub fn edit_title(name: &str) -> String {
    format!("Edit {name}")
}

pub fn show_more(count: usize) -> String {
    format!("Show {count} more")
}

pub fn back_to(title: &str) -> String {
    format!("Back to {}", lower_first(title))
}

pub fn found(count: usize, title: &str, plural: &str) -> String {
    counted(count, &lower_first(title), &lower_first(plural))
}

pub fn delete_ask(title: &str) -> String {
    format!("Delete this {}?", lower_first(title))
}

pub fn conflicts_wait(count: usize) -> String {
    format!(
        "{} for your decision",
        if count == 1 {
            "1 conflict waits".to_owned()
        } else {
            format!("{count} conflicts wait")
        }
    )
}

/// Asked when a timer is stopped that ran for too long, or backwards.
pub fn how_long(start: &str) -> String {
    format!("Started: {start}. What the timer shows cannot be right. How long did you work?")
}

pub fn running_since(clock: &str) -> String {
    format!("Running since {clock}")
}

pub fn tasks_done(done: usize, total: usize) -> String {
    format!("{done} of {total}")
}

pub fn planned(quantity: &str) -> String {
    format!("{quantity} planned")
}

pub fn in_store(quantity: &str) -> String {
    format!("{quantity} in store")
}

/// What is wrong with a field: messages go on from its label (`is needed`) unless they are sentences of their own.
pub fn wrong(label: &str, message: &str) -> String {
    if message.starts_with(char::is_lowercase) {
        format!("{label} {message}.")
    } else {
        message.to_owned()
    }
}

/// A title within a sentence; abbreviations keep their capitals.
fn lower_first(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => title.to_owned(),
    }
}
