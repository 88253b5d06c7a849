use leptos::prelude::*;

use super::{Dialog, focused_button};

/// Asks before something is lost for good: the button works once somebody has said that they know.
#[component]
pub fn LossDialog(
    title: &'static str,
    text: &'static str,
    /// What has to be said.
    known: &'static str,
    confirm: &'static str,
    cancel: &'static str,
    /// While it is being done.
    busy: RwSignal<bool>,
    on_confirm: Callback<()>,
    on_close: Callback<()>,
    /// What went wrong, if anything did.
    #[prop(optional)]
    message: Option<ViewFn>,
) -> AnyView {
    let understood = RwSignal::new(false);
    view! {
        <Dialog
            title=title
            on_close
            actions=Box::new(move || {
                view! {
                    <button
                        class="button button--danger-solid button--large"
                        type="button"
                        disabled=move || busy.get() || !understood.get()
                        on:click=move |_| on_confirm.run(())
                    >
                        {confirm}
                    </button>
                    {focused_button("button button--large", cancel, move |_| on_close.run(()))}
                }
                    .into_any()
            })
        >
            <p>{text}</p>
            <label class="check">
                <input
                    class="check__box"
                    type="checkbox"
                    on:change=move |event| understood.set(event_target_checked(&event))
                />
                <span>{known}</span>
            </label>
            {message.map(|message| message.run())}
        </Dialog>
    }
    .into_any()
}
