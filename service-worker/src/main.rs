//! The service worker: shell, intercepted requests, replay.
//!
//! `www/sw.js` owns the events and calls what is exported here; its header tells how an instance comes and goes.
//! `shell` keeps the app itself on the device, `intercept` answers requests of the API, `replay` sends what waits.

mod admission;
mod api;
mod build;
mod intercept;
mod replay;
mod routes;
mod shell;

use std::cell::RefCell;

use holdfast_browser::client::{Client, Context};
use holdfast_core::engine::Trigger;
use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{FetchEvent, Request, Url};

thread_local! {
    static ON_PANIC: RefCell<Option<Function>> = const { RefCell::new(None) };
    static CLIENT: Client = Client::new(Context::Worker);
}

fn main() {}

fn client() -> Client {
    CLIENT.with(Clone::clone)
}

/// Makes this instance ready: called once, before anything else. `on_panic` is told a panic's message, upon which
/// the loader gives up the instance.
///
/// # Errors
/// If `build` is not what the build writes.
#[wasm_bindgen]
pub fn start(build: JsValue, on_panic: Function) -> Result<(), JsValue> {
    ON_PANIC.set(Some(on_panic));
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        ON_PANIC.with_borrow(|told| {
            if let Some(told) = told {
                // The instance is lost either way.
                let _ = told.call1(&JsValue::NULL, &panic.to_string().into());
            }
        });
    }));
    build::remember(&build)
}

/// Brings the app onto the device. A new version then waits until the old one is no longer in use.
///
/// # Errors
/// If a file cannot be fetched or is not of this build: the browser tries again later.
#[wasm_bindgen]
pub async fn on_install() -> Result<(), JsValue> {
    shell::install(build::current()?).await
}

/// Removes what earlier versions left, serves open pages from now on, and sends what waits.
///
/// # Errors
/// If the cache cannot be changed.
#[wasm_bindgen]
pub async fn on_activate() -> Result<(), JsValue> {
    shell::activate(build::current()?).await?;
    // What cannot be sent now is sent later; the worker is active all the same.
    let _ = replay::run(&client(), Trigger::Reconnect).await;
    Ok(())
}

/// Answers a request, or leaves it to the network with `undefined`. `request` may be read freely. `mutation_id`
/// is the same when a second instance gets the request after a panic of the first.
///
/// # Errors
/// If the request cannot be answered; the loader then asks the network.
#[wasm_bindgen]
pub async fn on_fetch(event: FetchEvent, request: Request, mutation_id: String) -> Result<JsValue, JsValue> {
    let client = client();
    replay::on_any_request(&client, &event);
    let answer = if Url::new(&request.url())?.pathname().starts_with("/api/") {
        intercept::answer(&client, &event, &request, mutation_id).await?
    } else {
        shell::answer(build::current()?, &request).await?
    };
    Ok(answer.map_or(JsValue::UNDEFINED, JsValue::from))
}

/// Takes a message from a page: `activate` lets this version take over, `claim` serves a page that was missed when this
/// version took over, `sync` sends what waits, `panic` ends this instance as a fault would, so that a test can see the
/// next one come.
///
/// # Errors
/// If what it asks for fails.
///
/// # Panics
/// When asked to.
#[wasm_bindgen]
pub async fn on_message(data: JsValue, source: JsValue, ports: js_sys::Array) -> Result<(), JsValue> {
    let _ = (source, ports);
    match data.as_string().as_deref() {
        Some("activate") => shell::take_over().await,
        Some("claim") => shell::claim().await,
        Some("panic") => panic!("a page asked for it"),
        Some("sync") => replay::run(&client(), Trigger::Manual).await.map(drop),
        _ => Ok(()),
    }
}

/// Replays the queue when the network is back.
///
/// # Errors
/// If not everything could be sent: the browser repeats the event.
#[wasm_bindgen]
pub async fn on_sync(tag: String) -> Result<(), JsValue> {
    let _ = tag;
    replay::run(&client(), Trigger::Reconnect).await.map(drop)
}

/// Pulls changes while the app is closed.
///
/// # Errors
/// If the pull fails.
#[wasm_bindgen]
pub async fn on_periodic_sync(tag: String) -> Result<(), JsValue> {
    let _ = tag;
    replay::run(&client(), Trigger::Periodic).await.map(drop)
}
