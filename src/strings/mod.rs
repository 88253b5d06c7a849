//! Every word the app says by itself, in one place. Labels of fields, actions and choices are the domain pack's; what
//! the server says about a refused change is the server's.

pub mod entry;
pub mod inbox;
pub mod more;
pub mod problem;
pub mod queue;
pub mod records;
pub mod shell;

/// The page's title, the same everywhere: a browser's history holds no content.
pub const PRODUCT: &str = "Holdfast";

/// `1 change`, `5 changes`.
pub fn changes(count: usize) -> String {
    counted(count, "change", "changes")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}

/// The status line.
pub mod status {
    use super::changes;

    pub const OFFLINE: &str = "Offline";
    pub const FAILED: &str = "Sync failed";
    pub const NEVER: &str = "Not synced yet";
    pub const SIGN_IN: &str = "Sign in to sync";

    pub fn sign_in_to_send(unsent: usize) -> String {
        format!("Sign in to send {}", changes(unsent))
    }

    pub fn loading(done: &str, total: Option<&str>) -> String {
        match total {
            Some(total) => format!("Loading {done} of {total}"),
            None => format!("Loading {done}"),
        }
    }

    pub fn syncing(done: usize, total: usize) -> String {
        format!("Syncing {done} of {total}")
    }

    pub fn offline_with(unsent: usize) -> String {
        format!("Offline · {} on this device", changes(unsent))
    }

    pub fn not_draining(since: &str, unsent: usize) -> String {
        format!(
            "Connected, but nothing is being accepted since {since} · {} on this device",
            changes(unsent)
        )
    }

    pub fn waiting(unsent: usize) -> String {
        format!("{} on this device", changes(unsent))
    }

    pub fn not_accepted(count: usize) -> String {
        let were = if count == 1 { "was" } else { "were" };
        format!("{} {were} not accepted", changes(count))
    }

    pub fn failed_retry(when: &str) -> String {
        format!("Sync failed · retry {when}")
    }

    pub fn synced(when: &str) -> String {
        format!("Synced {when}")
    }
}

pub mod time {
    use super::counted;

    pub const JUST_NOW: &str = "just now";
    pub const TODAY: &str = "Today";
    pub const TOMORROW: &str = "Tomorrow";
    pub const YESTERDAY: &str = "Yesterday";
    /// As chrono counts: from Monday.
    pub const WEEKDAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    pub const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];

    pub fn minutes_ago(minutes: i64) -> String {
        format!("{minutes} min ago")
    }

    pub fn hours_ago(hours: i64) -> String {
        format!("{hours} h ago")
    }

    pub fn days_ago(days: i64) -> String {
        format!("{} ago", counted(days as usize, "day", "days"))
    }

    pub fn minutes(minutes: i64) -> String {
        format!("{minutes} min")
    }

    pub fn hours(hours: i64) -> String {
        format!("{hours} h")
    }

    pub fn days(days: i64) -> String {
        counted(days as usize, "day", "days")
    }

    pub fn years(years: i64) -> String {
        counted(years as usize, "year", "years")
    }

    pub fn in_seconds(seconds: i64) -> String {
        format!("in {seconds} s")
    }

    pub fn in_minutes(minutes: i64) -> String {
        format!("in {minutes} min")
    }
}

/// What was typed and is no number.
pub mod number {
    pub fn not_a_number(example: &str) -> String {
        format!("This is not a number. Write it like {example}.")
    }

    pub fn ambiguous(typed: &str, whole: &str, decimal: &str) -> String {
        format!("{typed} can be read in two ways. Write {whole} or {decimal}.")
    }

    pub fn too_exact(digits: u32) -> String {
        format!("This number is too long. Write at most {digits} digits.")
    }
}

pub mod value {
    pub const YES: &str = "Yes";
    pub const NO: &str = "No";
    pub const EMPTY: &str = "Empty";
    /// Stands for the id of a record that the server has not numbered yet.
    pub const NEW_RECORD: &str = "New";

    /// When the server received what is said to have happened earlier.
    pub fn received(when: &str) -> String {
        format!("received {when}")
    }
}
