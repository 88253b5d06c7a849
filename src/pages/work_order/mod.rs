//! The page of a work order where the pack's form would be poor: a tap ticks a task, counts a part, stops the clock.

mod labor;
mod notes;
mod parts;
mod tasks;

use holdfast_core::{plan::Edit, queue::Operation, record::RecordKey};
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;

use crate::{
    pages::record::{Open, facts, proses},
    state::{Session, one},
};

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

/// Lists that this page edits with a tap; its form leaves them out.
pub const TAPPED: [&str; 3] = ["partsUsed", "laborRecords", "notes"];

#[component]
pub fn WorkOrder(open: Open) -> AnyView {
    view! {
        {facts(open, &SAID_ELSEWHERE)}
        {proses(open, &OWN_SECTIONS)}
        <labor::Labor open />
        <tasks::Tasks open />
        <parts::Parts open />
        <notes::Completion open />
        <notes::Notes open />
    }
    .into_any()
}

/// The new value of a field, from the one it has.
type Change = Box<dyn FnOnce(&Value) -> Value>;

/// Queues a new value of one field; `change` is given the value as it is when the tap arrives.
fn tap(session: Session, open: Open, field: &'static str, change: impl FnOnce(&Value) -> Value + 'static) {
    let Some(key) = open.key() else { return };
    queue(session, open, key, field, Box::new(change));
}

fn queue(session: Session, open: Open, key: RecordKey, field: &'static str, change: Change) {
    spawn_local(async move {
        let value = change(&open.now(field));
        let fields = one(field, value);
        let edit = Edit {
            key,
            operation: Operation::Update,
            fields,
            seen: None,
            kind: None,
        };
        if let Err(fault) = session.edit(edit).await {
            session.toasts.say(fault.to_string());
        }
    });
}

/// Who is tapping.
fn user(session: Session) -> String {
    session.read(|reader| session.me_of(reader).user_id)
}
