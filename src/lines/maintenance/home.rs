//! The day's orders: the running timer, what is due, my work, and how much of it.

use holdfast_core::{
    Timestamp,
    pack::Values,
    plan::Edit,
    record::{Operation, RecordKey},
    replica::{Item, Query},
};
use leptos::{prelude::*, task::spawn_local};

use super::{LABOR, WORK_ORDER, labor};
use crate::{
    components::{Show, TimerReading, icon, rows, tally},
    format::{
        entities::may,
        row::{Row, row},
        time,
        value::{Reader, short_id},
    },
    lines::Home,
    routes::of_record,
    state::{Fault, Memo, Session, one},
    strings::records as words,
};

/// Rows of "My work" on the first page; the list has them all.
const SHOWN: usize = 8;

/// The role of those who have orders of their own.
const TECHNICIAN: &str = "technician";

/// The day at a glance.
#[derive(Debug, Clone, Default, PartialEq)]
struct Day {
    /// The running timer: since when, on which order.
    running: Option<(Timestamp, Row)>,
    due: Vec<Row>,
    work: Vec<Row>,
    tallies: Vec<(usize, String, String)>,
    /// Everybody's work rather than one's own.
    leads: bool,
    may_create: bool,
}

pub fn home() -> Home {
    let session = Session::here();
    let day = session.live(move |reader| look(session, reader));
    let empty = move || day.with(|day| day.running.is_none() && day.due.is_empty() && day.work.is_empty());
    Home {
        sections: sections(day),
        counts: Signal::derive(move || day.with(|day| !day.tallies.is_empty())),
        is_empty: Signal::derive(empty),
        button: new_order(day),
    }
}

fn sections(day: Memo<Day>) -> AnyView {
    let nobody = Signal::stored(None::<String>);
    view! {
        <Show when=move || day.with(|day| day.running.is_some())><Running day /></Show>
        <Show when=move || day.with(|day| !day.tallies.is_empty())>{move || tally(day.with(|day| day.tallies.clone()))}</Show>
        <Show when=move || day.with(|day| !day.due.is_empty())>
            <section class="section" aria-labelledby="due">
                <div class="section__head"><h2 class="section__title" id="due">{words::DUE}</h2></div>
                {rows("rows rows--card", move || day.with(|day| day.due.clone()), nobody)}
            </section>
        </Show>
        <Show when=move || day.with(|day| !day.work.is_empty())>
            <section class="section" aria-labelledby="my-work">
                <div class="section__head">
                    <h2 class="section__title" id="my-work">{move || if day.with(|day| day.leads) { words::WORK_AT_SITES } else { words::MY_WORK }}</h2>
                    <a class="section__link" href=format!("/records/{WORK_ORDER}")>{words::ALL_WORK}</a>
                </div>
                {rows("rows rows--card", move || day.with(|day| day.work.clone()), nobody)}
            </section>
        </Show>
    }
    .into_any()
}

fn new_order(day: Memo<Day>) -> AnyView {
    view! {
        <Show when=move || day.with(|day| day.may_create)>
            <a class="button button--primary button--large button--round fab" href=format!("/records/{WORK_ORDER}/new")>{icon("add")} {words::NEW}</a>
        </Show>
    }
    .into_any()
}

fn look(session: Session, reader: &Reader<'_>) -> Day {
    let me = session.me_of(reader);
    let replica = reader.replica;
    let Some(entity) = replica.packs().entity(WORK_ORDER) else {
        return Day::default();
    };
    let query = Query {
        entity: WORK_ORDER.to_owned(),
        sort: Some("scheduledStart".to_owned()),
        ..Query::default()
    };
    let page = reader.list(&query);
    let open = |item: &&Item<'_>| {
        matches!(
            &*item.text("status"),
            "assigned" | "in-progress" | "on-hold" | "open"
        )
    };
    let unfinished: Vec<&Item<'_>> = page.items.iter().filter(open).collect();
    let is_mine = |item: &&&Item<'_>| item.text("assignedTo") == me.user_id;
    // Whoever leads has no orders of their own, and looks at everybody's.
    let leads =
        !me.roles.iter().any(|role| role == TECHNICIAN) && !unfinished.iter().any(|item| is_mine(&item));
    let mine: Vec<&Item<'_>> = unfinished
        .iter()
        .filter(|item| leads || is_mine(item))
        .copied()
        .collect();
    let due = |item: &&&Item<'_>| {
        let start = time::parse(&item.text("scheduledStart"));
        start.is_some_and(|at| at <= reader.now || time::same_day(at, reader.now, reader.zone))
    };
    let told = |item: &Item<'_>| row(reader, entity, &item.view(), &me);
    let first =
        |rows: &mut dyn Iterator<Item = &&Item<'_>>| rows.take(SHOWN).map(|item| told(item)).collect();
    Day {
        running: page.items.iter().find_map(|item| {
            let since = labor::running(&*item.value(LABOR)?, &me.user_id)?;
            Some((since, told(item)))
        }),
        due: first(&mut mine.iter().filter(due)),
        work: first(&mut mine.iter().filter(|item| !due(item))),
        tallies: tallies(reader, &mine),
        leads,
        may_create: may(replica, &me, WORK_ORDER, Operation::Create.name()),
    }
}

