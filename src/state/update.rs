use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

const WORKER: &str = "/sw.js";
/// What the waiting worker is told.
const ACTIVATE: &str = "activate";
/// What the active worker is told by a page that it does not serve.
const CLAIM: &str = "claim";

/// New versions of the app: one that is ready waits until somebody lets it in.
#[derive(Debug, Clone, Copy)]
pub struct NewVersion {
    waiting: StoredValue<Option<ServiceWorker>, LocalStorage>,
    ready: RwSignal<bool>,
    /// Somebody asked for it: the page reloads as soon as the new version is in charge.
    wanted: StoredValue<bool>,
}

impl NewVersion {
    /// Registers the service worker and looks out for newer ones.
    pub(super) fn watch() -> Self {
        let update = Self {
            waiting: StoredValue::new_local(None),
            ready: RwSignal::new(false),
            wanted: StoredValue::new(false),
        };
        if let Some(container) = container() {
            let taken_over = Closure::<dyn FnMut()>::new(move || {
                if update.wanted.get_value() {
                    // Nothing is left to do if the browser refuses.
                    let _ = window().location().reload();
                }
            });
            container.set_oncontrollerchange(Some(taken_over.as_ref().unchecked_ref()));
            taken_over.forget();
            spawn_local(async move { update.register(container).await });
        }
        update
    }

    pub fn is_ready(self) -> bool {
        self.ready.get()
    }

    /// Lets the new version in. What is on the device stays; the page starts anew.
    pub fn restart(self) {
        self.wanted.set_value(true);
        if let Some(worker) = self.waiting.get_value() {
            // A worker that is gone was replaced by one that reloads the page as well.
            let _ = worker.post_message(&ACTIVATE.into());
        }
    }

    async fn register(self, container: ServiceWorkerContainer) {
        // Without a worker (a private window, say) the app works while it is open.
        let Ok(registration) = JsFuture::from(container.register(WORKER)).await else {
            return;
        };
        let registration: ServiceWorkerRegistration = registration.unchecked_into();
        spawn_local(be_served(container));
        self.look(&registration);
        let found = registration.clone();
        let arriving = Closure::<dyn FnMut()>::new(move || {
            let (registration, Some(worker)) = (found.clone(), found.installing()) else {
                return;
            };
            let settled = Closure::<dyn FnMut()>::new(move || self.look(&registration));
            worker.set_onstatechange(Some(settled.as_ref().unchecked_ref()));
            settled.forget();
        });
        registration.set_onupdatefound(Some(arriving.as_ref().unchecked_ref()));
        arriving.forget();
        // A page that is open for days asks for a new version whenever it comes to the front.
        let seen = registration.clone();
        let visible = window_event_listener(ev::visibilitychange, move |_| {
            if !document().hidden() {
                // Offline there is none to be had.
                let _ = seen.update();
            }
        });
        std::mem::forget(visible);
    }

    /// A worker that waits beside one in charge is a new version.
    fn look(self, registration: &ServiceWorkerRegistration) {
        let waiting = registration
            .waiting()
            .filter(|worker| worker.state() == ServiceWorkerState::Installed);
        self.ready
            .set(waiting.is_some() && registration.active().is_some());
        self.waiting.set_value(waiting);
    }
}

/// A page that is loading just when the worker takes charge of all pages is missed, and would stay without it until it is
/// loaded anew: it asks once there is an active worker.
async fn be_served(container: ServiceWorkerContainer) {
    let Ok(ready) = container.ready() else { return };
    let Ok(registration) = JsFuture::from(ready).await else {
        return;
    };
    let registration: ServiceWorkerRegistration = registration.unchecked_into();
    if let (None, Some(worker)) = (container.controller(), registration.active()) {
        // A worker that is gone was replaced by one that takes charge of all pages itself.
        let _ = worker.post_message(&CLAIM.into());
    }
}

/// Browsers hide it where workers are not allowed.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    let found = js_sys::Reflect::get(&navigator, &JsValue::from_str("serviceWorker")).ok()?;
    found.dyn_into().ok()
}
