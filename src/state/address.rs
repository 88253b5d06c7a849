use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

use super::{Memo, Session};
use crate::routes::Place;

/// The page's address. Addresses hold opaque ids only: the browser's history is no place for content.
#[derive(Debug, Clone, Copy)]
pub struct Address {
    path: RwSignal<String>,
    /// Whether the pages are there, and with them somebody who goes from one to another.
    followed: StoredValue<bool>,
    moved: StoredValue<bool>,
}

impl Address {
    pub(super) fn new() -> Self {
        Self {
            path: RwSignal::new(String::new()),
            followed: StoredValue::new(false),
            moved: StoredValue::new(false),
        }
    }
}

impl Session {
    /// Where somebody is; taps on links and the browser's back and forward lead elsewhere while the caller lives.
    pub fn follow_address(self) -> Memo<Place> {
        let address = self.address;
        address.path.set(current_path());
        address.followed.set_value(true);
        let clicks = window_event_listener(ev::click, move |event| {
            if let Some(to) = followed_link(&event) {
                event.prevent_default();
                self.go(&to);
            }
        });
        let steps = window_event_listener(ev::popstate, move |_| {
            let path = current_path();
            if address.path.with_untracked(|before| *before != path) {
                address.moved.set_value(true);
                address.path.set(path);
            }
        });
        on_cleanup(move || {
            clicks.remove();
            steps.remove();
            address.followed.set_value(false);
        });
        Memo::new(move |_| address.path.with(|path| Place::at(path)))
    }

    /// Whether another page came before this one: then the focus goes to the heading.
    pub fn has_navigated(self) -> bool {
        self.address.moved.get_value()
    }

    pub fn go(self, to: &str) {
        if self.address.followed.get_value() {
            self.visit(to, History::Longer);
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    }

    /// Goes there in the place of this page: back does not return to a form that is done.
    pub fn go_instead(self, to: &str) {
        if self.address.followed.get_value() {
            self.visit(to, History::Same);
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    }

    /// Gives this page another address; it stays where it is scrolled to.
    pub fn replace_address(self, to: &str) {
        self.visit(to, History::Same);
    }

    fn visit(self, to: &str, how: History) {
        let Ok(history) = window().history() else { return };
        // Of no consequence if the browser refuses: the address is then an old one.
        let _ = match how {
            History::Longer if to != current_path() => {
                history.push_state_with_url(&JsValue::NULL, "", Some(to))
            }
            _ => history.replace_state_with_url(&JsValue::NULL, "", Some(to)),
        };
        if self.address.followed.get_value() {
            self.address.moved.set_value(true);
            self.address.path.set(to.to_owned());
        }
    }
}

/// What a visit does to the browser's history.
enum History {
    Longer,
    Same,
}

fn current_path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// The path of a link of the app that was tapped, unless the browser is to follow it in its own way: in another tab,
/// to another site, as a download, or to a place in this very page.
fn followed_link(event: &MouseEvent) -> Option<String> {
    let plain = event.button() == 0
        && !(event.meta_key() || event.alt_key() || event.ctrl_key() || event.shift_key())
        && !event.default_prevented();
    let tapped: Element = event.target()?.dyn_into().ok()?;
    let link: HtmlAnchorElement = tapped.closest("a[href]").ok()??.dyn_into().ok()?;
    let here = window()
        .location()
        .origin()
        .is_ok_and(|origin| origin == link.origin());
    let elsewhere = !link.target().is_empty() || link.has_attribute("download") || !link.hash().is_empty();
    (plain && here && !elsewhere).then(|| link.pathname())
}
