use leptos::{prelude::*, task::spawn_local};

use super::{Dialog, button, icon};
use crate::{
    state::Session,
    strings::{queue as words, shell},
};

/// The least that a phrase for a file must have: the file may be tried out at leisure.
const LEAST: usize = 8;

/// Everything that waits here, as a file sealed with a phrase of its own.
#[component]
pub fn ExportDialog(on_close: Callback<()>) -> AnyView {
    let session = Session::here();
    let phrase = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let save = move |_| {
        let entered = phrase.get_untracked();
        if entered.chars().count() < LEAST {
            return error.set(Some(words::EXPORT_SHORT.to_owned()));
        }
        spawn_local(async move {
            match session.export(&entered).await {
                Ok(()) => {
                    // The dialog may have been closed meanwhile.
                    on_close.try_run(());
                    session.toasts.say(words::EXPORTED.to_owned());
                }
                Err(fault) => error.set(Some(fault.to_string())),
            }
        });
    };
    let message = move || {
        error.get().map(|text| {
            view! {
                {icon("failed")}
                {text}
            }
            .into_any()
        })
    };
    view! {
        <Dialog
            title=words::EXPORT_TITLE
            on_close
            actions=Box::new(move || {
                view! {
                    {button("button button--primary button--large", words::EXPORT_SEALED, save)}
                    {button("button button--large", shell::CANCEL, move |_| on_close.run(()))}
                }
                    .into_any()
            })
        >
            <p>{words::EXPORT_TEXT}</p>
            <div class="field">
                <label class="field__label" for="export-phrase">
                    {words::EXPORT_PHRASE}
                </label>
                <input
                    class="input"
                    id="export-phrase"
                    type="password"
                    autocomplete="new-password"
                    aria-describedby="export-error"
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    on:input=move |event| {
                        error.set(None);
                        phrase.set(event_target_value(&event));
                    }
                />
                <p class="field__error" id="export-error" role="alert">
                    {message}
                </p>
            </div>
        </Dialog>
    }
    .into_any()
}
