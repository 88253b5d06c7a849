//! The clock of a record whose pack declares a timer, and what was worked on it.

use holdfast_core::{
    Timestamp,
    plan::Edit,
    record::{Operation, RecordKey},
};
use leptos::prelude::*;
use serde_json::Value;

use super::{
    Open, section_button, section_head,
    writing::{Writing, entry_id, kept, tap, user, write},
};
use crate::{
    components::{Dialog, For, Show, TimerReading, button, icon},
    format::{
        time,
        value::{PERSON, Reader},
    },
    forms::{
        Draft,
        number::Separators,
        timed::{self, Entry, Timed},
    },
    routes::of_record,
    state::{Fault, Memo, Session, one},
    strings::{records as words, shell},
};

/// What is typed for work that was not timed.
const PARTS: [&str; 3] = ["hours", "minutes", "note"];

/// The section of timed work; nothing where the pack declares no timer.
pub fn timed_work(open: Open) -> AnyView {
    let timed = open.entity.with_value(Timed::of);
    timed
        .map(|timed| view! { <TimedWork open timed=StoredValue::new(timed) /> })
        .into_any()
}

#[component]
fn TimedWork(open: Open, timed: StoredValue<Timed>) -> AnyView {
    let session = Session::here();
    let name = timed.with_value(|timed| timed.list().to_owned());
    let label = open
        .entity
        .with_value(|entity| entity.field(&name).map(|field| field.label.clone()));
    let label = StoredValue::new(label.unwrap_or_default());
    let list = open.field(&name);
    let me = user(session);
    let running = Memo::new(move |_| list.with(|list| timed.with_value(|timed| timed.running(list, &me))));
    let entries =
        session.live(move |reader| list.with(|list| timed.with_value(|timed| listed(reader, timed, list))));
    let note = move || match running.get() {
        Some(start) => words::running_since(&time::clock(start, session.zone())),
        None => words::NOT_RUNNING.to_owned(),
    };
    let stopping = Writing::closed();
    let toggle = move |_| toggle(session, open, timed, running.get_untracked(), stopping);
    let button = move || match running.get() {
        Some(_) => (icon("stop"), words::STOP),
        None => (icon("play"), words::START),
    };
    let adding = Writing::of(session, open, &name);
    view! {
        <section class="section" aria-labelledby="timed">
            {section_head(
                "timed",
                label.get_value().into_any(),
                Some(section_button(words::ADD_BY_HAND, "add", move || adding.begin())),
            )}
            <div class="card card--flush">
                <div class="timer" data-running=move || running.get().is_some().to_string()>
                    <div>
                        <TimerReading since=running />
                        <div class="timer__note" dir="auto">
                            {note}
                        </div>
                    </div>
                    <button class="button button--primary button--large" type="button" on:click=toggle>
                        {button}
                    </button>
                </div>
                <ul>
                    <For each=move || entries.get() key=|entry| entry.clone() let:entry>
                        <li class="labour__item">
                            <span dir="auto">{entry.1}</span>
                            <span class="labour__time" dir="auto">
                                {entry.2}
                            </span>
                        </li>
                    </For>
                </ul>
            </div>
        </section>
        <Show when=adding.shown>
            <ByHand open timed title=label.get_value() dialog=adding />
        </Show>
        <Show when=move || stopping.shown.get() && running.get().is_some()>
            <HowLong open timed dialog=stopping since=running />
        </Show>
    }
    .into_any()
}

/// The finished entries: id, who worked when and on what, and for how long.
fn listed(reader: &Reader<'_>, timed: &Timed, list: &Value) -> Vec<(String, String, String)> {
    let line = |entry: Entry| {
        let mut said = vec![reader.title(PERSON, &entry.person)];
        said.extend(entry.start.map(|start| time::day(start, reader.now, reader.zone)));
        said.extend(Some(entry.note).filter(|note| !note.is_empty()));
        let hours = entry.hours?;
        Some((entry.id, said.join(" · "), time::hours(hours)))
    };
    let all = timed.entries(list);
    all.into_iter().filter_map(line).collect::<Vec<_>>()
}

/// Starts the clock or stops it; asks how long it was where nobody would believe the clock.
fn toggle(
    session: Session,
    open: Open,
    timed: StoredValue<Timed>,
    running: Option<Timestamp>,
    stopping: Writing,
) {
    let (me, now) = (user(session), session.server_now());
    let name = timed.with_value(|timed| timed.list().to_owned());
    match running.map(|start| time_since(session, start)) {
        None => tap(session, open, &name, move |list| {
            timed.with_value(|timed| timed.start(list, uuid::Uuid::new_v4().to_string(), &me, now))
        }),
        Some(Some(ran)) => tap(session, open, &name, move |list| {
            timed.with_value(|timed| timed.stop(list, &me, ran))
        }),
        Some(None) => stopping.begin(),
    }
}

/// Stops the person's timer on a record. One that nobody would believe goes on, and its person is asked on the record's own
/// page.
///
/// # Errors
/// If the write could not be queued.
pub async fn stop_timer(session: Session, key: RecordKey, timed: &Timed) -> Result<(), Fault> {
    let (list, me) = session.read(|reader| {
        let view = reader.replica.view(&key);
        let list = view.map(|view| view.fields.get(timed.list()).cloned().unwrap_or_default());
        (list, session.me_of(reader).user_id)
    });
    // A record that is gone has no timer any more.
    let Some(list) = list else { return Ok(()) };
    let ran = timed.running(&list, &me).map(|start| time_since(session, start));
    let Some(ran) = ran.flatten() else {
        session.go(&of_record(&key));
        return Ok(());
    };
    let edit = Edit {
        key,
        operation: Operation::Update,
        fields: one(timed.list(), timed.stop(&list, &me, ran)),
        seen: None,
        kind: None,
    };
    session.edit(edit).await.map(|_| ())
}

