//! The dialogs of the toolbar: how to sort, and all filters.

use holdfast_core::pack::Entity;
use leptos::prelude::*;

use super::options::{Choosable, all_options};
use crate::{
    components::{Dialog, button},
    state::{ListState, Session},
    strings::records as words,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Panel {
    Sort,
    Filters,
}

#[component]
pub(super) fn PanelDialog(
    panel: Panel,
    entity: StoredValue<Entity>,
    state: RwSignal<ListState>,
    on_close: Callback<()>,
) -> AnyView {
    let session = Session::here();
    let (title, body) = match panel {
        Panel::Sort => {
            let sorts = entity.with_value(|entity| {
                entity
                    .list
                    .sorts
                    .iter()
                    .map(|sort| sort.label.clone())
                    .enumerate()
                    .collect::<Vec<_>>()
            });
            (
                words::SORT,
                sorts
                    .into_iter()
                    .map(|sort| sort_choice(state, on_close, sort))
                    .collect_view()
                    .into_any(),
            )
        }
        Panel::Filters => {
            let filters = session.read(|reader| entity.with_value(|entity| all_options(reader, entity)));
            (
                words::FILTERS,
                filters
                    .into_iter()
                    .map(|filter| filter_choices(state, filter))
                    .collect_view()
                    .into_any(),
            )
        }
    };
    let clear = move |_| {
        state.update(ListState::clear);
        on_close.run(());
    };
    view! {
        <Dialog
            title
            on_close
            actions=Box::new(move || {
                view! {
                    {button("button button--primary button--large", words::SHOW, move |_| on_close.run(()))}
                    {(panel == Panel::Filters).then(|| button("button button--large", words::CLEAR, clear))}
                }
                    .into_any()
            })
        >
            {body}
        </Dialog>
    }
    .into_any()
}

fn sort_choice(state: RwSignal<ListState>, on_close: Callback<()>, (at, label): (usize, String)) -> AnyView {
    let choose = move |_| {
        state.update(|state| state.sort = at);
        on_close.run(());
    };
    view! {
        <label class="check">
            <input
                class="check__box"
                type="radio"
                name="sort"
                prop:checked=move || state.with(|state| state.sort == at)
                on:change=choose
            />
            <span>{label}</span>
        </label>
    }
    .into_any()
}

/// One filter with its options.
fn filter_choices(state: RwSignal<ListState>, (label, options): (String, Vec<Choosable>)) -> AnyView {
    let line = move |option: Choosable| {
        let shown = option.clone();
        let toggle = move |_| state.update(|state| state.toggle(&option.field, option.value.clone()));
        view! {
            <label class="check">
                <input
                    class="check__box"
                    type="checkbox"
                    prop:checked=move || state.with(|state| state.has(&shown.field, &shown.value))
                    on:change=toggle
                />
                <span>{option.label.clone()}</span>
            </label>
        }
        .into_any()
    };
    view! {
        <fieldset class="field">
            <legend class="field__label">{label}</legend>
            {options.into_iter().map(line).collect_view()}
        </fieldset>
    }
    .into_any()
}
