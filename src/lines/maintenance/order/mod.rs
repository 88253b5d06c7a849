//! The page of a work order where the pack's form would be poor: a tap ticks a task and counts a part.

mod notes;
mod parts;
mod tasks;

use leptos::prelude::*;

use crate::components::record::{Open, facts, proses, timed_work};

/// Fields that sections of their own show.
const OWN_SECTIONS: [&str; 6] = [
    "tasks",
    "partsRequired",
    "partsUsed",
    "laborRecords",
    "notes",
    "completionNotes",
];
/// What facts would only repeat: badges of the head, sums of the sections.
const SAID_ELSEWHERE: [&str; 7] = [
    "status",
    "priority",
    "tasksTotal",
    "tasksDone",
    "partsCost",
    "laborHours",
    "completionNotes",
];

/// Lists that this page edits with a tap; the form leaves them out.
pub const TAPPED: [&str; 2] = ["partsUsed", "notes"];

/// The page between a record's head and its actions.
pub fn draw(open: Open) -> AnyView {
    view! {
        {facts(open, &SAID_ELSEWHERE)}
        {proses(open, &OWN_SECTIONS)}
        {timed_work(open)}
        <tasks::Tasks open />
        <parts::Parts open />
        <notes::Completion open />
        <notes::Notes open />
    }
    .into_any()
}
