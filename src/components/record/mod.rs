//! What pages of records are made of: the record as it is now, its facts, headings of sections.

mod facts;
mod timed;
pub mod writing;

pub use facts::{Fact, facts, lists, proses};
pub use timed::{stop_timer, timed_work};

use holdfast_core::{Fields, pack::Entity, record::RecordKey, replica::Mark};
use leptos::prelude::*;
use serde_json::Value;

use super::icon;
use crate::state::Memo;

/// What a page needs of its record. Clones share the declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub key: RecordKey,
    pub fields: Fields,
    pub mark: Mark,
}

/// The record of the page, as it is now: with what was written here, and under the id that it has by now.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    pub entity: StoredValue<Entity>,
    pub shown: Memo<Option<Shown>>,
}

impl Open {
    pub fn key(self) -> Option<RecordKey> {
        self.shown
            .with_untracked(|shown| shown.as_ref().map(|shown| shown.key.clone()))
    }

    /// Follows one field.
    pub fn field(self, name: &str) -> Memo<Value> {
        let name = name.to_owned();
        Memo::new(move |_| {
            self.shown.with(|shown| {
                shown
                    .as_ref()
                    .and_then(|shown| shown.fields.get(&name).cloned())
                    .unwrap_or_default()
            })
        })
    }

    /// One field as it is now.
    pub fn now(self, name: &str) -> Value {
        self.shown.with_untracked(|shown| {
            shown
                .as_ref()
                .and_then(|shown| shown.fields.get(name).cloned())
                .unwrap_or_default()
        })
    }
}

/// A heading of a section, with what can be done there.
pub fn section_head(id: &'static str, title: AnyView, action: Option<AnyView>) -> AnyView {
    view! {
        <div class="section__head">
            <h3 class="section__title" id=id>
                {title}
            </h3>
            {action}
        </div>
    }
    .into_any()
}

/// A link-like button of a section's heading.
pub fn section_button(label: &'static str, symbol: &'static str, act: impl Fn() + Send + 'static) -> AnyView {
    view! {
        <button class="button button--quiet" type="button" on:click=move |_| act()>
            {icon(symbol)}
            {label}
        </button>
    }
    .into_any()
}
