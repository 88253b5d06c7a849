//! Another data key for what lies on this device.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use super::name_and_hint;
use crate::{
    components::{Frame, Tab, icon},
    state::Session,
    strings::{more as words, shell},
};

/// The way to the page; while everything is sealed anew, how far that has come.
#[component]
pub fn KeySetting() -> AnyView {
    let session = Session::here();
    let hint = move || match session.resealing() {
        Some((done, of)) => words::resealing(done, of),
        None => words::KEY_HINT.to_owned(),
    };
    view! {
        <a class="setting" href="/more/key">
            {name_and_hint(|| words::KEY.to_owned(), hint)}
            {icon("chevron")}
        </a>
    }
    .into_any()
}

/// Says what it does and when one wants it, and asks for the passcode.
#[component]
pub fn ReplaceKey() -> AnyView {
    let session = Session::here();
    let passcode = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        spawn_local(async move {
            match session.replace_key(passcode.get_untracked()).await {
                Ok(()) => session.go_instead("/more"),
                Err(reason) => error.set(Some(reason)),
            }
            busy.set(false);
        });
    };
    let disabled = move || busy.get() || passcode.with(String::is_empty);
    view! {
        <Frame
            title=words::KEY.to_owned()
            tab=Tab::More
            back=Signal::stored(Some(("/more".to_owned(), shell::BACK.to_owned())))
            task=Signal::stored(true)
        >
            <main class="screen screen--acting" id="main">
                <form
                    class="section stack stack--wide"
                    id="key-form"
                    autocomplete="off"
                    novalidate
                    on:submit=submit
                >
                    <p>{words::KEY_WHAT}</p>
                    <p>{words::KEY_WHEN} " " <a href="/more/passcode">{words::PASSCODE}</a></p>
                    <p>{words::KEY_HOW}</p>
                    {passcode_field(passcode, error)}
                </form>
                <div class="actionbar">
                    <a class="button button--narrow" href="/more">
                        {shell::CANCEL}
                    </a>
                    <button class="button button--primary" type="submit" form="key-form" disabled=disabled>
                        {words::KEY_REPLACE}
                    </button>
                </div>
            </main>
        </Frame>
    }
    .into_any()
}

fn passcode_field(passcode: RwSignal<String>, error: RwSignal<Option<String>>) -> AnyView {
    view! {
        <div class="field">
            <label class="field__label" for="passcode">
                {words::PASSCODE_OLD}
            </label>
            <input
                class="input"
                id="passcode"
                type="password"
                autocomplete="off"
                aria-describedby="passcode-error"
                aria-invalid=move || error.get().map(|_| "true")
                on:input=move |event| {
                    error.set(None);
                    passcode.set(event_target_value(&event));
                }
            />
            <p class="field__error" id="passcode-error" role="alert">
                {move || {
                    error
                        .get()
                        .map(|text| {
                            view! {
                                {icon("failed")}
                                {text}
                            }
                                .into_any()
                        })
                }}
            </p>
        </div>
    }
    .into_any()
}
