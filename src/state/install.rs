use js_sys::{Function, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

/// Putting the app on the home screen: Chromium says when it may be asked; elsewhere a person does it by hand.
#[derive(Debug, Clone, Copy)]
pub struct Install {
    /// The browser's event, whose `prompt` may be called once.
    offer: StoredValue<Option<JsValue>, LocalStorage>,
    installed: RwSignal<bool>,
}

impl Install {
    pub(super) fn watch() -> Self {
        let install = Self {
            offer: StoredValue::new_local(None),
            installed: RwSignal::new(runs_as_app()),
        };
        listen("beforeinstallprompt", move |event| {
            event.prevent_default();
            install.offer.set_value(Some(event.into()));
        });
        listen("appinstalled", move |_| install.installed.set(true));
        install
    }

    pub fn is_installed(self) -> bool {
        self.installed.get()
    }

    /// Lets the browser ask; `false` where it cannot.
    pub fn ask(self) -> bool {
        let Some(event) = self.offer.try_update_value(Option::take).flatten() else {
            return false;
        };
        let prompt = Reflect::get(&event, &"prompt".into())
            .ok()
            .and_then(|prompt| prompt.dyn_into::<Function>().ok());
        prompt.is_some_and(|prompt| prompt.call0(&event).is_ok())
    }
}

fn listen(name: &str, act: impl FnMut(web_sys::Event) + 'static) {
    let act = Closure::<dyn FnMut(web_sys::Event)>::new(act);
    // Of no consequence if the browser has no such event.
    let _ = window().add_event_listener_with_callback(name, act.as_ref().unchecked_ref());
    act.forget();
}

fn runs_as_app() -> bool {
    window()
        .match_media("(display-mode: standalone)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}
