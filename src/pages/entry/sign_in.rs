use leptos::prelude::*;

use super::brand;
use crate::{
    components::{Show, button, icon},
    state::{Known, Session},
    strings::entry as words,
};

/// Nobody is signed in, or somebody else wants to be.
#[component]
pub fn SignIn(known: Vec<Known>, error: Option<String>) -> AnyView {
    let session = Session::here();
    let person = move |known: Known| {
        let name = known.name.clone();
        view! {
            <button
                class="button button--large button--block"
                type="button"
                on:click=move |_| session.choose(known.clone())
            >
                {icon("lock")}
                {name}
            </button>
        }
        .into_any()
    };
    let people = (!known.is_empty()).then(|| {
        view! {
            <section class="stack" aria-label=words::ON_THIS_DEVICE>
                <p class="entry__lead">{words::ON_THIS_DEVICE}</p>
                {known.into_iter().map(person).collect_view()}
            </section>
        }
        .into_any()
    });
    view! {
        <div class="entry">
            <main class="entry__body stack stack--wide">
                {brand()} <div class="stack entry__push">
                    <h1 class="entry__title">{words::CLAIM}</h1>
                    <p class="entry__lead">{words::CLAIM_TEXT}</p>
                </div> {error.map(|error| message(words::SIGN_IN_FAILED, error))} {people}
                {button(
                    "button button--primary button--large button--block",
                    words::SIGN_IN,
                    move |_| session.sign_in(),
                )} <Show when=move || session.is_offline()>
                    <p class="entry__lead">{words::OFFLINE_SIGN_IN}</p>
                </Show>
            </main>
        </div>
    }
    .into_any()
}

/// The device's data could not be opened: what happened, and another try. Nothing is erased by itself.
#[component]
pub fn Broken(reason: String) -> AnyView {
    view! {
        <div class="entry">
            <main class="entry__body stack stack--wide">
                {brand()} <div class="stack entry__push">
                    <h1 class="entry__title">{words::STORAGE_FAILED}</h1>
                </div> <p class="entry__lead" role="alert">
                    {reason}
                </p>
                {button(
                    "button button--primary button--large button--block",
                    words::TRY_AGAIN,
                    move |_| Session::here().reload(),
                )}
            </main>
        </div>
    }
    .into_any()
}

fn message(title: &'static str, text: String) -> AnyView {
    view! {
        <div class="notice" data-tone="failed" role="alert">
            {icon("failed")}
            <h2 class="notice__title">{title}</h2>
            <p class="notice__text">{text}</p>
        </div>
    }
    .into_any()
}
