use std::collections::HashMap;

use leptos::prelude::*;

use super::Memo;
use crate::{components::FormState, forms::Draft};

/// Forms that were left without saving, by place (`work-order/WO-1`). In memory alone: what is typed is content, and
/// content is kept on the device sealed or not at all.
#[derive(Debug, Clone, Copy)]
pub struct Drafts {
    left: RwSignal<HashMap<String, Draft>>,
    /// The form that is open, if it holds something that is not saved.
    open: RwSignal<bool>,
}

impl Drafts {
    pub(super) fn new() -> Self {
        Self {
            left: RwSignal::new(HashMap::new()),
            open: RwSignal::new(false),
        }
    }

    /// What was typed here before, if it was left.
    pub fn take(self, place: &str) -> Option<Draft> {
        self.left.try_update(|left| left.remove(place)).flatten()
    }

    /// Watches a form; when its page goes, what is not saved is kept.
    pub fn keep_while_open(self, place: String, form: FormState, fresh: Draft) {
        let started = fresh.changed();
        let unsaved = move || {
            form.draft
                .with(|draft| draft.is_dirty() && draft.changed() != started)
        };
        let watch = unsaved.clone();
        let dirty = Memo::new(move |_| watch());
        Effect::new(move |_| self.open.set(dirty.get()));
        on_cleanup(move || {
            let left = form
                .draft
                .try_get_untracked()
                .filter(|_| untrack(unsaved.clone()));
            self.open.set(false);
            if let Some(draft) = left {
                self.left.update(|all| {
                    all.insert(place.clone(), draft);
                });
            }
        });
    }

    /// Whether something that somebody typed is not saved.
    pub fn any(self) -> bool {
        self.open.get_untracked() || self.left.with_untracked(|left| !left.is_empty())
    }

    pub(super) fn clear(self) {
        self.left.update(HashMap::clear);
    }
}
