use leptos::prelude::*;

use crate::{
    components::{
        For, Show,
        record::{
            Open, section_head,
            writing::{tap, user},
        },
    },
    lines::maintenance::tasks::{Task, tasks, tick},
    state::{Memo, Session},
    strings::records as words,
};

#[component]
pub fn Tasks(open: Open) -> AnyView {
    let session = Session::here();
    let list = open.field("tasks");
    let all = Memo::new(move |_| list.with(tasks));
    let done =
        move || all.with(|all| words::tasks_done(all.iter().filter(|task| task.done).count(), all.len()));
    let item = move |task: Task| {
        // Keyed by id and words: a tick changes the box alone, and the focus stays on it.
        let (id, shown) = (task.id.clone(), task.id.clone());
        let is_done = move || all.with(|all| all.iter().any(|task| task.id == shown && task.done));
        let toggle = move |event| {
            let (id, done) = (id.clone(), event_target_checked(&event));
            tap(session, open, "tasks", move |list| {
                tick(list, &id, done, &user(session), session.server_now())
            });
        };
        view! {
            <li class="checklist__item">
                <label class="check">
                    <input class="check__box" type="checkbox" prop:checked=is_done on:change=toggle />
                    <span>
                        <span class="checklist__text" dir="auto">
                            {task.title}
                        </span>
                        {(!task.note.is_empty())
                            .then(|| {
                                view! {
                                    <span class="checklist__note" dir="auto">
                                        {task.note}
                                    </span>
                                }
                                    .into_any()
                            })}
                    </span>
                </label>
            </li>
        }
        .into_any()
    };
    view! {
        <Show when=move || !all.with(Vec::is_empty)>
            <section class="section" aria-labelledby="tasks">
                {section_head(
                    "tasks",
                    view! {
                        {words::TASKS}
                        " "
                        <span class="count">{done}</span>
                    }
                        .into_any(),
                    None,
                )}
                <ul class="card card--flush checklist">
                    <For
                        each=move || all.get()
                        key=|task| (task.id.clone(), task.title.clone(), task.note.clone())
                        children=item
                    />
                </ul>
            </section>
        </Show>
    }
    .into_any()
}
