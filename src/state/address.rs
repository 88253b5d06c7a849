use std::rc::Rc;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wasm_bindgen::JsValue;

use super::Session;

type Navigate = Rc<dyn Fn(&str, NavigateOptions)>;

/// The page's address. Addresses hold opaque ids only: the browser's history is no place for content.
#[derive(Debug, Clone, Copy)]
pub struct Address {
    navigate: StoredValue<Option<Opaque>, LocalStorage>,
    moved: StoredValue<bool>,
}

/// The router's function, which has nothing to show.
#[derive(Clone)]
struct Opaque(Navigate);

impl std::fmt::Debug for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Navigate")
    }
}

impl Address {
    pub(super) fn new() -> Self {
        Self {
            navigate: StoredValue::new_local(None),
            moved: StoredValue::new(false),
        }
    }
}

impl Session {
    /// Learns to navigate; called once inside the router.
    pub fn learn_addresses(self) {
        let navigate = use_navigate();
        self.address
            .navigate
            .set_value(Some(Opaque(Rc::new(move |to: &str, options| {
                navigate(to, options)
            }))));
        let path = use_location().pathname;
        Effect::new(move |before: Option<String>| {
            let now = path.get();
            if before.is_some_and(|before| before != now) {
                self.address.moved.set_value(true);
            }
            now
        });
    }

    /// Whether another page came before this one: then the focus goes to the heading.
    pub fn has_navigated(self) -> bool {
        self.address.moved.get_value()
    }

    pub fn go(self, to: &str) {
        self.navigate(to, NavigateOptions::default());
    }

    /// Goes there in the place of this page: back does not return to a form that is done.
    pub fn go_instead(self, to: &str) {
        self.navigate(
            to,
            NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            },
        );
    }

    /// Gives this page another address; it stays where it is scrolled to.
    pub fn replace_address(self, to: &str) {
        if self.address.navigate.with_value(Option::is_some) {
            self.navigate(
                to,
                NavigateOptions {
                    replace: true,
                    scroll: false,
                    ..NavigateOptions::default()
                },
            );
        } else if let Ok(history) = window().history() {
            // Of no consequence if the browser refuses: the address is then an old one.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(to));
        }
    }

    fn navigate(self, to: &str, options: NavigateOptions) {
        // Taken out of the store first: navigating runs other code that reads it.
        if let Some(Opaque(navigate)) = self.address.navigate.get_value() {
            self.address.moved.set_value(true);
            navigate(to, options);
        }
    }

    /// The router is gone with its pages.
    pub fn forget_addresses(self) {
        self.address.navigate.set_value(None);
    }
}
