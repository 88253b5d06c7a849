use holdfast_core::status::Status;
use leptos::prelude::*;

use super::brand;
use crate::{
    components::{Show, StorageFull, StorageLost, button},
    format::{bytes::grouped, status},
    state::Session,
    strings::entry as words,
};

/// The first records are on their way. What is here works already, so nobody has to wait for the end.
#[component]
pub fn FirstSync() -> AnyView {
    let session = Session::here();
    let progress = move || match session.status() {
        Status::FirstSync { done, total } => Some((done, total.unwrap_or(0).max(done))),
        _ => None,
    };
    let label = move || progress().map(|(done, total)| words::done_of(&grouped(done), &grouped(total)));
    let trouble = move || match session.status() {
        Status::FirstSync { .. } | Status::Syncing { .. } | Status::Never | Status::Synced { .. } => None,
        other => Some(status::line(&other, session.now(), session.zone()).1),
    };
    view! {
        <div class="entry">
            <main class="entry__body">
                {brand()} <section class="stack stack--wide entry__push">
                    <h1 class="entry__title">{words::FETCHING}</h1>
                    <StorageLost />
                    <StorageFull />
                    <Show when=move || !session.is_full()>
                        <div class="progress">
                            <div class="progress__label">
                                <span>{words::FETCHING_RECORDS}</span>
                                <span>{label}</span>
                            </div>
                            <progress
                                class="bar"
                                aria-label=words::FETCHING
                                value=move || progress().map(|(done, _)| done.to_string())
                                max=move || progress().map_or(1, |(_, total)| total.max(1)).to_string()
                            ></progress>
                        </div>
                    </Show>
                    {move || {
                        trouble()
                            .map(|line| {
                                view! {
                                    <p class="entry__lead" role="alert">
                                        {line}
                                    </p>
                                }
                                    .into_any()
                            })
                    }}
                    <p class="entry__lead">{words::START_NOW_TEXT}</p>
                    {button("button button--large", words::START_NOW, move |_| session.start_now())}
                </section>
            </main>
        </div>
    }
    .into_any()
}
