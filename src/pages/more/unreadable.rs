use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{ExportDialog, LossDialog, Show, button, icon},
    state::Session,
    strings::{more as words, shell},
};

/// What was recorded here and does not open any more: told, saved as it lies there, and removed once somebody has said
/// that they know what that means.
#[component]
pub fn Unreadable() -> AnyView {
    let session = Session::here();
    let count = RwSignal::new(0_usize);
    let exporting = RwSignal::new(false);
    let removing = RwSignal::new(false);
    let set_aside = session.live(|reader| reader.replica.quarantined().count());
    Effect::new(move |_| {
        let _ = set_aside.get();
        spawn_local(async move {
            // The page may be gone by then.
            let _ = count.try_set(session.unreadable().await);
        });
    });
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="notice" data-tone="failed" role="alert">
                {icon("alert")}
                <h3 class="notice__title">{words::UNREADABLE}</h3>
                <p class="notice__text">{move || words::unreadable(count.get())}</p>
                <div class="notice__actions">
                    {button("button button--primary", words::SIGN_OUT_SAVE, move |_| exporting.set(true))}
                    {button("button button--danger", words::REMOVE_UNREADABLE, move |_| removing.set(true))}
                </div>
            </div>
        </Show>
        <Show when=move || exporting.get()>
            <ExportDialog on_close=Callback::new(move |()| exporting.set(false)) />
        </Show>
        <Show when=move || removing.get()>
            <Remove count on_close=Callback::new(move |()| removing.set(false)) />
        </Show>
    }
    .into_any()
}

#[component]
fn Remove(count: RwSignal<usize>, on_close: Callback<()>) -> AnyView {
    let session = Session::here();
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    let remove = Callback::new(move |()| {
        busy.set(true);
        spawn_local(async move {
            match session.remove_unreadable().await {
                Ok(()) => {
                    let _ = count.try_set(session.unreadable().await);
                    // The dialog may have been closed meanwhile.
                    on_close.try_run(());
                    session.toasts.say(words::REMOVED_UNREADABLE.to_owned());
                }
                Err(fault) => {
                    let _ = error.try_set(Some(fault.to_string()));
                    let _ = busy.try_set(false);
                }
            }
        });
    });
    let message = move || {
        error.get().map(|text| {
            view! {
                <p class="field__error" role="alert">
                    {icon("failed")}
                    {text}
                </p>
            }
            .into_any()
        })
    };
    view! {
        <LossDialog
            title=words::REMOVE_UNREADABLE_ASK
            text=words::REMOVE_UNREADABLE_TEXT
            known=words::LOSE_UNREADABLE
            confirm=words::REMOVE_UNREADABLE
            cancel=shell::CANCEL
            busy
            on_confirm=remove
            on_close
            message=ViewFn::from(move || message)
        />
    }
    .into_any()
}
