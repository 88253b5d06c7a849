//! What happens to connections from outside: another context wants the database for itself, or the browser closes it.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use futures::{
    FutureExt,
    channel::oneshot::{Receiver, Sender, channel},
    future::Shared,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{EventTarget, IdbVersionChangeEvent};

use super::{DatabaseError, State};

pub(super) type Listener = Closure<dyn FnMut(JsValue)>;

/// Wakes whoever is at work when the browser closes the connections. Cloning shares.
#[derive(Debug, Clone)]
pub(super) struct Closings(Rc<RefCell<Next>>);

/// The sender is dropped at the next time.
type Next = (Sender<()>, Shared<Receiver<()>>);

impl Default for Closings {
    fn default() -> Self {
        Self(Rc::new(RefCell::new(next())))
    }
}

impl Closings {
    /// Resolves when the browser closes the connections the next time, in whatever way.
    pub(super) fn next(&self) -> Shared<Receiver<()>> {
        self.0.borrow().1.clone()
    }

    fn tell(&self) {
        drop(self.0.replace(next()));
    }
}

fn next() -> Next {
    let (tell, told) = channel();
    (tell, told.shared())
}

/// Lets go when another context wants the database for itself, and notices when the platform closed it.
pub(super) fn listeners(
    state: &Rc<RefCell<State>>,
    closings: &Closings,
    events: &EventTarget,
    returns: bool,
) -> Result<[Listener; 2], DatabaseError> {
    let on_version_change = listener(state, move |event| {
        let deleted = event
            .dyn_into::<IdbVersionChangeEvent>()
            .is_ok_and(|event| event.new_version().is_none());
        if deleted && !returns {
            State::Deleted
        } else {
            State::Closed
        }
    });
    let closings = closings.clone();
    let on_close = listener(state, move |_| {
        closings.tell();
        State::Closed
    });
    events.add_event_listener_with_callback("versionchange", on_version_change.as_ref().unchecked_ref())?;
    events.add_event_listener_with_callback("close", on_close.as_ref().unchecked_ref())?;
    Ok([on_version_change, on_close])
}

fn listener(state: &Rc<RefCell<State>>, next: impl Fn(JsValue) -> State + 'static) -> Listener {
    let state: Weak<RefCell<State>> = Rc::downgrade(state);
    Closure::new(move |event| {
        if let Some(state) = state.upgrade() {
            state.replace(next(event));
        }
    })
}
