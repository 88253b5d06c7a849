use leptos::prelude::*;
use serde_json::json;

use super::resolve;
use crate::{
    components::{button, icon},
    format::{
        inbox::{Conflict, Contested, WHOLE_RECORD},
        time,
    },
    state::Session,
    strings::{inbox as words, value::EMPTY},
};

/// The record was deleted while it was being edited: what was typed is all there is of it.
#[component]
pub fn Deleted(conflict: Conflict) -> AnyView {
    let session = Session::here();
    let when = conflict
        .their_time
        .map(|at| time::day_time(at, session.server_now(), session.zone()))
        .unwrap_or_default();
    let id = StoredValue::new(conflict.id);
    let choose = move |choice: &'static str| {
        resolve(
            session,
            id.get_value(),
            json!({ WHOLE_RECORD: { "choice": choice } }),
            || {},
        )
    };
    let typed = conflict
        .contested
        .into_iter()
        .filter(|field| field.name != WHOLE_RECORD && field.mine != EMPTY);
    let fact = |field: Contested| {
        let class = (field.mine.chars().count() > 40).then_some("facts__item--wide");
        view! {
            <div class=class>
                <dt class="facts__term">{field.label}</dt>
                <dd class="facts__value prose">{field.mine}</dd>
            </div>
        }
        .into_any()
    };
    view! {
        <header class="story">
            <h2 class="story__title">{words::deleted_story(&conflict.who, &conflict.kind)}</h2>
            <p dir="auto">{conflict.title}</p>
            <p>{words::YOUR_WORK_KEPT}</p>
            <ul class="story__people">
                <li class="story__person">
                    {icon("trash")}
                    <span>
                        {conflict.who.clone()} <br />
                        <span class="story__when">{words::by(words::DELETED_BY, &when)}</span>
                    </span>
                </li>
            </ul>
        </header>
        <section class="section section--wide" aria-labelledby="typed">
            <div class="section__head">
                <h3 class="section__title" id="typed">
                    {words::WHAT_YOU_TYPED}
                </h3>
            </div>
            <div class="card">
                <dl class="facts">{typed.map(fact).collect_view()}</dl>
            </div>
        </section>
        <div class="actionbar">
            {button("button button--danger", words::LET_GO, move |_| choose("let-go"))}
            {button("button button--primary", words::RECREATE, move |_| choose("recreate"))}
        </div>
    }
    .into_any()
}
