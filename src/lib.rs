//! The Holdfast PWA: pages, components, state. No storage, no network, no sync rules.
//!
//! [`state`] is the one adapter over the client; [`pages`] are what a person sees, made of [`components`]; what they
//! say is worked out in [`format`], [`forms`] and [`work`], which are plain and tested natively; every word is in
//! [`strings`].

pub mod components;
pub mod format;
pub mod forms;
pub mod pages;
pub mod state;
pub mod strings;
pub mod work;

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

use pages::entry::{Broken, FirstSync, SetPasscode, SignIn, Unlock};
use state::{Phase, Session};

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
        Phase::Starting => view! { <main aria-busy="true"></main> }.into_any(),
        Phase::SignIn { known, error } => view! { <SignIn known error /> }.into_any(),
        Phase::SetPasscode => view! { <SetPasscode /> }.into_any(),
        Phase::Locked(known) => view! { <Unlock known /> }.into_any(),
        Phase::Broken(reason) => view! { <Broken reason /> }.into_any(),
        Phase::Open => view! { <Inside /> }.into_any(),
    };
    entry.into_any()
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
    view! {
        <Router>
            <LearnAddresses />
            <Routes fallback=pages::not_found::NotFound>
                <Route path=path!("/") view=pages::today::Today />
                <Route path=path!("/records/:entity/new") view=move || view! { <pages::form::RecordForm new=true /> } />
                <Route path=path!("/records/:entity/:id/edit") view=move || view! { <pages::form::RecordForm /> } />
                <Route path=path!("/records/:entity/:id?") view=pages::records::Records />
                <Route path=path!("/queue") view=pages::queue::Queue />
                <Route path=path!("/queue/:id") view=pages::correct::Correct />
                <Route path=path!("/inbox") view=pages::inbox::Inbox />
                <Route path=path!("/inbox/:id") view=pages::conflict::ConflictPage />
                <Route path=path!("/more") view=pages::more::More />
                <Route path=path!("/more/passcode") view=pages::passcode::ChangePasscode />
                <Route path=path!("/more/audit") view=pages::audit::Audit />
            </Routes>
        </Router>
    }
    .into_any()
}

#[component]
fn LearnAddresses() -> impl IntoView {
    let session = Session::here();
    session.learn_addresses();
    on_cleanup(move || session.forget_addresses());
}
