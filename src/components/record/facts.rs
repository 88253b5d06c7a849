use holdfast_core::{
    pack::{Entity, Field, FieldType},
    record::RecordKey,
};
use leptos::prelude::*;
use serde_json::Value;

use super::{super::For, Open};
use crate::{
    format::value::{PERSON, Reader},
    routes::of_record,
    state::{Memo, Session},
};

/// A label and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub wide: bool,
    /// The record that a reference names, if it can be opened here.
    pub href: Option<String>,
}

/// The short fields of a record, in the pack's order; what is empty, or stands elsewhere, is left out.
pub fn facts(open: Open, elsewhere: &'static [&'static str]) -> AnyView {
    let facts = Session::here().live(move |reader| {
        said(reader, open, |field| {
            is_short(field) && !elsewhere.contains(&field.name.as_str())
        })
    });
    let fact = |fact: Fact| {
        let class = fact.wide.then_some("facts__item--wide");
        let value = match fact.href {
            Some(href) => view! { <a href=href>{fact.value}</a> }.into_any(),
            None => fact.value.into_any(),
        };
        view! {
            <div class=class>
                <dt class="facts__term">{fact.label}</dt>
                <dd class="facts__value" dir="auto">
                    {value}
                </dd>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-label=crate::strings::records::FACTS>
            <dl class="facts">
                <For each=move || facts.get() key=|fact| fact.clone() children=fact />
            </dl>
        </section>
    }
    .into_any()
}

/// The long texts of a record, a section each.
pub fn proses(open: Open, elsewhere: &'static [&'static str]) -> AnyView {
    let texts = Session::here().live(move |reader| {
        said(reader, open, |field| {
            matches!(field.kind, FieldType::LongText { .. }) && !elsewhere.contains(&field.name.as_str())
        })
    });
    blocks(texts)
}

/// The lists and logs of a record, a section each; timed work has its own.
pub fn lists(open: Open) -> AnyView {
    let timed = open
        .entity
        .with_value(|entity| entity.timer.as_ref().map(|timer| timer.list.clone()));
    let listed = Session::here().live(move |reader| {
        let is_list = |field: &Field| {
            matches!(
                field.kind,
                FieldType::List { .. } | FieldType::Log { .. } | FieldType::Object { .. } | FieldType::Json
            )
        };
        said(reader, open, |field| {
            is_list(field) && timed.as_ref() != Some(&field.name)
        })
    });
    blocks(listed)
}

fn blocks(facts: Memo<Vec<Fact>>) -> AnyView {
    let block = |fact: Fact| {
        let label = fact.label.clone();
        view! {
            <section class="section" aria-label=label>
                <div class="section__head">
                    <h3 class="section__title">{fact.label}</h3>
                </div>
                <p class="card prose" dir="auto">
                    {fact.value}
                </p>
            </section>
        }
        .into_any()
    };
    view! { <For each=move || facts.get() key=|fact| fact.clone() children=block /> }.into_any()
}

fn said(reader: &Reader<'_>, open: Open, which: impl Fn(&Field) -> bool) -> Vec<Fact> {
    open.shown.with(|shown| {
        let Some(shown) = shown else { return Vec::new() };
        open.entity.with_value(|entity: &Entity| {
            let wanted = entity
                .fields
                .iter()
                .filter(|field| which(field) && field.name != entity.title_field);
            wanted
                .filter_map(|field| fact(reader, field, shown.fields.get(&field.name)?))
                .collect()
        })
    })
}

fn fact(reader: &Reader<'_>, field: &Field, value: &Value) -> Option<Fact> {
    let said = reader.say(field, value);
    let href = match (&field.kind, value.as_str()) {
        (FieldType::Reference { entity }, Some(id)) if entity != PERSON => {
            let key = RecordKey::new(entity, id);
            reader.replica.item(&key).map(|_| of_record(&key))
        }
        _ => None,
    };
    let wide = said.chars().count() > 40;
    (!said.is_empty()).then(|| Fact {
        label: field.label.clone(),
        value: said,
        wide,
        href,
    })
}

fn is_short(field: &Field) -> bool {
    matches!(
        field.kind,
        FieldType::Text { .. }
            | FieldType::Number { .. }
            | FieldType::Bool
            | FieldType::Enum { .. }
            | FieldType::Datetime
            | FieldType::Reference { .. }
            | FieldType::Set { .. }
            | FieldType::Counter
            | FieldType::Location
    )
}
