//! The Holdfast PWA: pages, components, state. No storage, no network, no sync rules.
//!
//! [`state`] is the one adapter over the client; [`pages`] are what a person sees, found by [`routes`] and made of
//! [`components`]; what only one line of work draws is in [`lines`]; what they say is worked out in [`format`], [`forms`] and
//! [`home`], which are plain and tested natively; every word is in [`strings`].

pub mod components;
pub mod format;
pub mod forms;
pub mod home;
pub mod lines;
pub mod pages;
pub mod routes;
pub mod state;
pub mod strings;

use leptos::prelude::*;

use pages::entry::{Broken, FirstSync, SetPasscode, SignIn, Unlock};
use routes::Place;
use state::{Memo, Phase, Session};

/// Puts the app into the page's body.
pub fn mount() {
    state::theme::apply(&state::theme::chosen());
    leptos::mount::mount_to_body(App);
}

/// The whole app: the way in, then the pages.
#[component]
pub fn App() -> AnyView {
    let session = Session::provide();
    let entry = move || match session.phase() {
        Phase::Starting => opening(),
        Phase::SignIn { known, error } => view! { <SignIn known error /> }.into_any(),
        Phase::SetPasscode => view! { <SetPasscode /> }.into_any(),
        Phase::Locked(known) => view! { <Unlock known /> }.into_any(),
        Phase::Broken(reason) => view! { <Broken reason /> }.into_any(),
        Phase::Open => view! { <Inside /> }.into_any(),
    };
    entry.into_any()
}

/// Stands where something is about to be shown.
fn opening() -> AnyView {
    view! { <main class="screen" aria-busy="true"></main> }.into_any()
}

/// What is there once the data is open.
#[component]
fn Inside() -> AnyView {
    let first = Session::here().is_first_sync();
    let inside = move || {
        if first.get() {
            view! { <FirstSync /> }.into_any()
        } else {
            view! { <Pages /> }.into_any()
        }
    };
    inside.into_any()
}

#[component]
fn Pages() -> AnyView {
    let session = Session::here();
    let place = session.follow_address();
    let whole = session.live(|reader| reader.replica.is_whole());
    let page = Memo::new(move |before: Option<&Place>| match (before, place.get()) {
        (Some(before), now) if now.shares_page_with(before) => before.clone(),
        (_, now) => now,
    });
    let shown = move || match page.get() {
        page if page.needs_whole_records() && !whole.get() => opening(),
        Place::Today => view! { <pages::today::Today /> }.into_any(),
        Place::Records { .. } => view! { <pages::records::Records place /> }.into_any(),
        Place::NewRecord { entity } => pages::flow::new_record(entity),
        Place::EditRecord { entity, id } => {
            view! { <pages::form::RecordForm entity id=Some(id) /> }.into_any()
        }
        Place::Flow { entity, id, kind } => {
            view! { <pages::flow::FlowPage entity id=Some(id) kind /> }.into_any()
        }
        Place::Queue => view! { <pages::queue::Queue /> }.into_any(),
        Place::Correct { id } => view! { <pages::correct::Correct id /> }.into_any(),
        Place::Inbox => view! { <pages::inbox::Inbox /> }.into_any(),
        Place::Conflict { id } => view! { <pages::conflict::ConflictPage id /> }.into_any(),
        Place::More => view! { <pages::more::More /> }.into_any(),
        Place::Passcode => view! { <pages::passcode::ChangePasscode /> }.into_any(),
        Place::Key => view! { <pages::more::ReplaceKey /> }.into_any(),
        Place::Devices => view! { <pages::more::Devices /> }.into_any(),
        Place::Audit => view! { <pages::audit::Audit /> }.into_any(),
        Place::Nowhere => view! { <pages::not_found::NotFound /> }.into_any(),
    };
    shown.into_any()
}
