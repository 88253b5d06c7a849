use holdfast_core::Timestamp;
use leptos::prelude::*;

use super::{Writing, entry_id, kept, tap, user, write};
use crate::{
    components::{
        Dialog, For, Show, TimerReading, button, icon,
        record::{Open, section_button, section_head},
    },
    format::{time, value::PERSON},
    forms::{Draft, number::Separators},
    lines::maintenance::{LABOR, home::time_since, labor},
    state::{Memo, Session},
    strings::{records as words, shell},
};

/// What is typed for work that was not timed.
const PARTS: [&str; 3] = ["hours", "minutes", "note"];

#[component]
pub fn Labor(open: Open) -> AnyView {
    let session = Session::here();
    let list = open.field(LABOR);
    let me = user(session);
    let owner = me.clone();
    let running = Memo::new(move |_| list.with(|list| labor::running(list, &owner)));
    let entries = session.live(move |reader| {
        let line = |entry: labor::Entry| {
            let mut said = vec![reader.title(PERSON, &entry.person)];
            said.extend(entry.start.map(|start| time::day(start, reader.now, reader.zone)));
            said.extend(Some(entry.note).filter(|note| !note.is_empty()));
            entry
                .hours
                .map(|hours| (entry.id, said.join(" · "), time::hours(hours)))
        };
        list.with(labor::entries)
            .into_iter()
            .filter_map(line)
            .collect::<Vec<_>>()
    });
    let note = move || match running.get() {
        Some(start) => words::running_since(&time::clock(start, session.zone())),
        None => words::NOT_RUNNING.to_owned(),
    };
    let stopping = Writing::closed();
    let toggle = move |_| {
        let (me, now) = (me.clone(), session.server_now());
        let ran = running.get_untracked().map(|start| time_since(session, start));
        match ran {
            None => tap(session, open, LABOR, move |list| {
                labor::start(list, uuid::Uuid::new_v4().to_string(), &me, now)
            }),
            Some(Some(ran)) => tap(session, open, LABOR, move |list| labor::stop(list, &me, ran)),
            Some(None) => stopping.begin(),
        }
    };
    let button = move || {
        if running.get().is_some() {
            (icon("stop"), words::STOP)
        } else {
            (icon("play"), words::START)
        }
    };
    let adding = Writing::of(session, open, LABOR);
    view! {
        <section class="section" aria-labelledby="labor">
            {section_head("labor", words::LABOR.into_any(), Some(section_button(words::ADD_BY_HAND, "add", move || adding.begin())))}
            <div class="card card--flush">
                <div class="timer" data-running=move || running.get().is_some().to_string()>
                    <div><TimerReading since=running /> <div class="timer__note" dir="auto">{note}</div></div>
                    <button class="button button--primary button--large" type="button" on:click=toggle>{button}</button>
                </div>
                <ul>
                    <For each=move || entries.get() key=|entry| entry.clone() let:entry>
                        <li class="labour__item"><span dir="auto">{entry.1}</span> <span class="labour__time" dir="auto">{entry.2}</span></li>
                    </For>
                </ul>
            </div>
        </section>
        <Show when=adding.shown><ByHand open dialog=adding /></Show>
        <Show when=move || stopping.shown.get() && running.get().is_some()><HowLong open dialog=stopping since=running /></Show>
    }
    .into_any()
}

/// Work that was not timed.
#[component]
fn ByHand(open: Open, dialog: Writing) -> AnyView {
    let session = Session::here();
    let before = kept(session, open, LABOR).unwrap_or_default();
    let id = entry_id(Some(&before));
    let [hours, minutes, note] = PARTS.map(|part| RwSignal::new(before.text(part)));
    dialog.follow(session, open, LABOR, move || {
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
        write(session, open, LABOR, dialog, move |list| {
            labor::add(list, id.get_value(), &me, worked, &note, now)
        });
    };
    let about = move || worked.input("labor-note", words::WHAT_DID_YOU_DO, note, "text");
    view! { <Asked title=words::LABOR worked save=Callback::new(move |()| add())>{about()}</Asked> }
        .into_any()
}

/// How long somebody worked whose timer nobody would believe.
#[component]
fn HowLong(open: Open, dialog: Writing, since: Memo<Option<Timestamp>>) -> AnyView {
    let session = Session::here();
    let worked = Worked {
        hours: RwSignal::default(),
        minutes: RwSignal::default(),
        dialog,
    };
    let save = move || {
        let Some(worked) = worked.read() else { return };
        let me = user(session);
        write(session, open, LABOR, dialog, move |list| {
            labor::stop(list, &me, worked)
        });
    };
    let start = since
        .get_untracked()
        .map(|start| time::day_time(start, session.server_now(), session.zone()));
    let question = words::how_long(&start.unwrap_or_default());
    view! { <Asked title=words::STOP question worked save=Callback::new(move |()| save()) /> }.into_any()
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
        match labor::typed(&hours, &minutes, Separators::device()) {
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
                <label class="field__label" for=id>{label}</label>
                <input class="input" dir="auto" id=id inputmode=mode autocomplete="off" prop:value=typed.get_untracked() aria-describedby="labor-error"
                    aria-invalid=move || wrong.get().filter(|_| mode == "decimal").map(|_| "true")
                    on:input=move |event| { wrong.set(None); typed.set(event_target_value(&event)); } />
            </div>
        }
        .into_any()
    }
}

#[component]
fn Asked(
    title: &'static str,
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
                {worked.input("labor-hours", words::HOURS, hours, "decimal")} {worked.input("labor-minutes", words::MINUTES, minutes, "decimal")}
            </div>
            <p class="field__error" id="labor-error" role="alert">{move || wrong.get().map(|why| view! { {icon("failed")} {why} }.into_any())}</p>
            {children.map(|children| children())}
        </Dialog>
    }
    .into_any()
}
