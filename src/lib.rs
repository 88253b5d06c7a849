//! The Holdfast PWA: pages, components, state. No storage, no network, no sync rules.

use leptos::prelude::*;

/// Puts the app into the page's body.
pub fn mount() {
    leptos::mount::mount_to_body(App);
}

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <main>
            <h1>"Holdfast"</h1>
        </main>
    }
}
