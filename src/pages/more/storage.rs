use holdfast_core::store::Quarantined;
use leptos::{prelude::*, task::spawn_local};

use super::unreadable::Unreadable;
use crate::{
    components::{Show, button, icon},
    format::{
        bytes::{bytes, grouped},
        entities,
        number::decimal,
    },
    state::{Session, StorageUse},
    strings::more as words,
};

/// How much is kept, what of, and whether the browser promised to keep it.
#[component]
pub fn Storage() -> AnyView {
    let session = Session::here();
    let used = RwSignal::new(None::<StorageUse>);
    let look = move || spawn_local(async move { used.set(Some(session.storage_use().await)) });
    look();
    let held = session.live(|reader| {
        let count = |name: &str| reader.replica.mirrors_of(name).count() as u64;
        let mut lines: Vec<(String, u64)> = entities::shown(reader.replica)
            .map(|(_, entity)| (entity.title_plural.clone(), count(&entity.name)))
            .collect();
        lines.push((words::WAITING_TO_SEND.to_owned(), reader.replica.unsent() as u64));
        lines.push((
            words::NOT_ACCEPTED.to_owned(),
            reader.replica.failed().count() as u64,
        ));
        lines
    });
    let pages = session.live(|reader| {
        let is_page = |quarantined: &Quarantined| matches!(quarantined, Quarantined::Page(_));
        reader.replica.quarantined().filter(is_page).count()
    });
    let ask = move |_| {
        spawn_local(async move {
            session.ask_to_keep().await;
            used.set(Some(session.storage_use().await));
        })
    };
    let line = |(title, count): (String, u64)| {
        view! {
            <dt>{title}</dt>
            <dd>{grouped(count)}</dd>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="storage">
            <div class="section__head">
                <h2 class="section__title" id="storage">
                    {words::STORAGE}
                </h2>
            </div>
            <div class="card stack">
                {move || used.get().map(usage)}
                <dl class="legend">{move || held.get().into_iter().map(line).collect_view()}</dl>
                {move || used.get().map(|used| promise(used.persisted))}
                <Show when=move || used.get().is_some_and(|used| !used.persisted)>
                    <div class="cluster">{button("button", words::ASK_TO_KEEP, ask)}</div>
                </Show> <Show when=move || { pages.get() > 0 }>
                    <div class="notice" data-tone="failed" role="alert">
                        {icon("alert")}
                        <p class="notice__text">{move || words::quarantined(pages.get())}</p>
                    </div>
                </Show> <Unreadable />
            </div>
        </section>
    }
    .into_any()
}

fn usage(used: StorageUse) -> AnyView {
    match (used.usage, used.quota) {
        (Some(usage), Some(quota)) if quota > 0.0 => {
            let said = words::used_of(&bytes(usage), &bytes(quota));
            let percent = format!("{} %", decimal(usage / quota * 100.0, 0));
            view! {
                <div class="progress">
                    <div class="progress__label">
                        <span>{said.clone()}</span>
                        <span>{percent}</span>
                    </div>
                    <meter
                        class="bar"
                        aria-label=words::STORAGE
                        value=decimal(usage, 0)
                        high=decimal(quota * 0.8, 0)
                        max=decimal(quota, 0)
                    >
                        {said}
                    </meter>
                </div>
            }
            .into_any()
        }
        _ => view! { <p class="quiet">{words::STORAGE_UNKNOWN}</p> }.into_any(),
    }
}

fn promise(kept: bool) -> AnyView {
    let text = if kept {
        words::STORAGE_KEPT
    } else {
        words::STORAGE_AT_RISK
    };
    view! { <p class="quiet small">{text}</p> }.into_any()
}
