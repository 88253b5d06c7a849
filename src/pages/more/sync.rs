use leptos::{prelude::*, task::spawn_local};

use super::name_and_hint;
use crate::{
    components::icon,
    format::time,
    state::Session,
    strings::{more as words, shell},
};

/// When sync was last, now, and while the app is closed.
#[component]
pub fn Sync() -> AnyView {
    let session = Session::here();
    let stored = session.live(|reader| {
        let sync = reader.replica.sync();
        (
            sync.last_synced_at,
            sync.last_verified_at,
            sync.last_error.as_ref().map(|error| error.message.clone()),
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
    let background = RwSignal::new(false);
    spawn_local(async move { background.set(session.syncs_while_closed().await) });
    let toggle = move |event| {
        let wanted = event_target_checked(&event);
        spawn_local(async move {
            if let Err(fault) = session.sync_while_closed(wanted).await {
                session.toasts.say(fault.to_string());
            }
            background.set(session.syncs_while_closed().await);
        });
    };
    view! {
        <section class="section" aria-labelledby="sync">
            <div class="section__head"><h2 class="section__title" id="sync">{words::SYNC}</h2></div>
            <div class="card settings card--flush">
                <button class="setting" type="button" on:click=move |_| session.sync_now()>{name_and_hint(|| words::SYNC_NOW.to_owned(), last)} {icon("sync")}</button>
                <label class="setting">
                    {name_and_hint(|| words::BACKGROUND.to_owned(), || words::BACKGROUND_HINT.to_owned())}
                    <input class="switch" type="checkbox" role="switch" aria-label=words::BACKGROUND prop:checked=move || background.get() on:change=toggle />
                </label>
                <details class="details">
                    <summary class="details__summary">{icon("chevron")} {shell::DETAILS}</summary>
                    <div class="details__body"><p>{verified}</p> <p>{move || stored.get().2}</p></div>
                </details>
            </div>
        </section>
    }
    .into_any()
}
