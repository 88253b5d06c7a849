use gloo::timers::callback::Timeout;
use leptos::prelude::*;

/// For how long a word stays, in milliseconds; longer if something can be undone.
const SHORT: u32 = 5_000;
const LONG: u32 = 10_000;

/// A passing word.
#[derive(Debug, Clone)]
pub struct Toast {
    pub id: u32,
    pub text: String,
    /// A label, and what pressing it does.
    pub action: Option<(&'static str, Callback<()>)>,
}

#[derive(Debug, Clone, Copy)]
pub struct Toasts {
    all: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    pub(super) fn new() -> Self {
        Self {
            all: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
        }
    }

    pub fn all(self) -> Vec<Toast> {
        self.all.get()
    }

    pub fn say(self, text: String) {
        self.add(text, None, SHORT);
    }

    /// Says what was done, and offers to undo it.
    pub fn offer(self, text: String, label: &'static str, undo: impl Fn() + Send + Sync + 'static) {
        self.add(text, Some((label, Callback::new(move |()| undo()))), LONG);
    }

    pub fn dismiss(self, id: u32) {
        self.all.update(|all| all.retain(|toast| toast.id != id));
    }

    pub(super) fn clear(self) {
        self.all.set(Vec::new());
    }

    fn add(self, text: String, action: Option<(&'static str, Callback<()>)>, stay: u32) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.all.update(|all| {
            // The same word twice tells nothing new.
            all.retain(|toast| toast.text != text || toast.action.is_some());
            all.push(Toast { id, text, action });
        });
        Timeout::new(stay, move || self.dismiss(id)).forget();
    }
}
