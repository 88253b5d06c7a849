//! A request under way: given up after a silence, aborted when nobody waits for it any more.

use std::cell::Cell;

use gloo::timers::callback::Timeout;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal};

/// How long nothing may come, in milliseconds.
pub const SILENCE_MS: u32 = 30_000;

/// Aborts its request when it is dropped, unless the response was read to the end.
#[derive(Debug)]
pub(super) struct Flight {
    controller: AbortController,
    landed: Cell<bool>,
}

impl Flight {
    pub(super) fn new() -> Result<Self, JsValue> {
        Ok(Self {
            controller: AbortController::new()?,
            landed: Cell::new(false),
        })
    }

    pub(super) fn signal(&self) -> AbortSignal {
        self.controller.signal()
    }

    /// Waits for the next sign of the server for so many milliseconds; then aborts the request.
    pub(super) async fn within(&self, milliseconds: u32, next: JsFuture) -> Result<JsValue, JsValue> {
        let controller = self.controller.clone();
        let reason = format!("no response for {} s", milliseconds / 1_000);
        let _timer = Timeout::new(milliseconds, move || controller.abort_with_reason(&reason.into()));
        next.await
    }

    /// The response is there, to its last byte.
    pub(super) fn land(&self) {
        self.landed.set(true);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if !self.landed.get() {
            self.controller.abort();
        }
    }
}
