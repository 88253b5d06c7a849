//! Search, sort and the chips of a list.

use holdfast_core::pack::Entity;
use leptos::prelude::*;
use serde_json::Value;

use super::{
    options::{Choosable, quick_options},
    panel::{Panel, PanelDialog},
};
use crate::{
    components::{For, icon},
    state::{ListState, PAGE, Session, owner_field},
    strings::records as words,
};

#[component]
pub(super) fn Toolbar(entity: StoredValue<Entity>, state: RwSignal<ListState>) -> AnyView {
    let session = Session::here();
    let dialog = RwSignal::new(None::<Panel>);
    let sorts = entity.with_value(|entity| entity.list.sorts.clone());
    let has_finished = entity.with_value(|entity| entity.retention.is_some());
    let owner = session.read(|reader| {
        let me = session.me_of(reader);
        entity.with_value(|entity| {
            owner_field(entity, &me).map(|field| (field.to_owned(), Value::from(me.user_id.clone())))
        })
    });
    let chips = session.live(move |reader| entity.with_value(|entity| quick_options(reader, entity)));
    let mine = owner.map(|(field, value)| mine_chip(state, field, value));
    let has_filters = entity.with_value(|entity| !entity.list.filters.is_empty());
    view! {
        <div class="toolbar">
            <form
                class="toolbar__row"
                role="search"
                autocomplete="off"
                on:submit=|event| event.prevent_default()
            >
                {search_field(state)}
                {(sorts.len() > 1).then(|| sort_button(entity, state, dialog))}
            </form>
            <div class="chips" role="group" aria-label=words::FILTERS>
                {has_finished.then(|| unfinished_chip(state))}
                {mine}
                <For
                    each=move || chips.get()
                    key=|option| option.clone()
                    children=move |option| quick_chip(state, option)
                />
                <button
                    class="chip"
                    type="button"
                    aria-pressed=move || state.with(|state| state.unsynced).to_string()
                    on:click=move |_| state.update(|state| state.unsynced = !state.unsynced)
                >
                    {words::UNSENT}
                </button>
                {has_filters.then(|| filters_chip(state, dialog))}
            </div>
        </div>
        {move || {
            dialog
                .get()
                .map(|panel| {
                    view! {
                        <PanelDialog panel entity state on_close=Callback::new(move |()| dialog.set(None)) />
                    }
                        .into_any()
                })
        }}
    }
    .into_any()
}

fn search_field(state: RwSignal<ListState>) -> AnyView {
    view! {
        <div class="search">
            {icon("search")} <label class="visually-hidden" for="search">
                {words::SEARCH}
            </label>
            <input
                class="input"
                dir="auto"
                id="search"
                type="search"
                autocomplete="off"
                placeholder=words::SEARCH_HINT
                prop:value=state.with_untracked(|state| state.search.clone())
                on:input=move |event| {
                    state
                        .update(|state| {
                            state.search = event_target_value(&event);
                            state.shown = PAGE;
                        })
                }
            />
        </div>
    }
    .into_any()
}

/// Opens the choice of a sort; its label says the present one.
fn sort_button(
    entity: StoredValue<Entity>,
    state: RwSignal<ListState>,
    dialog: RwSignal<Option<Panel>>,
) -> AnyView {
    let sort_label = move || {
        let label = entity.with_value(|entity| {
            entity
                .list
                .sorts
                .get(state.get().sort)
                .map(|sort| sort.label.clone())
        });
        words::sorted_by(&label.unwrap_or_default())
    };
    view! {
        <button
            class="button"
            type="button"
            aria-label=sort_label
            on:click=move |_| dialog.set(Some(Panel::Sort))
        >
            {icon("sort")}
        </button>
    }
    .into_any()
}

fn unfinished_chip(state: RwSignal<ListState>) -> AnyView {
    view! {
        <button
            class="chip"
            type="button"
            aria-pressed=move || state.with(|state| state.unfinished).to_string()
            on:click=move |_| {
                state
                    .update(|state| {
                        state.unfinished = !state.unfinished;
                        state.shown = PAGE;
                    })
            }
        >
            {words::UNFINISHED}
        </button>
    }
    .into_any()
}

/// Keeps what is the user's own; whether finished records are shown stays as it is.
fn mine_chip(state: RwSignal<ListState>, field: String, value: Value) -> AnyView {
    let (shown_field, shown_value) = (field.clone(), value.clone());
    view! {
        <button
            class="chip"
            type="button"
            aria-pressed=move || state.with(|state| state.has(&shown_field, &shown_value)).to_string()
            on:click=move |_| {
                state
                    .update(|state| {
                        let unfinished = state.unfinished;
                        state.toggle(&field, value.clone());
                        state.unfinished = unfinished;
                    })
            }
        >
            {words::MINE}
        </button>
    }
    .into_any()
}

/// One option of the list's first filter.
fn quick_chip(state: RwSignal<ListState>, option: Choosable) -> AnyView {
    let (field, value) = (option.field.clone(), option.value.clone());
    let shown = option.clone();
    view! {
        <button
            class="chip"
            type="button"
            aria-pressed=move || state.with(|state| state.has(&shown.field, &shown.value)).to_string()
            on:click=move |_| state.update(|state| state.toggle(&field, value.clone()))
        >
            {option.label}
        </button>
    }
    .into_any()
}

/// Opens all filters, with the number of those in use.
fn filters_chip(state: RwSignal<ListState>, dialog: RwSignal<Option<Panel>>) -> AnyView {
    view! {
        <button
            class="chip"
            type="button"
            aria-haspopup="dialog"
            aria-pressed="false"
            on:click=move |_| dialog.set(Some(Panel::Filters))
        >
            {icon("filter")}
            {words::ALL_FILTERS}
            {move || {
                Some(state.with(ListState::narrowed))
                    .filter(|count| *count > 0)
                    .map(|count| view! { <span class="count">{count}</span> }.into_any())
            }}
        </button>
    }
    .into_any()
}
