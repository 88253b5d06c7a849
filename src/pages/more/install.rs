use leptos::prelude::*;

use super::text;
use crate::{
    components::{Dialog, Show, button, icon},
    state::Session,
    strings::more as words,
};

/// Puts the app on the home screen: by the browser's own question where it has one, by a how-to elsewhere.
#[component]
pub fn Install() -> AnyView {
    let session = Session::here();
    let showing = RwSignal::new(false);
    let install = move |_| {
        if !session.install.ask() {
            showing.set(true)
        }
    };
    let close = move || showing.set(false);
    let step = |words: &'static str| {
        view! {
            <li class="steps__item">
                <span>{words}</span>
            </li>
        }
        .into_any()
    };
    view! {
        <Show when=move || !session.install.is_installed()>
            <button class="setting" type="button" on:click=install>
                {text(words::INSTALL, "")}
                {icon("install")}
            </button>
        </Show>
        <Show when=move || showing.get()>
            <Dialog
                title=words::INSTALL_TITLE
                on_close=Callback::new(move |()| close())
                actions=Box::new(move || button(
                    "button button--primary button--large",
                    words::GOT_IT,
                    move |_| close(),
                ))
            >
                <p class="quiet">{words::INSTALL_TEXT}</p>
                <ol class="steps">{words::INSTALL_STEPS.into_iter().map(step).collect_view()}</ol>
            </Dialog>
        </Show>
    }
    .into_any()
}
