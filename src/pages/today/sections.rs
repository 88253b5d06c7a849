//! The sections that packs declare for the first page.

use holdfast_core::record::RecordKey;
use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{For, TimerReading, icon, record::stop_timer, rows, tally},
    format::{row::Row, value::short_id},
    home::{Content, Section},
    state::{Memo, Session},
    strings::records as words,
};

/// A section each. One stays where it is while what it holds changes.
pub fn sections(found: Memo<Vec<Section>>) -> AnyView {
    let ids = move || found.with(|found| found.iter().map(|section| section.id.clone()).collect::<Vec<_>>());
    let drawn = move |wanted: String| {
        let section = Memo::new(move |_| {
            found.with(|found| found.iter().find(|section| section.id == wanted).cloned())
        });
        draw(section)
    };
    view! { <For each=ids key=|id| id.clone() children=drawn /> }.into_any()
}

fn draw(section: Memo<Option<Section>>) -> AnyView {
    let Some(first) = section.get_untracked() else {
        return ().into_any();
    };
    let content =
        Memo::new(move |_| section.with(|section| section.as_ref().map(|section| section.content.clone())));
    match first.content {
        Content::Rows(_) => listed(first, content),
        Content::Counts(_) => counted(first, content),
        Content::Running { .. } => running(first, content),
    }
}

fn listed(section: Section, content: Memo<Option<Content>>) -> AnyView {
    let found = move || {
        content.with(|content| match content {
            Some(Content::Rows(rows)) => rows.clone(),
            _ => Vec::new(),
        })
    };
    let Section {
        id,
        title,
        entity,
        plural,
        ..
    } = section;
    let heading = id.clone();
    view! {
        <section class="section" aria-labelledby=id>
            <div class="section__head">
                <h2 class="section__title" dir="auto" id=heading>
                    {title}
                </h2>
                <a class="section__link" href=format!("/records/{entity}")>
                    {words::all(&plural)}
                </a>
            </div>
            {rows("rows rows--card", found, Signal::stored(None::<String>))}
        </section>
    }
    .into_any()
}

fn counted(section: Section, content: Memo<Option<Content>>) -> AnyView {
    let list = format!("/records/{}", section.entity);
    let tallies = move || {
        let counted = content.with(|content| match content {
            Some(Content::Counts(counted)) => counted.clone(),
            _ => Vec::new(),
        });
        let item = |(count, label)| (count, label, list.clone());
        tally(&section.title, counted.into_iter().map(item).collect())
    };
    tallies.into_any()
}

/// The record whose timer runs, with the button that stops it.
fn running(section: Section, content: Memo<Option<Content>>) -> AnyView {
    let session = Session::here();
    let row = move || {
        content.with(|content| match content {
            Some(Content::Running { row, .. }) => Some(row.clone()),
            _ => None,
        })
    };
    let since = Signal::derive(move || {
        content.with(|content| match content {
            Some(Content::Running { since, .. }) => Some(*since),
            _ => None,
        })
    });
    let note = move || row().map(|row| short_id(&row.id).to_owned());
    let entity = section.entity;
    let stop = move |_| {
        let Some(Content::Running { row, timed, .. }) = content.get_untracked() else {
            return;
        };
        let key = RecordKey::new(&entity, &row.id);
        spawn_local(async move {
            if let Err(fault) = stop_timer(session, key, &timed).await {
                session.toasts.say(fault.to_string());
            }
        });
    };
    let one = move || row().into_iter().collect::<Vec<Row>>();
    let (id, heading) = (section.id.clone(), section.id);
    view! {
        <section class="section" aria-labelledby=id>
            <div class="section__head">
                <h2 class="section__title" dir="auto" id=heading>
                    {section.title}
                </h2>
            </div>
            <div class="card card--flush">
                <div class="timer" data-running="true">
                    <div>
                        <TimerReading since />
                        <div class="timer__note" dir="auto">
                            {note}
                        </div>
                    </div>
                    <button class="button button--primary button--large" type="button" on:click=stop>
                        {icon("stop")}
                        {words::STOP}
                    </button>
                </div>
                {rows("", one, Signal::stored(None::<String>))}
            </div>
        </section>
    }
    .into_any()
}