/// How many of these orders stand where.
fn tallies(reader: &Reader<'_>, mine: &[&Item<'_>]) -> Vec<(usize, String, String)> {
    let entity = reader.replica.packs().entity(WORK_ORDER);
    let Some(entity) = entity.filter(|_| !mine.is_empty()) else {
        return Vec::new();
    };
    let count = |status: &str| mine.iter().filter(|item| item.text("status") == status).count();
    let label = |status: &str| reader.say_choice(entity, "status", status);
    let one = |status| (count(status), label(status), format!("/records/{WORK_ORDER}"));
    ["assigned", "in-progress", "on-hold"].map(one).to_vec()
}

/// The order whose timer runs, with the button that stops it.
#[component]
fn Running(day: Memo<Day>) -> AnyView {
    let session = Session::here();
    let running = Memo::new(move |_| day.with(|day| day.running.clone()));
    let since = Signal::derive(move || running.with(|running| running.as_ref().map(|running| running.0)));
    let note =
        move || running.with(|running| running.as_ref().map(|running| short_id(&running.1.id).to_owned()));
    let stop = move |_| {
        let Some(id) = running.with_untracked(|running| running.as_ref().map(|running| running.1.id.clone()))
        else {
            return;
        };
        spawn_local(async move {
            if let Err(fault) = stop_timer(session, &id).await {
                session.toasts.say(fault.to_string());
            }
        });
    };
    let one = move || {
        running.with(|running| {
            running
                .iter()
                .map(|running| running.1.clone())
                .collect::<Vec<_>>()
        })
    };
    view! {
        <section class="section" aria-labelledby="working-on">
            <div class="section__head"><h2 class="section__title" id="working-on">{words::WORKING_ON}</h2></div>
            <div class="card card--flush">
                <div class="timer" data-running="true">
                    <div><TimerReading since /> <div class="timer__note" dir="auto">{note}</div></div>
                    <button class="button button--primary button--large" type="button" on:click=stop>{icon("stop")} {words::STOP}</button>
                </div>
                {rows("", one, Signal::stored(None::<String>))}
            </div>
        </section>
    }
    .into_any()
}

/// Stops the person's timer on a work order. One that nobody would believe goes on, and its person is asked on the
/// order's own page.
async fn stop_timer(session: Session, id: &str) -> Result<(), Fault> {
    let key = RecordKey::new(WORK_ORDER, id);
    let (list, me) = session.read(|reader| {
        let view = reader.replica.view(&key);
        let list = view.map(|view| view.fields.get(LABOR).cloned().unwrap_or_default());
        (list, session.me_of(reader).user_id)
    });
    // A record that is gone has no timer any more.
    let Some(list) = list else { return Ok(()) };
    let ran = labor::running(&list, &me).map(|start| time_since(session, start));
    let Some(ran) = ran.flatten() else {
        session.go(&of_record(&key));
        return Ok(());
    };
    let fields = one(LABOR, labor::stop(&list, &me, ran));
    let edit = Edit {
        key,
        operation: Operation::Update,
        fields,
        seen: None,
        kind: None,
    };
    session.edit(edit).await.map(|_| ())
}

/// How long a timer has run that began at `start`; `None` if nobody would believe it.
pub(super) fn time_since(session: Session, start: Timestamp) -> Option<chrono::Duration> {
    let ran = labor::plausible(start, session.server_now());
    ran.filter(|_| !session.clock_was_set_back())
}
