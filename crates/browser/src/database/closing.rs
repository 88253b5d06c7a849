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
use holdfast_core::ports::Clock;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventTarget, IdbVersionChangeEvent};

use super::{CLOSING_MS, Database, DatabaseError, State, is_there};
use crate::clock::PlatformClock;

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

/// Who is told when the browser has removed a database that was open. Cloning shares.
#[derive(Clone, Default)]
pub(super) struct Removal(Rc<RefCell<Option<Tell>>>);

type Tell = Rc<dyn Fn()>;

impl std::fmt::Debug for Removal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Removal").finish_non_exhaustive()
    }
}

impl Removal {
    pub(super) fn set(&self, tell: impl Fn() + 'static) {
        self.0.replace(Some(Rc::new(tell)));
    }

    /// A browser that removes a database closes its connections first. Looks a moment later whether it is gone.
    async fn look(self, name: Rc<str>, state: Weak<RefCell<State>>) {
        PlatformClock.sleep(CLOSING_MS).await;
        if is_there(&name).await {
            return;
        }
        let Some(state) = state.upgrade() else { return };
        if matches!(state.replace(State::Deleted), State::Deleted) {
            return;
        }
        let tell = self.0.borrow().clone();
        if let Some(tell) = tell {
            tell();
        }
    }
}

/// Lets go when another context wants the database for itself, and notices when the platform closed it.
pub(super) fn listeners(database: &Database, events: &EventTarget) -> Result<[Listener; 2], DatabaseError> {
    let (state, returns) = (&database.state, database.schema.returns);
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
    let (name, closings, removal) = (
        database.name.clone(),
        database.closings.clone(),
        database.removal.clone(),
    );
    let held = Rc::downgrade(state);
    let on_close = listener(state, move |_| {
        closings.tell();
        if !returns {
            spawn_local(removal.clone().look(name.clone(), held.clone()));
        }
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
