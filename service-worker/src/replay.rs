//! Sending what waits, with or without an open page.

use std::{cell::Cell, rc::Rc};

use holdfast_browser::{
    background,
    client::{Client, Session},
    clock::PlatformClock,
};
use holdfast_core::{
    Timestamp,
    engine::{Round, Trigger},
    ports::Clock,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;
use web_sys::ExtendableEvent;

/// Where the browser sends no `sync` events, any request may be the sign that the network is back; not every one.
const AT_MOST_EVERY: chrono::Duration = chrono::Duration::seconds(30);

const NOT_ALL: &str = "not everything could be sent; to be tried again";

thread_local! {
    static LAST_TRY: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

pub fn now() -> Timestamp {
    PlatformClock.now()
}

/// A round of sync of an open session.
///
/// # Errors
/// If something is left that a later try may send: a `sync` event is then repeated by the browser.
pub async fn send(session: Rc<Session>, trigger: Trigger) -> Result<JsValue, JsValue> {
    LAST_TRY.set(Some(now()));
    let round = session.sync().run(trigger).await;
    let left_behind = session.read(|device| device.unsent()) > 0;
    match round {
        Round::Waiting(_) | Round::LeaseLost => Err(NOT_ALL.into()),
        // A write whose own wait is not over yet; or a page was at it for too long to wait for its end.
        Round::Done | Round::Elsewhere if left_behind => Err(NOT_ALL.into()),
        Round::Failed(error) => Err(error.to_string().into()),
        // Parked: a person must sign in first.
        Round::Done | Round::Elsewhere | Round::Parked | Round::NotSetUp => Ok(JsValue::UNDEFINED),
    }
}

/// Opens what is on the device, if it may be opened without a person, and sends what waits. Locked: it waits on.
///
/// # Errors
/// As [`send`].
pub async fn run(client: &Client, trigger: Trigger) -> Result<JsValue, JsValue> {
    match client.resume().await.map_err(|error| error.to_string())? {
        Some(session) => send(session, trigger).await,
        None => Ok(JsValue::UNDEFINED),
    }
}

/// Takes a request as the sign that the network may be back, where nothing better tells.
pub fn on_any_request(client: &Client, event: &ExtendableEvent) {
    let due = LAST_TRY.get().is_none_or(|last| now() - last > AT_MOST_EVERY);
    if !due || background::sends_sync_events() {
        return;
    }
    LAST_TRY.set(Some(now()));
    let client = client.clone();
    // The request itself is answered whatever comes of it.
    let _ = event.wait_until(&future_to_promise(async move {
        run(&client, Trigger::Reconnect).await
    }));
}
