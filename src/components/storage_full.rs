use leptos::prelude::*;

use super::{Show, button, icon};
use crate::{
    state::Session,
    strings::{entry::TRY_AGAIN, shell as words},
};

/// What the server has cannot be kept for want of room: said, with what to do, until a round gets through.
#[component]
pub fn StorageFull() -> AnyView {
    let session = Session::here();
    view! {
        <Show when=move || session.is_full()>
            <div class="notice notice--page" data-tone="failed" role="alert">
                {icon("alert")}
                <h2 class="notice__title">{words::FULL}</h2>
                <p class="notice__text">{words::FULL_TEXT}</p>
                <div class="notice__actions">{button("button", TRY_AGAIN, move |_| session.sync_now())}</div>
            </div>
        </Show>
    }
    .into_any()
}