/// How long a timer has run that began at `start`; `None` if nobody would believe it.
fn time_since(session: Session, start: Timestamp) -> Option<chrono::Duration> {
    let ran = timed::plausible(start, session.server_now());
    ran.filter(|_| !session.clock_was_set_back())
}

/// Work that was not timed.
#[component]
fn ByHand(open: Open, timed: StoredValue<Timed>, title: String, dialog: Writing) -> AnyView {
    let session = Session::here();
    let name = StoredValue::new(timed.with_value(|timed| timed.list().to_owned()));
    let before = kept(session, open, &name.get_value()).unwrap_or_default();
    let id = entry_id(Some(&before));
    let [hours, minutes, note] = PARTS.map(|part| RwSignal::new(before.text(part)));
    dialog.follow(session, open, &name.get_value(), move || {
        let typed = [hours.get(), minutes.get(), note.get()];
        let empty = typed.iter().all(String::is_empty);
        let [hours, minutes, note] = typed;
        let texts = [(PARTS[0], hours), (PARTS[1], minutes), (PARTS[2], note)];
        (!empty).then(|| Draft::of_texts(texts).making(id.get_value()))
    });
    let worked = Worked {
        hours,
        minutes,
        dialog,
    };
    let add = move || {
        let Some(worked) = worked.read() else { return };
        let (me, note, now) = (user(session), note.get_untracked(), session.server_now());
        write(session, open, &name.get_value(), dialog, move |list| {
            timed.with_value(|timed| timed.add(list, id.get_value(), &me, worked, &note, now))
        });
    };
    let has_note = timed.with_value(Timed::has_note);
    let about = move || has_note.then(|| worked.input("timed-note", words::WHAT_DID_YOU_DO, note, "text"));
    view! {
        <Asked title worked save=Callback::new(move |()| add())>
            {about()}
        </Asked>
    }
    .into_any()
}

/// How long somebody worked whose timer nobody would believe.
#[component]
fn HowLong(
    open: Open,
    timed: StoredValue<Timed>,
    dialog: Writing,
    since: Memo<Option<Timestamp>>,
) -> AnyView {
    let session = Session::here();
    let worked = Worked {
        hours: RwSignal::default(),
        minutes: RwSignal::default(),
        dialog,
    };
    let save = move || {
        let Some(worked) = worked.read() else { return };
        let me = user(session);
        let name = timed.with_value(|timed| timed.list().to_owned());
        write(session, open, &name, dialog, move |list| {
            timed.with_value(|timed| timed.stop(list, &me, worked))
        });
    };
    let start = since
        .get_untracked()
        .map(|start| time::day_time(start, session.server_now(), session.zone()));
    let question = words::how_long(&start.unwrap_or_default());
    view! { <Asked title=words::STOP.to_owned() question worked save=Callback::new(move |()| save()) /> }
        .into_any()
}

/// The time that somebody types into a dialog.
#[derive(Debug, Clone, Copy)]
struct Worked {
    hours: RwSignal<String>,
    minutes: RwSignal<String>,
    dialog: Writing,
}

impl Worked {
    /// The time that was typed; says what is wrong with it otherwise.
    fn read(self) -> Option<chrono::Duration> {
        let (hours, minutes) = (self.hours.get_untracked(), self.minutes.get_untracked());
        match timed::typed(&hours, &minutes, Separators::device()) {
            Ok(Some(worked)) => return Some(worked),
            Ok(None) => self.dialog.wrong.set(Some(words::HOURS_NEEDED.to_owned())),
            Err(why) => self.dialog.wrong.set(Some(why)),
        }
        None
    }

    fn input(
        self,
        id: &'static str,
        label: &'static str,
        typed: RwSignal<String>,
        mode: &'static str,
    ) -> AnyView {
        let wrong = self.dialog.wrong;
        view! {
            <div class="field">
                <label class="field__label" for=id>
                    {label}
                </label>
                <input
                    class="input"
                    dir="auto"
                    id=id
                    inputmode=mode
                    autocomplete="off"
                    prop:value=typed.get_untracked()
                    aria-describedby="timed-error"
                    aria-invalid=move || wrong.get().filter(|_| mode == "decimal").map(|_| "true")
                    on:input=move |event| {
                        wrong.set(None);
                        typed.set(event_target_value(&event));
                    }
                />
            </div>
        }
        .into_any()
    }
}

#[component]
fn Asked(
    title: String,
    #[prop(optional)] question: Option<String>,
    worked: Worked,
    save: Callback<()>,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    let Worked {
        hours,
        minutes,
        dialog,
    } = worked;
    let wrong = dialog.wrong;
    let on_close = Callback::new(move |()| dialog.end());
    view! {
        <Dialog
            title=title
            on_close
            actions=Box::new(move || {
                view! {
                    {button("button button--primary button--large", words::SAVE, move |_| save.run(()))}
                    {button("button button--large", shell::CANCEL, move |_| on_close.run(()))}
                }
                    .into_any()
            })
        >
            {question.map(|question| view! { <p>{question}</p> }.into_any())}
            <div class="field field--pair">
                {worked.input("timed-hours", words::HOURS, hours, "decimal")}
                {worked.input("timed-minutes", words::MINUTES, minutes, "decimal")}
            </div>
            <p class="field__error" id="timed-error" role="alert">
                {move || {
                    wrong
                        .get()
                        .map(|why| {
                            view! {
                                {icon("failed")}
                                {why}
                            }
                                .into_any()
                        })
                }}
            </p>
            {children.map(|children| children())}
        </Dialog>
    }
    .into_any()
}
