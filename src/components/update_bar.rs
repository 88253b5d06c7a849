use leptos::prelude::*;

use super::{Dialog, Show, button, focused_button, icon};
use crate::{state::Session, strings::shell as words};

/// "Update ready": a new version waits. It never comes by itself, and never over a form that is not saved.
#[component]
pub fn UpdateBar() -> AnyView {
    let session = Session::here();
    let asking = RwSignal::new(false);
    let restart = move |_| {
        if session.drafts.any() {
            asking.set(true)
        } else {
            session.update.restart()
        }
    };
    view! {
        <Show when=move || session.update.is_ready()>
            <div class="updatebar" role="status">
                {icon("download")} <span class="updatebar__text">{words::UPDATE_READY}</span>
                {button("button", words::RESTART, restart)}
            </div>
        </Show>
        <Show when=move || asking.get()>
            <Dialog
                title=words::UPDATE_ASK
                on_close=Callback::new(move |()| asking.set(false))
                actions=Box::new(move || {
                    view! {
                        {focused_button("button button--primary button--large", words::UPDATE_WAIT, move |_| asking.set(false))}
                        {button("button button--danger button--large", words::UPDATE_ANYWAY, move |_| session.update.restart())}
                    }
                    .into_any()
                })
            >
                <p>{words::UPDATE_ASK_TEXT}</p>
            </Dialog>
        </Show>
    }
    .into_any()
}
