use holdfast_browser::client::LockAfter;
use leptos::{prelude::*, task::spawn_local};

use super::{name_and_hint, text};
use crate::{components::icon, state::Session, strings::more as words};

/// Locking by hand, and by itself.
#[component]
pub fn Lock() -> AnyView {
    let session = Session::here();
    let minutes = move || session.lock_after().minutes().to_string();
    let chosen = RwSignal::new(minutes());
    let choose = move |event| {
        let wanted = LockAfter::of_minutes(&event_target_value(&event));
        spawn_local(async move {
            if let Err(fault) = session.set_lock_after(wanted).await {
                session.toasts.say(fault.to_string());
            }
            chosen.set(minutes());
        });
    };
    let option = move |after: LockAfter| {
        let value = after.minutes().to_string();
        let own = value.clone();
        let selected = move || chosen.with(|chosen| *chosen == own);
        view! {
            <option value=value prop:selected=selected>
                {words::lock_after(after.minutes())}
            </option>
        }
        .into_any()
    };
    view! {
        <button class="setting" type="button" on:click=move |_| session.lock()>
            {text(words::LOCK_NOW, words::LOCK_HINT)}
            {icon("lock")}
        </button>
        <label class="setting">
            {name_and_hint(|| words::LOCK_AFTER.to_owned(), || words::LOCK_AFTER_HINT.to_owned())}
            <span class="select">
                <select class="input" autocomplete="off" aria-label=words::LOCK_AFTER on:change=choose>
                    {LockAfter::CHOICES.map(option).collect_view()}
                </select>
                {icon("chevron")}
            </span>
        </label>
    }
    .into_any()
}
