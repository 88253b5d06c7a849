//! A form while it is filled in.

use leptos::prelude::*;
use serde_json::Value;

use super::Draft;

/// The form that inputs read and write.
#[derive(Debug, Clone, Copy)]
pub struct FormState {
    pub draft: RwSignal<Draft>,
}

impl FormState {
    pub fn new(draft: Draft) -> Self {
        Self {
            draft: RwSignal::new(draft),
        }
    }

    pub fn value(self, field: &str) -> Value {
        self.draft.with(|draft| draft.value(field))
    }

    /// The value without following it: what an input starts with.
    pub fn initial(self, field: &str) -> Value {
        self.draft.with_untracked(|draft| draft.value(field))
    }

    pub fn set(self, field: &str, value: Value) {
        self.draft.update(|draft| draft.set(field, value));
    }

    /// Says why what was typed into a field could not be read.
    pub fn unreadable(self, field: &str, why: String) {
        self.draft.update(|draft| draft.unreadable(field, why));
    }

    pub fn error(self, field: &str) -> Option<String> {
        self.draft.with(|draft| draft.error(field))
    }
}
