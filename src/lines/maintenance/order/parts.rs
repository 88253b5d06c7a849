use holdfast_core::{decimal::Decimal, record::RecordKey, replica::Query};
use leptos::prelude::*;

use crate::{
    components::{
        Dialog, For, Show, icon,
        record::{
            Open, section_button, section_head,
            writing::{tap, user},
        },
    },
    format::value::{Reader, record_title},
    lines::maintenance::parts::{Line, lines, step},
    state::{Memo, Session},
    strings::records as words,
};

/// The entity of the store's parts.
const PART: &str = "inventory-part";
/// Parts offered at a time.
const OFFERED: usize = 20;

/// A part with what the store says about it.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    line: Line,
    name: String,
    note: String,
}

#[component]
pub fn Parts(open: Open) -> AnyView {
    let session = Session::here();
    let (used, required) = (open.field("partsUsed"), open.field("partsRequired"));
    let all = session.live(move |reader| {
        let found = used.with(|used| required.with(|required| lines(used, required)));
        found
            .into_iter()
            .map(|line| tell(reader, line))
            .collect::<Vec<_>>()
    });
    let change = Callback::new(move |(line, by): (Line, i64)| {
        tap(session, open, "partsUsed", move |used| {
            step(used, &line, by, &user(session), session.server_now())
        });
    });
    let adding = RwSignal::new(false);
    let on_add = Callback::new(move |line: Line| change.run((line, 1)));
    view! {
        <section class="section" aria-labelledby="parts">
            {section_head(
                "parts",
                words::PARTS_USED.into_any(),
                Some(section_button(words::ADD_PART, "add", move || adding.set(true))),
            )}
            <Show
                when=move || !all.with(Vec::is_empty)
                fallback=|| view! { <p class="card prose prose--empty">{words::NO_PARTS}</p> }.into_any()
            >
                <ul class="card card--flush parts">
                    <For
                        each=move || all.get()
                        key=|told| (told.line.part.clone(), told.name.clone())
                        children=move |told| part_item(all, told, change)
                    />
                </ul>
            </Show>
        </section>
        <Show when=move || adding.get()>
            <AddPart on_add on_close=Callback::new(move |()| adding.set(false)) />
        </Show>
    }
    .into_any()
}

/// One part, with the buttons that use one more or one less of it.
fn part_item(all: Memo<Vec<Told>>, told: Told, change: Callback<(Line, i64)>) -> AnyView {
    let (part, name) = (told.line.part.clone(), told.name.clone());
    let find = StoredValue::new(part);
    let quantity = move || {
        all.with(|all| {
            all.iter()
                .find(|told| find.with_value(|part| told.line.part == *part))
                .map_or(Decimal::ZERO, |told| told.line.used)
        })
    };
    let note = move || {
        all.with(|all| {
            all.iter()
                .find(|told| find.with_value(|part| told.line.part == *part))
                .map(|told| told.note.clone())
        })
    };
    let (less, more) = (told.line.clone(), told.line.clone());
    view! {
        <li class="parts__item">
            <div>
                <div class="parts__name" dir="auto">
                    {name.clone()}
                </div>
                <div class="parts__note" dir="auto">
                    {note}
                </div>
            </div>
            <div class="stepper" role="group" aria-label=name>
                <button
                    class="stepper__button"
                    type="button"
                    aria-label=words::ONE_LESS
                    disabled=move || !quantity().is_positive()
                    on:click=move |_| change.run((less.clone(), -1))
                >
                    {icon("minus")}
                </button>
                <output class="stepper__value">{move || quantity().to_string()}</output>
                <button
                    class="stepper__button"
                    type="button"
                    aria-label=words::ONE_MORE
                    on:click=move |_| change.run((more.clone(), 1))
                >
                    {icon("add")}
                </button>
            </div>
        </li>
    }
    .into_any()
}

fn tell(reader: &Reader<'_>, line: Line) -> Told {
    let key = RecordKey::new(PART, &line.part);
    let named = if line.description.is_empty() {
        record_title(reader.replica, &key)
    } else {
        Some(line.description.clone())
    };
    let stored = reader
        .replica
        .view(&key)
        .and_then(|view| view.fields.get("quantityAvailable").and_then(Decimal::of));
    let mut note = vec![line.part.clone()];
    note.extend(line.planned.map(|quantity| words::planned(&quantity.to_string())));
    note.extend(stored.map(|quantity| words::in_store(&quantity.to_string())));
    Told {
        name: named.unwrap_or_else(|| line.part.clone()),
        note: note.join(" · "),
        line,
    }
}

/// Finds a part in store; a tap adds one of it.
#[component]
fn AddPart(on_add: Callback<Line>, on_close: Callback<()>) -> AnyView {
    let session = Session::here();
    let search = RwSignal::new(String::new());
    let found = session.live(move |reader| {
        let query = Query {
            entity: PART.to_owned(),
            search: search.get(),
            sort: Some("description".to_owned()),
            limit: OFFERED,
            ..Query::default()
        };
        let line = |item: holdfast_core::replica::Item<'_>| Line {
            description: item.text("description").into_owned(),
            unit: item.text("unit").into_owned(),
            part: item.key().entity_id.clone(),
            used: Decimal::ZERO,
            planned: None,
        };
        reader
            .list(&query)
            .items
            .into_iter()
            .map(line)
            .map(|line| tell(reader, line))
            .collect::<Vec<_>>()
    });
    view! {
        <Dialog title=words::ADD_PART on_close>
            <div class="search">
                {icon("search")} <label class="visually-hidden" for="find-part">
                    {words::FIND_PART}
                </label>
                <input
                    class="input"
                    dir="auto"
                    id="find-part"
                    type="search"
                    autocomplete="off"
                    placeholder=words::FIND_PART
                    on:input=move |event| search.set(event_target_value(&event))
                />
            </div>
            <Show when=move || found.with(Vec::is_empty)>
                <p class="quiet">{words::NO_PART_FITS}</p>
            </Show>
            <div class="card settings card--flush">
                <For
                    each=move || found.get()
                    key=|told| (told.line.part.clone(), told.note.clone())
                    children=move |told| choice(told, on_add, on_close)
                />
            </div>
        </Dialog>
    }
    .into_any()
}

/// A part that was found; a tap adds it and closes the dialog.
fn choice(told: Told, on_add: Callback<Line>, on_close: Callback<()>) -> AnyView {
    let line = told.line;
    let add = move |_| {
        on_add.run(line.clone());
        on_close.run(());
    };
    view! {
        <button class="setting" type="button" on:click=add>
            <span class="setting__text">
                <span class="setting__name" dir="auto">
                    {told.name}
                </span>
                <span class="setting__hint" dir="auto">
                    {told.note}
                </span>
            </span>
            {icon("add")}
        </button>
    }
    .into_any()
}
