//! From step to step, and to the write at the end.

use holdfast_core::{
    Fields,
    plan::Edit,
    record::{FieldError, RecordKey},
};
use leptos::{prelude::*, task::spawn_local};

use super::page::Page;
use crate::{
    forms::{Draft, filled, root, walk::Held},
    pages::form::focus_first_error,
    routes::of_record,
    state::Fault,
};

impl Page {
    pub fn go_to(self, step: usize) {
        self.held.set(false);
        self.walked.set(true);
        let title = self.walk.with_value(|walk| walk.step(step).title.clone());
        self.form.draft.update(|draft| draft.go_to(&title));
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// To the next step, or to the write; to what is still wrong otherwise.
    pub fn go_on(self) {
        let standing = self.standing.get_untracked();
        let mut left = Ok(());
        self.form.draft.update(|draft| {
            left = self.walk.with_value(|walk| walk.leave(standing.step, draft));
        });
        self.held.set(left == Err(Held::NotReady));
        match (left, standing.next()) {
            (Err(_), _) => focus_first_error(),
            (Ok(()), Some(step)) => self.go_to(step),
            (Ok(()), None) => self.save(),
        }
    }

    fn save(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            match self.session.edit(self.written()).await {
                Ok(edited) => {
                    self.form.draft.set(Draft::default());
                    self.session.go_instead(&of_record(&edited.key));
                }
                Err(Fault::Fields(errors)) => {
                    self.refused(errors);
                }
                Err(fault) => self.session.toasts.say(fault.to_string()),
            }
            self.busy.set(false);
        });
    }

    /// Back to the first step that asked for what is wrong.
    fn refused(self, errors: Vec<FieldError>) {
        let named: Vec<&str> = errors.iter().map(|error| root(&error.field)).collect();
        let step = self
            .form
            .draft
            .with_untracked(|draft| self.walk.with_value(|walk| walk.step_of(draft, &named)));
        if let Some(step) = step {
            self.go_to(step);
        }
        self.form.draft.update(|draft| draft.refuse(errors));
        focus_first_error();
    }

    /// What the steps asked for, and what the kind sets.
    fn written(self) -> Edit {
        let (mut fields, seen, makes) = self.form.draft.with_untracked(|draft| {
            let values = self.walk.with_value(|walk| walk.values(draft));
            (
                values,
                draft.seen().clone(),
                draft.makes().unwrap_or_default().to_owned(),
            )
        });
        let (entity, kind) = self
            .walk
            .with_value(|walk| (walk.entity.name.clone(), walk.kind.clone()));
        let set: Fields = self
            .session
            .read(|reader| filled(&kind.set, &self.session.me_of(reader), reader.now));
        fields.extend(set);
        let key = self.key.get_value();
        Edit {
            operation: kind.operation,
            seen: key.is_some().then_some(seen),
            key: key.unwrap_or_else(|| RecordKey::new(entity, makes)),
            fields,
            kind: Some(kind.name),
        }
    }
}
