//! One record: head, facts, what the pack's lists say, actions.

mod actions;
mod facts;

use holdfast_core::{
    Fields,
    pack::Entity,
    record::{Operation, RecordKey},
    replica::Mark,
};
use leptos::{html, prelude::*};
use serde_json::Value;

pub use actions::ActionBar;
pub use facts::{Fact, facts, lists, proses};

use crate::{
    components::{Empty, For, Show, WriteCard, badges, icon, mark},
    format::{
        row,
        value::short_id,
        write::{Told, tell},
    },
    pages::work_order::WorkOrder,
    routes::of_record,
    state::{Memo, Session},
    strings::records as words,
    work::WORK_ORDER,
};

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
    pub fn field(self, name: &'static str) -> Memo<Value> {
        Memo::new(move |_| {
            self.shown.with(|shown| {
                shown
                    .as_ref()
                    .and_then(|shown| shown.fields.get(name).cloned())
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

/// The pane of a record.
#[component]
pub fn Record(entity: String, id: String) -> AnyView {
    let session = Session::here();
    let Some(declared) = session.read(|reader| reader.replica.packs().entity(&entity).cloned()) else {
        return missing();
    };
    let key = RecordKey::new(&entity, &id);
    let asked = key.clone();
    let shown = session.live(move |reader| {
        let view = reader.replica.view(&asked)?;
        Some(Shown {
            key: view.key.clone(),
            mark: view.mark,
            fields: view.fields.into_owned(),
        })
    });
    follow_number(session, key, shown);
    let open = Open {
        entity: StoredValue::new(declared),
        shown,
    };
    let there = Memo::new(move |_| shown.with(Option::is_some));
    let by_hand = entity == WORK_ORDER;
    view! {
        <article class="panes__detail" aria-labelledby="record-title">
            {move || if there.get() {
                view! {
                    <Head open />
                    {if by_hand { view! { <WorkOrder open /> }.into_any() } else { view! { <Generic open /> }.into_any() }}
                    <YourChanges open />
                    <ActionBar open />
                }
                .into_any()
            } else {
                missing()
            }}
        </article>
    }
    .into_any()
}

/// Once the server has numbered a record that was made here, the page goes on under its number.
fn follow_number(session: Session, asked: RecordKey, shown: Memo<Option<Shown>>) {
    Effect::new(move |_| {
        let moved = shown.with(|shown| {
            shown
                .as_ref()
                .map(|shown| shown.key.clone())
                .filter(|key| *key != asked)
        });
        if let Some(key) = moved {
            session.replace_address(&of_record(&key));
        }
    });
}

fn missing() -> AnyView {
    view! { <Empty symbol="alert" title=words::NO_RECORD text=words::NO_RECORD_TEXT /> }.into_any()
}

#[component]
fn Head(open: Open) -> AnyView {
    let session = Session::here();
    let heading = NodeRef::<html::H2>::new();
    heading.on_load(move |element| {
        if session.has_navigated() {
            // Of no consequence if the element cannot be focused.
            let _ = element.focus();
        }
    });
    let head = session.live(move |reader| {
        open.shown.with(|shown| {
            let shown = shown.as_ref()?;
            open.entity.with_value(|entity| {
                Some((
                    short_id(&shown.key.entity_id).to_owned(),
                    row::title(entity, &shown.fields, &shown.key.entity_id),
                    row::badges(reader, entity, &shown.fields),
                    row::priority(entity, &shown.fields),
                    shown.mark,
                ))
            })
        })
    });
    let part = move |part: fn(&HeadParts) -> String| {
        move || head.with(|head| head.as_ref().map(part).unwrap_or_default())
    };
    view! {
        <header class="record-head" data-priority=move || head.with(|head| head.as_ref().map(|head| head.3))>
            <div class="record-head__number">
                <span>{part(|head| head.0.clone())}</span> {move || head.with(|head| head.as_ref().map(|head| mark(head.4)))}
            </div>
            <h2 class="record-head__title" dir="auto" id="record-title" tabindex="-1" node_ref=heading>{part(|head| head.1.clone())}</h2>
            <div class="cluster">{move || head.with(|head| head.as_ref().map(|head| badges(head.2.clone())))}</div>
        </header>
    }
    .into_any()
}

type HeadParts = (String, String, Vec<row::Badge>, &'static str, Mark);

/// A record whose page the pack alone describes.
#[component]
fn Generic(open: Open) -> AnyView {
    view! { {facts(open, &[])} {proses(open, &[])} {lists(open, &[])} }.into_any()
}

/// What was written here and is not delivered yet, with how far it has come.
#[component]
fn YourChanges(open: Open) -> AnyView {
    let writes = Session::here().live(move |reader| {
        let key = open
            .shown
            .with(|shown| shown.as_ref().map(|shown| shown.key.clone()));
        let lane = key.iter().flat_map(|key| reader.replica.lane(key));
        lane.map(|write| tell(reader, write)).collect::<Vec<Told>>()
    });
    view! {
        <Show when=move || !writes.with(Vec::is_empty)>
            <section class="section" aria-labelledby="your-changes">
                <div class="section__head"><h3 class="section__title" id="your-changes">{words::YOUR_CHANGES}</h3></div>
                <div class="card card--flush">
                    <For each=move || writes.get() key=|told| told.clone() let:told><WriteCard told record_is_known=true /></For>
                </div>
            </section>
        </Show>
    }
    .into_any()
}

/// Whether the person may do this to records of the entity.
pub fn may(session: Session, entity: &Entity, operation: Operation) -> bool {
    let action = match operation {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Delete => "delete",
    };
    entity.allows(operation)
        && session.read(|reader| {
            let pack = reader
                .replica
                .packs()
                .pack_of(&entity.name)
                .map(|pack| pack.name.clone())
                .unwrap_or_default();
            session.me_of(reader).may(&pack, &entity.name, action)
        })
}

/// A heading of a section, with what can be done there.
pub fn section_head(id: &'static str, title: AnyView, action: Option<AnyView>) -> AnyView {
    view! { <div class="section__head"><h3 class="section__title" id=id>{title}</h3>{action}</div> }
        .into_any()
}

/// A link-like button of a section's heading.
pub fn section_button(label: &'static str, symbol: &'static str, act: impl Fn() + Send + 'static) -> AnyView {
    view! { <button class="button button--quiet" type="button" on:click=move |_| act()>{icon(symbol)} {label}</button> }.into_any()
}
