//! Who is told of changes.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use holdfast_core::store::Revision;

/// What a listener is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientEvent {
    /// Somebody's data is open.
    Opened,
    /// What is stored changed, here or in another context.
    Changed(Revision),
    /// Sync began, moved on or ended; the server went out of reach or came back.
    Activity,
    /// Everything is encrypted with the new data key, and the former one is gone.
    KeyReplaced,
    /// The keys are gone from memory.
    Locked,
    /// The data is gone from this device.
    SignedOut,
}

type Listener = Rc<dyn Fn(ClientEvent)>;

#[derive(Default)]
pub(super) struct Listeners {
    next: Cell<u64>,
    all: RefCell<Vec<(u64, Listener)>>,
}

impl std::fmt::Debug for Listeners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}

impl Listeners {
    pub(super) fn add(self: &Rc<Self>, listener: impl Fn(ClientEvent) + 'static) -> Subscription {
        let id = self.next.replace(self.next.get() + 1);
        self.all.borrow_mut().push((id, Rc::new(listener)));
        Subscription {
            id,
            listeners: Rc::downgrade(self),
        }
    }

    pub(super) fn tell(&self, event: ClientEvent) {
        // A copy, so that a listener may subscribe or unsubscribe.
        let listeners: Vec<Listener> = self
            .all
            .borrow()
            .iter()
            .map(|(_, listener)| listener.clone())
            .collect();
        listeners.iter().for_each(|listener| listener(event));
    }
}

/// Ends when it is dropped.
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    id: u64,
    listeners: Weak<Listeners>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(listeners) = self.listeners.upgrade() {
            listeners.all.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}
