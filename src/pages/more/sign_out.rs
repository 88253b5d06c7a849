use leptos::prelude::*;

use crate::{
    components::{Dialog, ExportDialog, Show, button, focused_button, icon},
    state::Session,
    strings::more as words,
};

/// Signing out erases the device: with unsent work it asks, and offers to save it sealed.
#[component]
pub fn SignOut() -> AnyView {
    let session = Session::here();
    let asking = RwSignal::new(false);
    let exporting = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let unsent = session.live(|reader| reader.replica.open_writes().count());
    let erase = move |_| {
        busy.set(true);
        session.sign_out();
    };
    view! {
        <section class="section">
            <button
                class="button button--danger button--block"
                type="button"
                on:click=move |_| asking.set(true)
            >
                {icon("sign-out")}
                {words::SIGN_OUT}
            </button>
        </section>
        <Show when=move || asking.get()>
            <Dialog
                title=words::SIGN_OUT_ASK
                on_close=Callback::new(move |()| asking.set(false))
                actions=Box::new(move || {
                    let some = move || unsent.get() > 0;
                    let label = move || if some() { words::SIGN_OUT_ANYWAY } else { words::SIGN_OUT };
                    view! {
                        <button
                            class="button button--danger-solid button--large"
                            type="button"
                            disabled=move || busy.get()
                            on:click=erase
                        >
                            {label}
                        </button>
                        <Show when=some>
                            {button(
                                "button button--primary button--large",
                                words::SIGN_OUT_SAVE,
                                move |_| exporting.set(true),
                            )}
                        </Show>
                        {focused_button("button button--large", words::STAY, move |_| asking.set(false))}
                    }
                        .into_any()
                })
            >
                <Show when=move || { unsent.get() > 0 }>
                    <div class="notice" data-tone="failed" role="alert">
                        {icon("alert")}
                        <p class="notice__text">{move || words::unsent(unsent.get())}</p>
                    </div>
                </Show>
                <p>{words::SIGN_OUT_TEXT}</p>
            </Dialog>
        </Show>
        <Show when=move || exporting.get()>
            <ExportDialog on_close=Callback::new(move |()| exporting.set(false)) />
        </Show>
    }
    .into_any()
}
