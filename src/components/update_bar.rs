use leptos::{prelude::*, task::spawn_local};

use super::{Show, icon};
use crate::{state::Session, strings::shell as words};

/// "Update ready": a new version waits, and never comes by itself. What is typed into an open form is kept.
#[component]
pub fn UpdateBar() -> AnyView {
    let session = Session::here();
    let busy = RwSignal::new(false);
    let restart = move |_| {
        busy.set(true);
        spawn_local(async move {
            session.drafts.keep_now().await;
            session.update.restart();
        });
    };
    view! {
        <Show when=move || session.update.is_ready()>
            <div class="updatebar" role="status">
                {icon("download")}
                <span class="updatebar__text">{words::UPDATE_READY}</span>
                <button class="button" type="button" disabled=move || busy.get() on:click=restart>
                    {words::RESTART}
                </button>
            </div>
        </Show>
    }
    .into_any()
}
