use leptos::prelude::*;

use super::{icon, mark};
use crate::{
    format::write::{Receipt, Refusal, Told},
    strings::{queue as words, records::LOOK_AGAIN, shell},
};

/// How far a write has come, as steps.
pub fn receipts(receipt: Receipt) -> AnyView {
    let step = |at: usize, label: &'static str| {
        let stopped = receipt.stopped && at == receipt.reached;
        let class = match (at < receipt.reached, stopped) {
            (true, _) => "receipts__step receipts__step--reached",
            (_, true) => "receipts__step receipts__step--stopped",
            _ => "receipts__step",
        };
        let current = (at + 1 == receipt.reached).then_some("step");
        view! {
            <li class=class aria-current=current>
                {if stopped { words::REFUSED } else { label }}
            </li>
        }
        .into_any()
    };
    view! {
        <ol class="receipts" aria-label=words::RECEIPT>
            {step(0, words::ON_THIS_DEVICE)}
            {step(1, words::SENT)}
            {step(2, words::ACCEPTED)}
        </ol>
    }
    .into_any()
}

/// One queued write: what it did, how far it has come, and what can be done about a refusal.
#[component]
pub fn WriteCard(
    told: Told,
    /// Called with the queue id; without them the card only tells.
    #[prop(optional)]
    on_retry: Option<Callback<String>>,
    #[prop(optional)] on_discard: Option<Callback<String>>,
    /// On the record's own page its name would only be repeated.
    #[prop(optional)]
    record_is_known: bool,
) -> AnyView {
    let Told {
        id,
        what,
        record,
        href,
        mark: state,
        receipt,
        error,
        failed,
        in_flight,
    } = told;
    let correctable = error.as_ref().is_none_or(|error| error.correctable);
    let correct = format!("/queue/{id}");
    let actions = (failed && on_retry.is_some()).then(|| {
        view! {
            <div class="write__actions">
                {correctable
                    .then(|| {
                        view! {
                            <a class="button button--primary" href=correct>
                                {icon("edit")}
                                {words::CORRECT}
                            </a>
                        }
                            .into_any()
                    })} {act(&id, on_retry, "button", shell::RETRY)}
                {act(&id, on_discard, "button button--danger", words::DISCARD)}
            </div>
        }
        .into_any()
    });
    let discard_only = (!failed && !in_flight)
        .then(|| act(&id, on_discard, "button button--quiet", words::DISCARD))
        .flatten();
    let label = what.clone();
    view! {
        <article class="write" aria-label=label>
            <div class="write__head">
                <h3 class="write__what" dir="auto">
                    {what}
                </h3>
                {mark(state)}
                {(!record_is_known)
                    .then(|| {
                        view! {
                            <p class="write__record" dir="auto">
                                <a href=href>{record}</a>
                            </p>
                        }
                            .into_any()
                    })}
            </div>
            {receipts(receipt)}
            {error.map(refusal)}
            {actions}
            {discard_only.map(|button| view! { <div class="cluster">{button}</div> }.into_any())}
        </article>
    }
    .into_any()
}

/// A button that hands the queue id on; none without a callback.
fn act(
    id: &str,
    callback: Option<Callback<String>>,
    class: &'static str,
    label: &'static str,
) -> Option<AnyView> {
    let id = id.to_owned();
    callback.map(|callback| {
        view! {
            <button class=class type="button" on:click=move |_| callback.run(id.clone())>
                {label}
            </button>
        }
        .into_any()
    })
}

/// What the server said, at the fields it spoke of.
fn refusal(refusal: Refusal) -> AnyView {
    let Refusal {
        message,
        fields,
        tries,
        ..
    } = refusal;
    let field = |(label, message): (String, String)| {
        view! {
            <li>
                <strong>{label}</strong>
                " "
                {message}
            </li>
        }
        .into_any()
    };
    let (message, fields) = match fields.is_empty() {
        true => (message, None),
        false => {
            let fields = fields.into_iter().map(field).collect_view();
            (
                LOOK_AGAIN.to_owned(),
                Some(view! { <ul>{fields}</ul> }.into_any()),
            )
        }
    };
    view! {
        <div class="write__error" dir="auto">
            <p>
                <strong>{message}</strong>
                " "
                {words::tries(tries)}
            </p>
            {fields}
        </div>
    }
    .into_any()
}
