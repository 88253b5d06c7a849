mod refused;

use leptos::{prelude::*, task::spawn_local};

use refused::Refused;

use crate::{
    components::{Empty, FieldInput, Frame, Tab, icon},
    forms::{Draft, FormState},
    pages::form::focus_first_error,
    state::{Fault, Session},
    strings::{queue as words, shell},
};

/// A refused change: what was wrong stands at its field, and the corrected one is sent anew.
#[component]
pub fn Correct(id: String) -> AnyView {
    let session = Session::here();
    let Some(refused) = session.read(|reader| Refused::find(reader, &id)) else {
        return gone();
    };
    let place = format!("queue/{id}");
    let form = FormState::new(
        session
            .drafts
            .kept(&place)
            .unwrap_or_else(|| refused.draft.clone()),
    );
    session.drafts.follow_form(place, form, &refused.draft);
    let decision = StoredValue::new(refused.decision);
    let busy = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let id = id.clone();
        busy.set(true);
        spawn_local(async move {
            let fields = form.draft.with_untracked(|draft| {
                decision.with_value(|decision| match decision {
                    Some(decision) => decision.instead(draft),
                    None => draft.changed(),
                })
            });
            match session.correct(&id, fields).await {
                Ok(()) => {
                    form.draft.set(Draft::default());
                    session.go_instead("/queue");
                }
                Err(Fault::Fields(errors)) => {
                    form.draft.update(|draft| draft.refuse(errors));
                    focus_first_error();
                }
                Err(fault) => session.toasts.say(fault.to_string()),
            }
            busy.set(false);
        });
    };
    let input = move |field| view! { <FieldInput field form /> }.into_any();
    view! {
        <Frame title=words::CORRECT_TITLE.to_owned() tab=Tab::Queue back=queue() task=Signal::stored(true)>
            <main class="screen screen--acting" id="main">
                <form
                    class="section stack stack--wide"
                    id="correct-form"
                    autocomplete="off"
                    novalidate
                    on:submit=submit
                >
                    {refusal_notice(refused.what, refused.record, refused.message)}
                    {refused.fields.into_iter().map(input).collect_view()}
                </form>
                {action_bar(refused.href, busy)}
            </main>
        </Frame>
    }
    .into_any()
}

fn queue() -> Signal<Option<(String, String)>> {
    Signal::stored(Some(("/queue".to_owned(), shell::BACK.to_owned())))
}

/// Stands there if the change is no longer queued.
fn gone() -> AnyView {
    view! {
        <Frame title=words::CORRECT_TITLE.to_owned() tab=Tab::Queue back=queue()>
            <main class="screen" id="main">
                <Empty symbol="synced" title=shell::QUEUE text=words::GONE />
            </main>
        </Frame>
    }
    .into_any()
}

/// What was refused, of which record, and why.
fn refusal_notice(what: String, record: String, message: String) -> AnyView {
    view! {
        <div class="notice" data-tone="failed">
            {icon("failed")}
            <h2 class="notice__title" dir="auto">
                {what}
            </h2>
            <p class="notice__text" dir="auto">
                {record}
            </p>
            <p class="notice__text" dir="auto">
                {message}
            </p>
        </div>
    }
    .into_any()
}

fn action_bar(href: String, busy: RwSignal<bool>) -> AnyView {
    view! {
        <div class="actionbar">
            <a class="button button--narrow" href=href>
                {words::OPEN_RECORD}
            </a>
            <button
                class="button button--primary"
                type="submit"
                form="correct-form"
                disabled=move || busy.get()
            >
                {words::SEND_AGAIN}
            </button>
        </div>
    }
    .into_any()
}
