use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{Frame, Tab, icon},
    state::Session,
    strings::{entry::LEAST_DIGITS, more as words, records::SAVE, shell},
};

/// Another passcode for what is on this device; what is sealed stays sealed.
#[component]
pub fn ChangePasscode() -> AnyView {
    let session = Session::here();
    let (old, new, again) = (
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
        RwSignal::new(String::new()),
    );
    let error = RwSignal::new(None::<(&'static str, String)>);
    let busy = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (before, wanted) = (old.get_untracked(), new.get_untracked());
        if wanted.chars().count() < LEAST_DIGITS {
            return error.set(Some(("new", words::PASSCODE_SHORT.to_owned())));
        }
        if let Some(objection) = session.objection_to(&wanted) {
            return error.set(Some(("new", objection.to_owned())));
        }
        if wanted != again.get_untracked() {
            return error.set(Some(("again", words::PASSCODE_DIFFERENT.to_owned())));
        }
        busy.set(true);
        spawn_local(async move {
            match session.change_passcode(before, wanted).await {
                Ok(()) => {
                    session.go_instead("/more");
                    session.toasts.say(words::PASSCODE_CHANGED.to_owned());
                }
                Err(reason) => error.set(Some(("old", reason))),
            }
            busy.set(false);
        });
    };
    view! {
        <Frame
            title=words::PASSCODE_TITLE.to_owned()
            tab=Tab::More
            back=Signal::stored(Some(("/more".to_owned(), shell::BACK.to_owned())))
            task=Signal::stored(true)
        >
            <main class="screen screen--acting" id="main">
                <form
                    class="section stack stack--wide"
                    id="passcode-form"
                    autocomplete="off"
                    novalidate
                    on:submit=submit
                >
                    {password_field(error, "old", words::PASSCODE_OLD, None, old, "current-password")}
                    {password_field(
                        error,
                        "new",
                        words::PASSCODE_NEW,
                        Some(words::PASSCODE_HINT),
                        new,
                        "new-password",
                    )}
                    {password_field(error, "again", words::PASSCODE_AGAIN, None, again, "new-password")}
                </form>
                {action_bar(busy)}
            </main>
        </Frame>
    }
    .into_any()
}

/// One of the three passcodes, with what is wrong with it.
fn password_field(
    error: RwSignal<Option<(&'static str, String)>>,
    id: &'static str,
    label: &'static str,
    hint: Option<&'static str>,
    typed: RwSignal<String>,
    complete: &'static str,
) -> AnyView {
    let wrong = move || error.get().filter(|(at, _)| *at == id).map(|(_, text)| text);
    view! {
        <div class="field">
            <label class="field__label" for=id>
                {label}
            </label>
            <input
                class="input"
                id=id
                type="password"
                autocomplete=complete
                aria-describedby=format!("{id}-error")
                aria-invalid=move || wrong().map(|_| "true")
                on:input=move |event| {
                    error.set(None);
                    typed.set(event_target_value(&event));
                }
            />
            <p class="field__error" id=format!("{id}-error") role="alert">
                {move || {
                    wrong()
                        .map(|text| {
                            view! {
                                {icon("failed")}
                                {text}
                            }
                                .into_any()
                        })
                }}
            </p>
            {hint.map(|hint| view! { <p class="field__hint">{hint}</p> }.into_any())}
        </div>
    }
    .into_any()
}

fn action_bar(busy: RwSignal<bool>) -> AnyView {
    view! {
        <div class="actionbar">
            <a class="button button--narrow" href="/more">
                {shell::CANCEL}
            </a>
            <button
                class="button button--primary"
                type="submit"
                form="passcode-form"
                disabled=move || busy.get()
            >
                {SAVE}
            </button>
        </div>
    }
    .into_any()
}
