//! Asking the browser to wake the worker later, where it can (Chromium): when the network is back, and now and then.
//! Elsewhere nothing happens, and launch, foreground, `online` and timers do the work.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::scope::{object, property, scope};

/// The tag of the `sync` event.
pub const SYNC_TAG: &str = "holdfast-sync";
/// The tag of the `periodicsync` event.
pub const PERIODIC_TAG: &str = "holdfast-pull";

/// The shortest time between two periodic pulls, in milliseconds; the browser makes it at least twelve hours.
const PERIOD_MS: f64 = 12.0 * 3_600_000.0;

/// Asks for a `sync` event as soon as there is a network.
pub fn request_sync_event() {
    spawn_local(async {
        // Where the browser has no such events, the next launch sends what waits.
        let _ = register("sync", &[SYNC_TAG.into()]).await;
    });
}

/// Whether this browser sends `sync` events at all.
pub fn sends_sync_events() -> bool {
    !property(&property(&scope(), "registration"), "sync").is_undefined()
        || !property(&scope(), "SyncManager").is_undefined()
}

/// Asks for `periodicsync` events; answers whether the browser will send any.
pub async fn ask_for_periodic_pulls() -> bool {
    let options = object(&[("minInterval", PERIOD_MS.into())]);
    register("periodicSync", &[PERIODIC_TAG.into(), options.into()])
        .await
        .is_some()
}

/// Calls `registration[manager].register(…)`.
async fn register(manager: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let manager = property(&registration().await?, manager);
    let register: Function = property(&manager, "register").dyn_into().ok()?;
    let arguments = arguments.iter().collect();
    let asked: Promise = Reflect::apply(&register, &manager, &arguments)
        .ok()?
        .dyn_into()
        .ok()?;
    JsFuture::from(asked).await.ok()
}

/// The worker's registration: its own in the worker, the page's in a page.
async fn registration() -> Option<JsValue> {
    let own = property(&scope(), "registration");
    if !own.is_undefined() {
        return Some(own);
    }
    let container = property(&scope().navigator(), "serviceWorker");
    let get: Function = property(&container, "getRegistration").dyn_into().ok()?;
    let got: Promise = get.call0(&container).ok()?.dyn_into().ok()?;
    JsFuture::from(got)
        .await
        .ok()
        .filter(|registration| !registration.is_undefined())
}
