//! What the platform says about network and foreground. It may be wrong about either; the engine only takes hints.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, EventTarget, VisibilityState};

use crate::scope::{property, scope};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    Online,
    Offline,
    /// The page came to the foreground.
    Visible,
    Hidden,
}

/// Passes hints on until it is dropped.
#[derive(Debug)]
pub struct Connectivity {
    listeners: Vec<Listener>,
}

#[derive(Debug)]
struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(JsValue)>,
}

impl Connectivity {
    /// Workers have no foreground: they get `Online` and `Offline` only.
    pub fn listen(heard: impl Fn(Hint) + Clone + 'static) -> Self {
        let mut this = Self {
            listeners: Vec::new(),
        };
        let target: EventTarget = scope().into();
        for (event, hint) in [
            ("online", Hint::Online),
            ("offline", Hint::Offline),
            ("focus", Hint::Visible),
        ] {
            let heard = heard.clone();
            this.add(&target, event, move || heard(hint));
        }
        if let Some(document) = document() {
            let target: EventTarget = document.clone().into();
            this.add(&target, "visibilitychange", move || {
                let visible = document.visibility_state() == VisibilityState::Visible;
                heard(if visible { Hint::Visible } else { Hint::Hidden });
            });
        }
        this
    }

    fn add(&mut self, target: &EventTarget, event: &'static str, mut heard: impl FnMut() + 'static) {
        let callback = Closure::<dyn FnMut(JsValue)>::new(move |_| heard());
        let added = target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        if added.is_ok() {
            let target = target.clone();
            self.listeners.push(Listener {
                target,
                event,
                callback,
            });
        }
    }
}

impl Drop for Connectivity {
    fn drop(&mut self) {
        for listener in &self.listeners {
            let callback = listener.callback.as_ref().unchecked_ref();
            // Fails only for what is no listener.
            let _ = listener
                .target
                .remove_event_listener_with_callback(listener.event, callback);
        }
    }
}

/// Whether the platform believes that there is a network; `true` where it does not say.
pub fn is_online() -> bool {
    scope().navigator().on_line().unwrap_or(true)
}

fn document() -> Option<Document> {
    property(&scope(), "document").dyn_into().ok()
}
