//! A conflict, told like a colleague would: what happened, who, when, both values, what each choice does.

mod deleted;
mod settle;

use holdfast_core::{
    plan::Edit,
    record::{Operation, RecordKey},
    system,
};
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;

use crate::{
    components::{Empty, Frame, Tab, button, icon},
    format::{
        inbox::{self, Conflict},
        time,
    },
    routes::of_record,
    state::{Session, one},
    strings::{inbox as words, shell},
};

#[component]
pub fn ConflictPage(id: String) -> AnyView {
    let session = Session::here();
    let key = RecordKey::new(system::CONFLICT, &id);
    let conflict = session.live(move |reader| {
        reader
            .replica
            .view(&key)
            .map(|view| inbox::conflict(reader, &view))
    });
    let title = Signal::derive(move || {
        conflict.with(|found| {
            found.as_ref().map_or_else(
                || words::SETTLE.to_owned(),
                |found| words::settle_title(&found.number),
            )
        })
    });
    let back = Signal::stored(Some(("/inbox".to_owned(), shell::BACK.to_owned())));
    let body = move || match conflict.get() {
        None => view! { <Empty symbol="synced" title=words::GONE text=words::GONE_TEXT /> }.into_any(),
        Some(Conflict {
            refused: Some((id, message)),
            title,
            ..
        }) => refused(&title, &id, message),
        Some(conflict) if !conflict.open => settled(session, conflict),
        Some(conflict) if conflict.deleted => view! { <deleted::Deleted conflict /> }.into_any(),
        Some(conflict) => view! { <settle::Settle conflict /> }.into_any(),
    };
    view! {
        <Frame title tab=Tab::Inbox back task=Signal::stored(true)>
            <main class="screen screen--acting" id="main">
                {body}
            </main>
        </Frame>
    }
    .into_any()
}

/// The server refused the decision: it is corrected before anything else is decided.
fn refused(title: &str, id: &str, message: String) -> AnyView {
    view! {
        <section class="section section--wide">
            <div class="notice" data-tone="failed" role="alert">
                {icon("failed")}
                <h2 class="notice__title">{words::DECISION_REFUSED}</h2>
                <p class="notice__text" dir="auto">
                    {title.to_owned()}
                </p>
                <p class="notice__text" dir="auto">
                    {message}
                </p>
            </div>
        </section>
        <div class="actionbar">
            <a class="button button--narrow" href="/queue">
                {shell::QUEUE}
            </a>
            <a class="button button--primary" href=format!("/queue/{id}")>
                {words::CORRECT_DECISION}
            </a>
        </div>
    }
    .into_any()
}

/// A settled conflict can be taken back.
fn settled(session: Session, conflict: Conflict) -> AnyView {
    let when = conflict
        .settled_at
        .map(|at| time::day_time(at, session.server_now(), session.zone()))
        .unwrap_or_default();
    let who = words::by(&conflict.settled_by, &when);
    let href = of_record(&conflict.record);
    let id = StoredValue::new(conflict.id);
    view! {
        <section class="section section--wide">
            <div class="card settled">
                {icon("synced")} <div>
                    <h2>{words::ALREADY}</h2>
                    <p class="quiet" dir="auto">
                        {conflict.title}
                    </p>
                    <p class="quiet small">{who}</p>
                </div>
            </div>
        </section>
        <div class="actionbar">
            {button("button button--narrow", words::TAKE_BACK, move |_| undo(session, id.get_value()))}
            <a class="button button--primary" href=href>
                {words::SEE_RECORD}
            </a>
        </div>
    }
    .into_any()
}

/// Queues a settlement, and offers to take it back.
fn resolve(session: Session, id: String, resolution: Value, on_settled: impl FnOnce() + 'static) {
    spawn_local(async move {
        let fields = one("resolution", resolution);
        match session.edit(edit(&id, fields)).await {
            Ok(_) => {
                on_settled();
                session.go_instead("/inbox");
                session
                    .toasts
                    .offer(words::SETTLED_TOAST.to_owned(), shell::UNDO, move || {
                        undo(session, id.clone())
                    });
            }
            Err(fault) => session.toasts.say(fault.to_string()),
        }
    });
}

fn undo(session: Session, id: String) {
    spawn_local(async move {
        let fields = one("undo", Value::Bool(true));
        match session.edit(edit(&id, fields)).await {
            Ok(_) => session.toasts.say(words::TAKEN_BACK.to_owned()),
            Err(fault) => session.toasts.say(fault.to_string()),
        }
    });
}

fn edit(id: &str, fields: holdfast_core::Fields) -> Edit {
    Edit {
        key: RecordKey::new(system::CONFLICT, id),
        operation: Operation::Update,
        fields,
        seen: None,
        kind: None,
    }
}
