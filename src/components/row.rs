use leptos::prelude::*;

use super::{For, badges, mark};
use crate::format::row::Row;

/// One record in a list. `current`: the one that is open beside it.
pub fn record_row(row: Row, current: Signal<Option<String>>) -> AnyView {
    let Row {
        id,
        href,
        title,
        meta,
        badges: shown,
        mark: state,
        priority,
    } = row;
    let is_current = move || {
        current
            .with(|open| open.as_deref() == Some(id.as_str()))
            .then_some("true")
    };
    view! {
        <li class="row" data-priority=priority>
            <a class="row__link" href=href aria-current=is_current>
                <span class="row__title" dir="auto">
                    {title}
                </span>
                <span class="row__meta" dir="auto">
                    {meta}
                </span>
                <span class="row__state">{badges(shown)}</span>
                <span class="row__mark">{mark(state)}</span>
            </a>
        </li>
    }
    .into_any()
}

/// A list of records that follows its query; a row is made anew only when what it shows has changed.
pub fn rows(
    class: &'static str,
    found: impl Fn() -> Vec<Row> + Send + Sync + 'static,
    current: Signal<Option<String>>,
) -> AnyView {
    view! {
        <ul class=class>
            <For each=found key=|row| row.clone() let:row>
                {record_row(row, current)}
            </For>
        </ul>
    }
    .into_any()
}
