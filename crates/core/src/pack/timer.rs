use serde::{Deserialize, Serialize};

/// Work that is timed: a list whose items are stretches of one person's work. The app offers a clock for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Timer {
    pub list: String,
    /// Part of an item: who worked, a reference to a person.
    pub person: String,
    /// Part of an item: from when.
    pub start: String,
    /// Part of an item: until when; nothing while the timer runs.
    pub end: String,
    /// Part of an item: how long, in hours, to the second.
    pub hours: String,
    /// Part of an item: what was done, if the app is to ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

crate::json_object!(only Timer {
    list: "list",
    person: "person",
    start: "start",
    end: "end",
    hours: "hours",
    note: "note",
});
