mod options;
mod panel;
mod toolbar;

use holdfast_core::{record::Operation, status::Status};
use leptos::prelude::*;

use crate::{
    components::{Empty, Show, icon, room_for_button, rows},
    format::{
        bytes::grouped,
        entities::viewer,
        row::{Row, row},
        value::Reader,
    },
    state::{ListState, PAGE, Session},
    strings::{PRODUCT, records as words, shell},
};

use toolbar::Toolbar;

/// What a list shows of its query.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    rows: Vec<Row>,
    total: usize,
    /// Records of the entity on this device, whatever the filters.
    held: usize,
}

/// The list of an entity, as its pack declares it: search, filters, sorts, rows.
#[component]
pub fn RecordList(entity: String, current: Signal<Option<String>>) -> AnyView {
    let session = Session::here();
    let name = StoredValue::new(entity.clone());
    let Some(declared) = session.read(|reader| reader.replica.packs().entity(&entity).cloned()) else {
        return unknown();
    };
    let state = session.list(&entity);
    let found = session.live(move |reader| find(reader, &name.get_value(), &state.get()));
    let may_create = session.may(&declared, Operation::Create);
    let declared = StoredValue::new(declared);
    let (one, many) = declared.with_value(|entity| (entity.title.clone(), entity.title_plural.clone()));
    let count = move || words::found(found.with(|found| found.total), &one, &many);
    let shown = move || found.with(|found| found.rows.clone());
    let more = move || found.with(|found| found.total.saturating_sub(found.rows.len()));
    let empty = move || match found.with(|found| (found.total, found.held)) {
        (0, 0) => Some((words::NONE_YET, words::NONE_YET_TEXT)),
        (0, _) => Some((words::NONE_FOUND, words::NONE_FOUND_TEXT)),
        _ => None,
    };
    let loading = move || {
        found.with(|found| found.held == 0)
            && matches!(session.status(), Status::FirstSync { .. } | Status::Never)
    };
    view! {
        <section class="panes__list" aria-label=declared.with_value(|entity| entity.title_plural.clone())>
            <Toolbar entity=declared state />
            <p class="fresh" role="status">
                {move || grouped_count(&count())}
            </p>
            <Show
                when=loading
                fallback=move || {
                    empty().map(|(title, text)| view! { <Empty symbol="search" title text /> }.into_any())
                }
            >
                {skeleton()}
            </Show>
            {rows("rows", shown, current)}
            <Show when=move || { more() > 0 }>
                <div class="section">
                    <button
                        class="button button--block"
                        type="button"
                        on:click=move |_| state.update(|state| state.shown += PAGE)
                    >
                        {move || words::show_more(more().min(PAGE))}
                    </button>
                </div>
            </Show>
            {room_for_button()}
        </section>
        {may_create.then(|| new_button(&entity, current))}
    }
    .into_any()
}

fn unknown() -> AnyView {
    view! {
        <section class="panes__list">
            <Empty symbol="alert" title=shell::NOT_FOUND text=shell::NOT_FOUND_TEXT />
        </section>
    }
    .into_any()
}

/// The button of a new record; beside an open record only on wide screens.
fn new_button(name: &str, current: Signal<Option<String>>) -> AnyView {
    let class = move || {
        if current.with(Option::is_some) {
            "button button--primary button--large button--round fab wide-only"
        } else {
            "button button--primary button--large button--round fab"
        }
    };
    view! {
        <a class=class href=format!("/records/{name}/new")>
            {icon("add")}
            {words::NEW}
        </a>
    }
    .into_any()
}

/// `5484 work orders` with its thousands told apart.
fn grouped_count(text: &str) -> String {
    match text.split_once(' ') {
        Some((number, rest)) => number.parse().map_or_else(
            |_| text.to_owned(),
            |number| format!("{} {rest}", grouped(number)),
        ),
        None => text.to_owned(),
    }
}

fn find(reader: &Reader<'_>, name: &str, state: &ListState) -> Found {
    let replica = reader.replica;
    let Some(entity) = replica.packs().entity(name) else {
        return Found {
            rows: Vec::new(),
            total: 0,
            held: 0,
        };
    };
    let me = replica.me().cloned().unwrap_or_default();
    let viewer = viewer(&me, reader.now);
    let page = reader.list(&state.query(entity));
    let kept: Vec<_> = page
        .items
        .iter()
        .filter(|item| state.keeps(entity, item, &viewer))
        .collect();
    Found {
        total: kept.len(),
        rows: kept
            .into_iter()
            .take(state.shown)
            .map(|item| row(reader, entity, &item.view(), &me))
            .collect(),
        held: replica.mirrors_of(name).count() + replica.created_here(name),
    }
}

/// Rows of the size of what is being fetched.
fn skeleton() -> AnyView {
    let row = |_| {
        view! {
            <li class="row skeleton">
                <div class="row__link">
                    <span class="row__title">{PRODUCT}</span>
                    <span class="row__meta">{PRODUCT}</span>
                    <span class="row__state">
                        <span class="badge">{PRODUCT}</span>
                    </span>
                    <span class="row__mark">
                        <span class="mark">{PRODUCT}</span>
                    </span>
                </div>
            </li>
        }
        .into_any()
    };
    view! {
        <ul class="rows" aria-hidden="true">
            {(0..6).map(row).collect_view()}
        </ul>
    }
    .into_any()
}
