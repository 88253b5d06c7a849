//! What a record's own page writes with a tap or in a dialog, one field at a time.

use holdfast_core::{
    plan::Edit,
    record::{Operation, RecordKey},
};
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;

use super::Open;
use crate::{
    forms::{Draft, entries::has_entry},
    state::{Session, one},
};

/// The new value of a field, from the one it has.
type Change = Box<dyn FnOnce(&Value) -> Value>;

/// The one text of a dialog.
pub const TEXT: &str = "text";

/// A dialog that somebody writes in: what was typed stays there until it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Writing {
    pub shown: RwSignal<bool>,
    /// Why it was not stored.
    pub wrong: RwSignal<Option<String>>,
    /// While it is stored: a second press is not a second entry.
    busy: StoredValue<bool>,
}

impl Writing {
    /// Open again, if something was typed there and not saved.
    pub fn of(session: Session, open: Open, name: &str) -> Self {
        let kept = kept(session, open, name);
        Self {
            shown: RwSignal::new(kept.is_some()),
            wrong: RwSignal::new(None),
            busy: StoredValue::new(false),
        }
    }

    /// A dialog that keeps nothing of what was typed.
    pub fn closed() -> Self {
        Self {
            shown: RwSignal::new(false),
            wrong: RwSignal::new(None),
            busy: StoredValue::new(false),
        }
    }

    pub fn begin(self) {
        self.wrong.set(None);
        self.shown.set(true);
    }

    pub fn end(self) {
        self.shown.set(false);
    }

    /// Keeps what `typed` answers until the dialog ends.
    pub fn follow(
        self,
        session: Session,
        open: Open,
        name: &str,
        typed: impl Fn() -> Option<Draft> + Send + Sync + 'static,
    ) {
        if let Some(key) = open.key() {
            let unsaved = move || self.shown.get().then(&typed).flatten();
            session.drafts.follow(place_of(&key, name), unsaved);
        }
    }
}

/// What was typed into the dialog of a field before, if it was not saved.
pub fn kept(session: Session, open: Open, name: &str) -> Option<Draft> {
    let value = open.now(name);
    let is_saved = |draft: &Draft| match draft.makes() {
        Some(id) => has_entry(&value, id),
        None => draft
            .changed()
            .get(TEXT)
            .is_some_and(|typed| typed.as_str().unwrap_or_default() == value.as_str().unwrap_or_default()),
    };
    session.drafts.unsaved(&place_of(&open.key()?, name), is_saved)
}

/// The id of the entry that a dialog makes: the one that its kept draft has, or a new one.
pub fn entry_id(kept: Option<&Draft>) -> StoredValue<String> {
    let id = kept.and_then(Draft::makes).map(str::to_owned);
    StoredValue::new(id.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()))
}

fn place_of(key: &RecordKey, name: &str) -> String {
    format!("{key}#{name}")
}

/// Queues a new value of one field; `change` is given the value as it is when the tap arrives.
pub fn tap(session: Session, open: Open, field: &str, change: impl FnOnce(&Value) -> Value + 'static) {
    queue(session, open, field, Box::new(change), None);
}

/// As [`tap`], for what was typed: the dialog closes once it is stored, and says so if it was not.
pub fn write(
    session: Session,
    open: Open,
    field: &str,
    dialog: Writing,
    change: impl FnOnce(&Value) -> Value + 'static,
) {
    if !dialog.busy.get_value() {
        dialog.busy.set_value(true);
        queue(session, open, field, Box::new(change), Some(dialog));
    }
}

fn queue(session: Session, open: Open, field: &str, change: Change, dialog: Option<Writing>) {
    let Some(key) = open.key() else { return };
    let field = field.to_owned();
    spawn_local(async move {
        let value = change(&open.now(&field));
        let edit = Edit {
            key,
            operation: Operation::Update,
            fields: one(&field, value),
            seen: None,
            kind: None,
        };
        let stored = session.edit(edit).await;
        match (stored, dialog) {
            (Ok(_), Some(dialog)) => dialog.end(),
            (Ok(_), None) => {}
            (Err(fault), Some(dialog)) => dialog.wrong.set(Some(fault.at_one_field())),
            (Err(fault), None) => session.toasts.say(fault.to_string()),
        }
        if let Some(dialog) = dialog {
            dialog.busy.set_value(false);
        }
    });
}

/// Who is tapping.
pub fn user(session: Session) -> String {
    session.read(|reader| session.me_of(reader).user_id)
}
