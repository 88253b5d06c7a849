use leptos::prelude::*;

use super::{Show, button, icon};
use crate::{
    state::Session,
    strings::{entry as words, more::GOT_IT},
};

/// The browser had cleared what was here: said until it is read.
#[component]
pub fn StorageLost() -> AnyView {
    let session = Session::here();
    let lost = session.lost_storage();
    view! {
        <Show when=move || lost.get()>
            <div class="notice notice--page" data-tone="device" role="alert">
                {icon("alert")}
                <h2 class="notice__title">{words::STORAGE_LOST}</h2>
                <p class="notice__text">{words::STORAGE_LOST_TEXT}</p>
                <div class="notice__actions">
                    {button("button", GOT_IT, move |_| session.storage_loss_is_known())}
                </div>
            </div>
        </Show>
    }
    .into_any()
}
