use holdfast_core::{Timestamp, status::Status};
use leptos::{prelude::*, task::spawn_local};

use super::name_and_hint;
use crate::{
    components::{ClockOff, icon},
    format::{status, time},
    state::{Memo, Session},
    strings::{more as words, problem, shell},
};

/// When sync was last, now, and while the app is closed.
#[component]
pub fn Sync() -> AnyView {
    let session = Session::here();
    let stored = session.live(|reader| {
        let sync = reader.replica.sync();
        (
            sync.last_synced_at.map(|at| sync.by_device(at)),
            sync.last_verified_at.map(|at| sync.by_device(at)),
            sync.last_error.as_ref().map(problem::said),
        )
    });
    let last = move || match stored.get().0 {
        Some(at) => words::last_synced(&time::ago(at, session.now())),
        None => words::NEVER.to_owned(),
    };
    let verified = move || {
        stored
            .get()
            .1
            .map(|at| words::last_verified(&time::day_time(at, session.now(), session.zone())))
    };
    view! {
        <section class="section" aria-labelledby="sync">
            <div class="section__head">
                <h2 class="section__title" id="sync">
                    {words::SYNC}
                </h2>
            </div>
            <StallNotice />
            <ClockOff />
            <div class="card settings card--flush">
                <button class="setting" type="button" on:click=move |_| session.sync_now()>
                    {name_and_hint(|| words::SYNC_NOW.to_owned(), last)}
                    {icon("sync")}
                </button>
                {while_closed(session)}
                {details(verified, move || stored.get().2)}
            </div>
        </section>
    }
    .into_any()
}

/// Whether the worker syncs while the app is closed, and until when it can.
fn while_closed(session: Session) -> AnyView {
    let background = RwSignal::new(false);
    let until = RwSignal::new(None::<Timestamp>);
    let look = move || async move {
        background.set(session.syncs_while_closed().await);
        until.set(session.synced_until().await);
    };
    spawn_local(look());
    let hint = move || match until.get() {
        Some(until) => words::background_until(&time::weekday_time(until, session.now(), session.zone())),
        None => words::BACKGROUND_HINT.to_owned(),
    };
    let toggle = move |event| {
        let wanted = event_target_checked(&event);
        spawn_local(async move {
            if let Err(fault) = session.sync_while_closed(wanted).await {
                session.toasts.say(fault.to_string());
            }
            look().await;
        });
    };
    view! {
        <label class="setting">
            {name_and_hint(|| words::BACKGROUND.to_owned(), hint)}
            <input
                class="switch"
                type="checkbox"
                role="switch"
                aria-label=words::BACKGROUND
                prop:checked=move || background.get()
                on:change=toggle
            />
        </label>
    }
    .into_any()
}

/// When the device last compared everything with the server, and the last error; folded away.
fn details(
    verified: impl Fn() -> Option<String> + Send + 'static,
    error: impl Fn() -> Option<String> + Send + 'static,
) -> AnyView {
    view! {
        <details class="details">
            <summary class="details__summary">{icon("chevron")} {shell::DETAILS}</summary>
            <div class="details__body">
                <p>{verified}</p>
                <p>{error}</p>
            </div>
        </details>
    }
    .into_any()
}

/// "Connected, but nothing is being accepted", with what it means, what to do, and what the server said.
#[component]
fn StallNotice() -> AnyView {
    let session = Session::here();
    let stall = Memo::new(move |_| {
        let status = session.status();
        let Status::NotDraining { error, .. } = &status else {
            return None;
        };
        let said = error.as_ref().map(problem::said);
        Some((status::line(&status, session.now(), session.zone()).1, said))
    });
    let notice = move || {
        stall.get().map(|(title, said)| {
            view! {
                <div class="notice" data-tone="failed" role="alert">
                    {icon("alert")}
                    <h3 class="notice__title">{title}</h3>
                    <p class="notice__text">{words::NOT_DRAINING_TEXT}</p>
                    <p class="notice__text">{said}</p>
                </div>
            }
            .into_any()
        })
    };
    notice.into_any()
}
