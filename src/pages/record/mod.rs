//! One record: head, facts, what the pack's lists say, actions.

mod actions;

use holdfast_core::{record::RecordKey, replica::Mark};
use leptos::{html, prelude::*};

pub use actions::ActionBar;

use crate::{
    components::{
        Empty, For, Show, WriteCard, badges, mark,
        record::{Open, Shown, facts, lists, proses, timed_work},
    },
    format::{
        row,
        value::short_id,
        write::{Told, tell},
    },
    lines,
    routes::of_record,
    state::{Memo, Session},
    strings::records as words,
};

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
    let own_page = lines::page_of(&entity);
    view! {
        <article class="panes__detail" aria-labelledby="record-title">
            {move || {
                if there.get() {
                    view! {
                        <Head open />
                        {own_page.map_or_else(|| generic(open), |page| (page.draw)(open))}
                        <YourChanges open />
                        <ActionBar open />
                    }
                        .into_any()
                } else {
                    missing()
                }
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
                <span>{part(|head| head.0.clone())}</span>
                {move || head.with(|head| head.as_ref().map(|head| mark(head.4)))}
            </div>
            <h2 class="record-head__title" dir="auto" id="record-title" tabindex="-1" node_ref=heading>
                {part(|head| head.1.clone())}
            </h2>
            <div class="cluster">
                {move || head.with(|head| head.as_ref().map(|head| badges(head.2.clone())))}
            </div>
        </header>
    }
    .into_any()
}

type HeadParts = (String, String, Vec<row::Badge>, &'static str, Mark);

/// A record whose page the pack alone describes.
fn generic(open: Open) -> AnyView {
    view! {
        {facts(open, &[])}
        {proses(open, &[])}
        {timed_work(open)}
        {lists(open)}
    }
    .into_any()
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
                <div class="section__head">
                    <h3 class="section__title" id="your-changes">
                        {words::YOUR_CHANGES}
                    </h3>
                </div>
                <div class="card card--flush">
                    <For each=move || writes.get() key=|told| told.clone() let:told>
                        <WriteCard told record_is_known=true />
                    </For>
                </div>
            </section>
        </Show>
    }
    .into_any()
}
