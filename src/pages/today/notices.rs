//! What of the first page concerns this device and its queue.

use holdfast_core::queue::WriteStatus;
use leptos::prelude::*;

use crate::{
    components::{Show, button, icon, tally},
    format::{entities, inbox, write::tell},
    state::Session,
    strings::{records as words, shell, status},
};

/// How many records of each kind are on this device.
#[component]
pub fn Held() -> AnyView {
    let held = Session::here().live(|reader| {
        let counted = entities::shown(reader.replica).filter(|(_, entity)| !entity.operations.is_empty());
        let tally = |entity: &holdfast_core::pack::Entity| {
            (
                reader.replica.all(&entity.name).count(),
                entity.title_plural.clone(),
                format!("/records/{}", entity.name),
            )
        };
        counted
            .take(3)
            .map(|(_, entity)| tally(entity))
            .collect::<Vec<_>>()
    });
    view! {
        <Show when=move || !held.with(Vec::is_empty)>{move || tally(words::ON_THIS_DEVICE, held.get())}</Show>
    }
    .into_any()
}

/// Stays until it is settled: what was not accepted, with another try and the whole story.
#[component]
pub fn FailureNotice() -> AnyView {
    let session = Session::here();
    let failed = session.live(|reader| {
        let all: Vec<_> = reader.replica.failed().map(|write| tell(reader, write)).collect();
        let first = all.first().map(|told| {
            (
                told.record.clone(),
                told.error
                    .as_ref()
                    .map(|error| error.message.clone())
                    .unwrap_or_default(),
            )
        });
        first.map(|(record, message)| (all.len(), record, message))
    });
    let notice = move || {
        failed.get().map(|(count, record, message)| {
            view! {
                <div class="notice notice--page" data-tone="failed" role="alert">
                    {icon("failed")}
                    <h2 class="notice__title" dir="auto">
                        {status::not_accepted(count)}
                    </h2>
                    <p class="notice__text" dir="auto">
                        {record}
                        ": "
                        {message}
                        " "
                        {words::KEPT}
                    </p>
                    <div class="notice__actions">
                        {button("button", shell::RETRY, move |_| session.retry_all())}
                        <a class="button button--quiet" href="/queue">
                            {shell::DETAILS}
                        </a>
                    </div>
                </div>
            }
            .into_any()
        })
    };
    notice.into_any()
}

#[component]
pub fn ConflictNotice() -> AnyView {
    let count = Session::here().live(|reader| inbox::conflicts(reader, true).len());
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="notice notice--page" data-tone="conflict">
                {icon("conflict")}
                <h2 class="notice__title" dir="auto">
                    {move || words::conflicts_wait(count.get())}
                </h2>
                <div class="notice__actions">
                    <a class="button" href="/inbox">
                        {words::CONFLICTS_WAIT}
                    </a>
                </div>
            </div>
        </Show>
    }
    .into_any()
}

/// What was written here and not sent yet.
#[component]
pub fn OnDevice() -> AnyView {
    let waiting = Session::here().live(|reader| {
        let open = reader
            .replica
            .open_writes()
            .filter(|write| write.status != WriteStatus::Failed);
        open.map(|write| tell(reader, write))
            .map(|told| (told.what, told.record))
            .collect::<Vec<_>>()
    });
    let line = |(what, record): (String, String)| {
        view! {
            <a class="setting" href="/queue">
                <span class="setting__text">
                    <span class="setting__name" dir="auto">
                        {what}
                    </span>
                    <span class="setting__hint" dir="auto">
                        {record}
                    </span>
                </span>
                {icon("device")}
            </a>
        }
        .into_any()
    };
    view! {
        <Show when=move || !waiting.with(Vec::is_empty)>
            <section class="section" aria-labelledby="on-device">
                <div class="section__head">
                    <h2 class="section__title" id="on-device">
                        {words::ON_DEVICE_TITLE}
                        " "
                        <span class="count">{move || waiting.with(Vec::len)}</span>
                    </h2>
                    <a class="section__link" href="/queue">
                        {words::SEE_QUEUE}
                    </a>
                </div>
                <p class="quiet small">{words::ON_DEVICE_TEXT}</p>
                <div class="card settings card--flush">
                    {move || waiting.get().into_iter().take(3).map(line).collect_view()}
                </div>
            </section>
        </Show>
    }
    .into_any()
}
