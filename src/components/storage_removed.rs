use leptos::prelude::*;

use super::{Dialog, ExportDialog, Show, button, focused_button};
use crate::{
    state::Session,
    strings::{more, shell as words},
};

/// The browser has removed what is stored, under the open app: what is left is in this page, and can be taken along.
#[component]
pub fn StorageRemoved() -> AnyView {
    let session = Session::here();
    let read = RwSignal::new(false);
    let exporting = RwSignal::new(false);
    let unsent = session.live(|reader| reader.replica.open_writes().count());
    let close = Callback::new(move |()| read.set(true));
    view! {
        <Show when=move || session.is_removed() && !read.get()>
            <Dialog
                title=words::REMOVED
                on_close=close
                actions=Box::new(move || {
                    view! {
                        <Show when=move || {
                            unsent.get() > 0
                        }>
                            {button(
                                "button button--primary button--large",
                                more::SIGN_OUT_SAVE,
                                move |_| exporting.set(true),
                            )}
                        </Show>
                        {button("button button--large", words::SIGN_IN_AGAIN, move |_| session.reload())}
                        {focused_button("button button--large", words::STAY_HERE, move |_| close.run(()))}
                    }
                        .into_any()
                })
            >
                <p>{words::REMOVED_TEXT}</p>
                <Show when=move || { unsent.get() > 0 }>
                    <p>{move || words::removed_unsent(unsent.get())}</p>
                </Show>
            </Dialog>
        </Show>
        <Show when=move || exporting.get()>
            <ExportDialog on_close=Callback::new(move |()| exporting.set(false)) />
        </Show>
    }
    .into_any()
}
