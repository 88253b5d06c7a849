use holdfast_core::{
    Timestamp,
    pack::Values,
    queue::WriteStatus,
    replica::{Item, Query},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{
        ClockOff, Empty, Frame, Show, StorageFull, StorageLost, Tab, TimerReading, button, icon,
        room_for_button, rows,
    },
    format::{
        entities, inbox,
        row::{Row, row},
        time,
        value::{Reader, short_id},
        write::tell,
    },
    pages::queue::SignInNotice,
    state::{Memo, Session},
    strings::{records as words, shell, status},
    work::{WORK_ORDER, labor},
};

/// Rows of "My work" on this page; the list has them all.
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
    /// Whether there is a line of work with orders at all.
    has_orders: bool,
    /// Everybody's work rather than one's own.
    leads: bool,
    may_create: bool,
}

/// My work today, what runs, what needs me, and what waits on this device.
#[component]
pub fn Today() -> AnyView {
    let session = Session::here();
    let day = session.live(move |reader| look(session, reader));
    let nobody = Signal::stored(None::<String>);
    let nothing = move || day.with(|day| day.running.is_none() && day.due.is_empty() && day.work.is_empty());
    let search = view! { <a class="icon-button" href=format!("/records/{}", first(session)) aria-label=words::SEARCH>{icon("search")}</a> }.into_any();
    view! {
        <Frame title=shell::TODAY.to_owned() tab=Tab::Today actions=search>
            <main class="screen" id="main">
                <SignInNotice />
                <StorageLost />
                <StorageFull />
                <ClockOff />
                <div class="columns">
                    <FailureNotice />
                    <ConflictNotice />
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
                    <OnDevice />
                </div>
                <Show when=nothing><Empty symbol="today" title=words::NOTHING_TODAY text=words::NOTHING_TODAY_TEXT /></Show>
                {room_for_button()}
            <Show when=move || day.with(|day| day.may_create)>
                <a class="button button--primary button--large button--round fab" href=format!("/records/{WORK_ORDER}/new")>{icon("add")} {words::NEW}</a>
            </Show>
            </main>
        </Frame>
    }
    .into_any()
}

fn first(session: Session) -> String {
    session
        .read(|reader| entities::first(reader.replica))
        .unwrap_or_default()
}

fn look(session: Session, reader: &Reader<'_>) -> Day {
    let me = session.me_of(reader);
    let replica = reader.replica;
    let mut day = Day::default();
    if let Some(entity) = replica.packs().entity(WORK_ORDER) {
        let pack = replica
            .packs()
            .pack_of(WORK_ORDER)
            .map(|pack| pack.name.as_str())
            .unwrap_or_default();
        day.has_orders = me.may(pack, WORK_ORDER, "read");
        day.may_create = me.may(pack, WORK_ORDER, "create");
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
        day.leads =
            !me.roles.iter().any(|role| role == TECHNICIAN) && !unfinished.iter().any(|item| is_mine(&item));
        let mine: Vec<&Item<'_>> = unfinished
            .iter()
            .filter(|item| day.leads || is_mine(item))
            .copied()
            .collect();
        let due = |item: &&&Item<'_>| {
            let start = time::parse(&item.text("scheduledStart"));
            start.is_some_and(|at| at <= reader.now || time::same_day(at, reader.now, reader.zone))
        };
        let told = |item: &Item<'_>| row(reader, entity, &item.view(), &me);
        day.running = page.items.iter().find_map(|item| {
            let since = labor::running(&*item.value("laborRecords")?, &me.user_id)?;
            Some((since, told(item)))
        });
        day.due = mine
            .iter()
            .filter(due)
            .take(SHOWN)
            .map(|item| told(item))
            .collect();
        day.work = mine
            .iter()
            .filter(|item| !due(item))
            .take(SHOWN)
            .map(|item| told(item))
            .collect();
        if !mine.is_empty() {
            let count = |status: &str| mine.iter().filter(|item| item.text("status") == status).count();
            let list = format!("/records/{WORK_ORDER}");
            let label = |status: &str| reader.say_choice(entity, "status", status);
            day.tallies = ["assigned", "in-progress", "on-hold"]
                .map(|status| (count(status), label(status), list.clone()))
                .to_vec();
        }
    }
    if day.tallies.is_empty() {
        let counted = entities::shown(replica).filter(|(_, entity)| !entity.operations.is_empty());
        let tally = |entity: &holdfast_core::pack::Entity| {
            (
                replica.all(&entity.name).count(),
                entity.title_plural.clone(),
                format!("/records/{}", entity.name),
            )
        };
        day.tallies = counted.take(3).map(|(_, entity)| tally(entity)).collect();
    }
    day
}

