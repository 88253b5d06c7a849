use leptos::{prelude::*, task::spawn_local};

use super::brand;
use crate::{
    components::{Dialog, PasscodeEntry, Show, button, focused_button},
    state::{Known, Session},
    strings::entry as words,
};

/// Somebody signed in here before: their passcode opens the device, with or without a network.
#[component]
pub fn Unlock(known: Known) -> AnyView {
    let session = Session::here();
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let who = StoredValue::new(known);
    let entered = Callback::new(move |code: String| {
        busy.set(true);
        spawn_local(async move {
            error.set(session.unlock(who.get_value(), code).await.err());
            busy.set(false);
        });
    });
    let erase = move |_| session.erase_and_sign_in(who.get_value());
    view! {
        <div class="entry">
            <main class="entry__body">
                {brand()}
                <PasscodeEntry
                    title=Signal::stored(words::HELLO.to_owned())
                    lead=Signal::stored(words::ENTER_PASSCODE.to_owned())
                    label=Signal::stored(words::UNLOCK.to_owned())
                    error
                    busy
                    must_be_long=false
                    on_submit=entered
                />
                {button("button button--quiet", words::FORGOT, move |_| asking.set(true))}
                {button("button button--quiet", words::SOMEONE_ELSE, move |_| session.choose_another())}
            </main>
            <Show when=move || asking.get()>
                <Dialog
                    title=words::FORGOT_TITLE
                    on_close=Callback::new(move |()| asking.set(false))
                    actions=Box::new(move || {
                        view! {
                            {button("button button--danger-solid button--large", words::ERASE_AND_SIGN_IN, erase)}
                            {focused_button("button button--large", words::KEEP_TRYING, move |_| asking.set(false))}
                        }
                        .into_any()
                    })
                >
                    <p>{words::FORGOT_TEXT}</p>
                </Dialog>
            </Show>
        </div>
    }
    .into_any()
}
