//! Signs that somebody is at the page, and that the page is looked at again.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::EventTarget;

use crate::scope::scope;

/// What a person does with any device.
const TOUCHES: [&str; 6] = [
    "pointerdown",
    "pointermove",
    "touchstart",
    "keydown",
    "wheel",
    "input",
];

/// What the platform tells once a page was hidden, frozen or asleep. `visibilitychange` also tells the other way, which
/// does no harm: looking at the clock once more.
const RETURNS: [&str; 4] = ["visibilitychange", "focus", "pageshow", "resume"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Somebody touched, typed or pointed.
    Touched,
    /// The page may have been away.
    Returned,
}

/// Passes signs on until it is dropped. Hears them before anything on the page does.
#[derive(Debug)]
pub struct Activity {
    window: EventTarget,
    touched: Closure<dyn FnMut()>,
    returned: Closure<dyn FnMut()>,
}

impl Activity {
    /// In a page; elsewhere nothing is ever heard.
    pub fn listen(heard: impl Fn(Sign) + Clone + 'static) -> Self {
        let returned = heard.clone();
        let this = Self {
            window: scope().into(),
            touched: Closure::new(move || heard(Sign::Touched)),
            returned: Closure::new(move || returned(Sign::Returned)),
        };
        this.each(|window, event, callback| {
            // Fails only for what is no listener.
            let _ = window.add_event_listener_with_callback_and_bool(event, callback, true);
        });
        this
    }

    /// The window hears all of them on their way down, also those of the document that do not come up to it.
    fn each(&self, act: impl Fn(&EventTarget, &str, &js_sys::Function)) {
        let touched = TOUCHES.iter().map(|event| (event, &self.touched));
        let returned = RETURNS.iter().map(|event| (event, &self.returned));
        for (event, callback) in touched.chain(returned) {
            act(&self.window, event, callback.as_ref().unchecked_ref());
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.each(|window, event, callback| {
            // Fails only for what is no listener.
            let _ = window.remove_event_listener_with_callback_and_bool(event, callback, true);
        });
    }
}
