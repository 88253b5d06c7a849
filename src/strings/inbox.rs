//! Conflicts and notices.

use super::counted;

pub const TO_DECIDE: &str = "To decide";
pub const TO_KNOW: &str = "To know";
pub const SETTLED: &str = "Settled lately";
pub const MARK_ALL_READ: &str = "Mark all read";
pub const MARK_READ: &str = "Mark as read";
pub const SEE_RECORD: &str = "See the record";
pub const SHOW_TYPED: &str = "Show what I typed";
pub const NOTHING: &str = "Nothing waits for you";
pub const NOTHING_TEXT: &str =
    "When two people change the same thing, or a decision touches what you wrote, it is told here.";
pub const DELETED_MEANWHILE: &str = "This record was deleted while you edited it";

pub const SETTLE: &str = "Settle";
pub const YOU: &str = "You";
pub const YOU_HERE: &str = "You, on this device";
pub const SOMEBODY: &str = "Somebody else";
pub const BEFORE: &str = "Before, as both of you saw it";
pub const MINE: &str = "Mine";
pub const THEIRS: &str = "Theirs";
pub const OWN: &str = "Write it anew";
pub const OWN_EFFECT: &str = "Start from both and edit.";
pub const OWN_LABEL: &str = "Your words";
pub const ALL_MINE: &str = "Keep all mine";
pub const ALL_THEIRS: &str = "Use all theirs";
pub const UNDOABLE: &str = "You can undo this. Nothing is thrown away: both versions stay in the history.";
pub const SETTLED_TOAST: &str = "Settled";
pub const TAKEN_BACK: &str = "Taken back: it waits for you again";
pub const TAKE_BACK: &str = "Take it back";
pub const ALREADY: &str = "This is settled";
pub const GONE: &str = "This conflict is not on this device any more";
pub const GONE_TEXT: &str = "Somebody settled it, or it has aged out.";
pub const REST_MERGED: &str = "Everything else was put together by itself.";
pub const YOUR_WORK_KEPT: &str =
    "Your work is kept here and nowhere else. Bring the record back with it, or let it go.";
pub const WHAT_YOU_TYPED: &str = "What you typed";
pub const LET_GO: &str = "Let it go";
pub const RECREATE: &str = "Recreate the record";
pub const DECISION_REFUSED: &str = "The server did not accept your decision";
pub const CORRECT_DECISION: &str = "Change the values";
pub const DELETED_BY: &str = "Deleted";
pub const DELETION: &str = "Your deletion";
pub const DELETION_EFFECT: &str = "The record is deleted, with what changed since.";
pub const KEEP_RECORD_EFFECT: &str = "The record stays as it is now.";

pub fn two_versions(field: &str) -> String {
    format!("Two versions of “{field}”")
}

pub fn several_versions(count: usize) -> String {
    format!("Two versions of {count} fields")
}

pub fn both_changed(who: &str, title: &str) -> String {
    format!("You and {who} both changed this {title}")
}

pub fn deleted_story(who: &str, title: &str) -> String {
    format!("{who} deleted this {title} while you edited it")
}

pub fn need_word(count: usize) -> String {
    format!(
        "{} your word.",
        if count == 1 {
            "One field needs".to_owned()
        } else {
            format!("{count} fields need")
        }
    )
}

pub fn one_of(at: usize, total: usize) -> String {
    format!("{at} of {total}")
}

pub fn mine_effect(who: &str) -> String {
    format!("Your value replaces {who}’s.")
}

pub fn theirs_effect(who: &str) -> String {
    format!("{who}’s value stays; yours goes to the history.")
}

pub fn remember(field: &str) -> String {
    format!("Do the same for “{field}” next time")
}

pub fn choose_more(count: usize) -> String {
    format!("Choose {count} more")
}

pub fn settle_title(record: &str) -> String {
    format!("Settle {record}")
}

pub fn unread(count: usize) -> String {
    counted(count, "new notice", "new notices")
}

pub fn notice_title(about: &str, record: &str) -> String {
    match about {
        "merged" => "Changes were put together".to_owned(),
        "superseded" => "Another value stands".to_owned(),
        "deleted" => format!("{record} was deleted"),
        "access-lost" => format!("You no longer see {record}"),
        "settled" => "A conflict was settled by a colleague".to_owned(),
        "restored" => "An earlier value was restored".to_owned(),
        "recorded" => format!("Work was added to {record}"),
        _ => record.to_owned(),
    }
}

pub fn stands(field: &str, kept: &str, lost: &str) -> String {
    match (kept.is_empty(), lost.is_empty()) {
        (false, false) => format!("{field}: “{kept}” stands. “{lost}” is kept in the history."),
        (false, true) => format!("{field} is now “{kept}”."),
        (true, false) => format!("{field} is now empty. “{lost}” is kept in the history."),
        (true, true) => field.to_owned(),
    }
}

pub fn taken(field: &str, value: &str) -> String {
    format!("{field}: “{value}” counts, though the record was closed or given to somebody else meanwhile.")
}

pub fn not_taken(field: &str, lost: &str) -> String {
    format!(
        "{field}: “{lost}” was not taken over, because the record is no longer yours. It is kept in the audit."
    )
}

pub fn by(name: &str, when: &str) -> String {
    if name.is_empty() {
        when.to_owned()
    } else {
        format!("{name} · {when}")
    }
}
