use leptos::{prelude::*, task::spawn_local};

use super::brand;
use crate::{components::PasscodeEntry, state::Session, strings::entry as words};

/// The first sign-in on this device: a passcode, typed twice, seals what will be kept.
#[component]
pub fn SetPasscode() -> AnyView {
    let session = Session::here();
    let first = RwSignal::new(None::<String>);
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let entered = Callback::new(move |code: String| match first.get_untracked() {
        None => {
            let objection = session.objection_to(&code);
            error.set(objection.map(str::to_owned));
            first.set(objection.is_none().then_some(code));
        }
        Some(earlier) if earlier != code => {
            first.set(None);
            error.set(Some(words::NOT_THE_SAME.to_owned()));
        }
        Some(_) => {
            busy.set(true);
            spawn_local(async move {
                if let Err(reason) = session.set_passcode(code).await {
                    first.set(None);
                    error.set(Some(reason));
                }
                busy.set(false);
            });
        }
    });
    let again = move || first.with(Option::is_some);
    let say = move |once: &'static str, twice: &'static str| {
        Signal::derive(move || if again() { twice } else { once }.to_owned())
    };
    view! {
        <div class="entry">
            <main class="entry__body">
                {brand()}
                <PasscodeEntry
                    title=say(words::SET_PASSCODE, words::REPEAT_PASSCODE)
                    lead=say(words::SET_PASSCODE_TEXT, words::REPEAT_PASSCODE_TEXT)
                    label=say(words::NEXT, words::SEAL)
                    error
                    busy
                    must_be_long=true
                    on_submit=entered
                />
            </main>
        </div>
    }
    .into_any()
}
