use chrono::Duration;
use holdfast_core::Timestamp;
use leptos::{prelude::*, task::spawn_local};

use super::brand;
use crate::{
    components::{LossDialog, PasscodeEntry, Show, button, icon},
    format::time,
    state::{Known, Memo, Session},
    strings::entry as words,
};

/// Seconds between two looks at a wait that is being served; each stores how far it has come.
const SAVE_WAIT_EVERY: i64 = 5;

/// Somebody signed in here before: their passcode opens the device, with or without a network.
#[component]
pub fn Unlock(known: Known) -> AnyView {
    let session = Session::here();
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let next_attempt = RwSignal::new(0.0);
    let synced_until = RwSignal::new(None::<Timestamp>);
    let who = StoredValue::new(known);
    let look = move || {
        let user_id = who.with_value(|known| known.user_id.clone());
        spawn_local(async move {
            let locked = session.locked(&user_id).await;
            // The page may be gone by then.
            let _ = next_attempt.try_set(locked.next_attempt);
            let _ = synced_until.try_set(locked.synced_until);
        })
    };
    look();
    let entered = Callback::new(move |code: String| {
        busy.set(true);
        spawn_local(async move {
            // Once it is open this page is gone.
            if let Err(reason) = session.unlock(who.get_value(), code).await {
                error.set(Some(reason));
                busy.set(false);
                look();
            }
        });
    });
    // Set or not, the device's clock shortens no wait: it only makes this look again.
    let left = Memo::new(move |_| {
        session.second();
        let seconds = ((next_attempt.get() - session.steady_ms()) / 1_000.0).ceil();
        (seconds > 0.0).then_some(seconds as i64)
    });
    Effect::new(move |before: Option<Option<i64>>| {
        let left = left.get();
        // The end of a wait is stored too: it is not served again after a restart.
        let over = left.is_none() && before.flatten().is_some();
        if over || left.is_some_and(|left| left % SAVE_WAIT_EVERY == 0) {
            look();
        }
        left
    });
    let waiting = Memo::new(move |_| {
        let (left, now) = (left.get()?, session.instant());
        Some(words::wait_for(&time::until(now + Duration::seconds(left), now)))
    });
    view! {
        <div class="entry">
            <main class="entry__body">
                {brand()} {status(synced_until)}
                <PasscodeEntry
                    title=Signal::stored(words::HELLO.to_owned())
                    lead=Signal::stored(words::ENTER_PASSCODE.to_owned())
                    label=Signal::stored(words::UNLOCK.to_owned())
                    error=Signal::derive(move || waiting.get().or_else(|| error.get()))
                    busy=Signal::derive(move || busy.get() || waiting.with(Option::is_some))
                    must_be_long=false
                    on_submit=entered
                /> {button("button button--quiet", words::FORGOT, move |_| asking.set(true))}
                {button("button button--quiet", words::SOMEONE_ELSE, move |_| session.choose_another())}
            </main>
        </div>
        <Show when=move || asking.get()>
            <Forget who on_close=Callback::new(move |()| asking.set(false)) />
        </Show>
    }
    .into_any()
}

/// The status line of a locked app.
fn status(synced_until: RwSignal<Option<Timestamp>>) -> AnyView {
    let session = Session::here();
    let line = move || match synced_until.get() {
        Some(until) => {
            words::locked_but_synced(&time::weekday_time(until, session.instant(), session.zone()))
        }
        None => words::LOCKED.to_owned(),
    };
    view! {
        <p class="entry__status" role="status">
            {icon("lock")}
            <span>{line}</span>
        </p>
    }
    .into_any()
}

/// The passcode is forgotten: what is sealed under it can only be erased, once somebody has said that they know.
#[component]
fn Forget(who: StoredValue<Known>, on_close: Callback<()>) -> AnyView {
    let session = Session::here();
    let busy = RwSignal::new(false);
    let erase = Callback::new(move |()| {
        busy.set(true);
        session.erase(who.get_value());
    });
    view! {
        <LossDialog
            title=words::FORGOT_TITLE
            text=words::FORGOT_TEXT
            known=words::LOSE_UNSENT
            confirm=words::FORGET_DEVICE
            cancel=words::KEEP_TRYING
            busy
            on_confirm=erase
            on_close
        />
    }
    .into_any()
}
