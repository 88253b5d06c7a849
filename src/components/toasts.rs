use leptos::prelude::*;

use super::{For, icon};
use crate::{state::Session, strings::shell as words};

/// Passing words, with what can be undone. The list is always there, so that screen readers hear what comes into it.
#[component]
pub fn Toasts() -> AnyView {
    let session = Session::here();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || session.toasts.all() key=|toast| toast.id let:toast>
                <div class="toast">
                    <span class="toast__text" dir="auto">
                        {toast.text.clone()}
                    </span>
                    {toast
                        .action
                        .map(|(label, act)| {
                            let done = move |_| {
                                act.run(());
                                session.toasts.dismiss(toast.id);
                            };
                            view! {
                                <button class="toast__action" type="button" on:click=done>
                                    {label}
                                </button>
                            }
                                .into_any()
                        })}
                    <button
                        class="icon-button"
                        type="button"
                        aria-label=words::CLOSE
                        on:click=move |_| session.toasts.dismiss(toast.id)
                    >
                        {icon("close")}
                    </button>
                </div>
            </For>
        </div>
    }
    .into_any()
}
