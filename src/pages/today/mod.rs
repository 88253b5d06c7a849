//! The first page: what to do today, what needs me, and what waits on this device.

mod notices;
mod sections;
mod unfinished;

use leptos::prelude::*;

use notices::{ConflictNotice, FailureNotice, Held, OnDevice};
use sections::sections;
use unfinished::Unfinished;

use crate::{
    components::{ClockOff, Empty, Frame, Show, StorageFull, StorageLost, Tab, icon, room_for_button},
    format::entities,
    home::{self, Content},
    pages::queue::SignInNotice,
    state::Session,
    strings::{records as words, shell},
};

#[component]
pub fn Today() -> AnyView {
    let session = Session::here();
    let found = session.live(move |reader| home::sections(reader, &session.me_of(reader)));
    let created = session.live(move |reader| home::creatable(reader, &session.me_of(reader)));
    let is_empty = move || found.with(Vec::is_empty);
    let counts = move || {
        found.with(|found| {
            let mut contents = found.iter().map(|section| &section.content);
            contents.any(|content| matches!(content, Content::Counts(_)))
        })
    };
    let list = session
        .read(|reader| entities::first(reader.replica))
        .unwrap_or_default();
    let search = view! {
        <a class="icon-button" href=format!("/records/{list}") aria-label=words::SEARCH>
            {icon("search")}
        </a>
    }
    .into_any();
    let new = move || {
        created.get().map(|entity| {
            view! {
                <a
                    class="button button--primary button--large button--round fab"
                    href=format!("/records/{entity}/new")
                >
                    {icon("add")}
                    {words::NEW}
                </a>
            }
            .into_any()
        })
    };
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
                    <Show when=move || !counts()>
                        <Held />
                    </Show>
                    <Unfinished />
                    {sections(found)}
                    <OnDevice />
                </div>
                <Show when=is_empty>
                    <Empty symbol="today" title=words::NOTHING_TODAY text=words::NOTHING_TODAY_TEXT />
                </Show>
                {room_for_button()}
                {new}
            </main>
        </Frame>
    }
    .into_any()
}