fn tally(tallies: Vec<(usize, String, String)>) -> AnyView {
    let item = |(count, label, href): (usize, String, String)| {
        view! { <a class="tally__item" href=href><span class="tally__number">{count}</span> <span class="tally__label">{label}</span></a> }.into_any()
    };
    view! { <section class="section"><div class="tally">{tallies.into_iter().map(item).collect_view()}</div></section> }.into_any()
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
            if let Err(fault) = session.stop_timer(&id).await {
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

/// Stays until it is settled: what was not accepted, with another try and the whole story.
#[component]
fn FailureNotice() -> AnyView {
    let session = Session::here();
    let failed = session.live(|reader| {
        let all: Vec<_> = reader.replica.failed().map(|write| tell(reader, write)).collect();
        let first = all.first().map(|told| {
            (
                told.record.clone(),
                told.error
                    .as_ref()
                    .map(|error| error.message.clone())
                    .unwrap_or_default(),
            )
        });
        first.map(|(record, message)| (all.len(), record, message))
    });
    let notice = move || {
        failed.get().map(|(count, record, message)| {
            view! {
                <div class="notice notice--page" data-tone="failed" role="alert">
                    {icon("failed")} <h2 class="notice__title" dir="auto">{status::not_accepted(count)}</h2>
                    <p class="notice__text" dir="auto">{record} ": " {message} " " {words::KEPT}</p>
                    <div class="notice__actions">
                        {button("button", shell::RETRY, move |_| session.retry_all())}
                        <a class="button button--quiet" href="/queue">{shell::DETAILS}</a>
                    </div>
                </div>
            }
            .into_any()
        })
    };
    notice.into_any()
}

#[component]
fn ConflictNotice() -> AnyView {
    let count = Session::here().live(|reader| inbox::conflicts(reader, true).len());
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="notice notice--page" data-tone="conflict">
                {icon("conflict")} <h2 class="notice__title" dir="auto">{move || words::conflicts_wait(count.get())}</h2>
                <div class="notice__actions"><a class="button" href="/inbox">{words::CONFLICTS_WAIT}</a></div>
            </div>
        </Show>
    }
    .into_any()
}

/// What was written here and not sent yet.
#[component]
fn OnDevice() -> AnyView {
    let waiting = Session::here().live(|reader| {
        let open = reader
            .replica
            .open_writes()
            .filter(|write| write.status != WriteStatus::Failed);
        open.map(|write| tell(reader, write))
            .map(|told| (told.what, told.record))
            .collect::<Vec<_>>()
    });
    let line = |(what, record): (String, String)| {
        view! { <a class="setting" href="/queue"><span class="setting__text"><span class="setting__name" dir="auto">{what}</span> <span class="setting__hint" dir="auto">{record}</span></span> {icon("device")}</a> }.into_any()
    };
    view! {
        <Show when=move || !waiting.with(Vec::is_empty)>
            <section class="section" aria-labelledby="on-device">
                <div class="section__head">
                    <h2 class="section__title" id="on-device">{words::ON_DEVICE_TITLE} " " <span class="count">{move || waiting.with(Vec::len)}</span></h2>
                    <a class="section__link" href="/queue">{words::SEE_QUEUE}</a>
                </div>
                <p class="quiet small">{words::ON_DEVICE_TEXT}</p>
                <div class="card settings card--flush">{move || waiting.get().into_iter().take(3).map(line).collect_view()}</div>
            </section>
        </Show>
    }
    .into_any()
}
