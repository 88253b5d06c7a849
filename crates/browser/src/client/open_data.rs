//! What all parts of a session share: the engine over one user's open data, and its end.

use std::{
    cell::{Cell, Ref, RefCell},
    rc::Rc,
};

use holdfast_core::{
    Timestamp,
    engine::{Engine, Event},
    ports::{Clock, Ports},
    replica::Replica,
    store::StoreError,
};

use super::{
    context::Environment, error::ClientError, listeners::ClientEvent, ports::BrowserPorts, snapshot::Snapshot,
};
use crate::{
    channel::{Channel, Message},
    store::IndexedDbStore,
    vault::{Unlocked, VaultError},
};

/// One user's open data in one context.
pub(super) struct OpenData {
    pub engine: Engine<BrowserPorts>,
    pub user_id: String,
    pub database: String,
    pub environment: Environment,
    /// The count of lockings when this was opened.
    locks: u32,
    /// Until when this may stay open without asking again; `None`: until it is locked.
    pub until: Cell<Option<Timestamp>>,
    closed: Cell<bool>,
    /// The way to the user's other contexts.
    channel: RefCell<Option<Channel>>,
    /// What the parts do when it is closed.
    at_close: RefCell<Vec<Box<dyn FnOnce()>>>,
}

impl std::fmt::Debug for OpenData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenData")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

impl OpenData {
    pub(super) fn new(
        engine: Engine<BrowserPorts>,
        unlocked: &Unlocked,
        environment: Environment,
    ) -> Rc<Self> {
        let data = Rc::new(Self {
            engine,
            user_id: unlocked.user_id.clone(),
            database: unlocked.database.clone(),
            environment,
            locks: unlocked.locks,
            until: Cell::new(unlocked.until),
            closed: Cell::new(false),
            channel: RefCell::default(),
            at_close: RefCell::default(),
        });
        let (commits, removal) = (Rc::downgrade(&data), Rc::downgrade(&data));
        data.engine.listen(move |event| {
            if let Some(data) = commits.upgrade() {
                data.follow_engine(event);
            }
        });
        data.store().database().on_removed(move || {
            if let Some(data) = removal.upgrade() {
                data.environment.listeners.tell(ClientEvent::Activity);
            }
        });
        data
    }

    fn follow_engine(&self, event: Event) {
        let listeners = &self.environment.listeners;
        match event {
            Event::Committed(revision) => {
                self.tell_others(&Message::Changed { revision });
                listeners.tell(ClientEvent::Changed(revision));
            }
            Event::CaughtUp(revision) => listeners.tell(ClientEvent::Changed(revision)),
            Event::Activity => listeners.tell(ClientEvent::Activity),
        }
    }

    pub(super) fn store(&self) -> &IndexedDbStore {
        self.engine.ports().store()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.engine.ports().clock().now()
    }

    /// The engine's state. Do not hold it across an await.
    pub(super) fn replica(&self) -> Ref<'_, Replica> {
        self.engine.replica()
    }

    pub(super) fn read<T>(&self, ask: impl FnOnce(Snapshot<'_>) -> T) -> T {
        ask(Snapshot::from(&*self.engine.replica()))
    }

    /// What opened this, as long as it is open: the keys are the store's alone, and gone with its lock.
    pub(super) fn unlocked(&self) -> Result<Unlocked, StoreError> {
        Ok(Unlocked {
            user_id: self.user_id.clone(),
            database: self.database.clone(),
            keys: self.store().keys()?,
            locks: self.locks,
            until: self.until.get(),
        })
    }

    /// Does something in the vault. If another context replaced the data key meanwhile, gets the new one and tries once
    /// more.
    pub(super) async fn with_newest_keys(
        &self,
        work: impl AsyncFn(&Unlocked) -> Result<(), VaultError>,
    ) -> Result<(), ClientError> {
        match work(&self.unlocked()?).await {
            Err(VaultError::KeyReplaced) => {
                self.store().renew_keys().await;
                Ok(work(&self.unlocked()?).await?)
            }
            done => Ok(done?),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Runs when this is closed, before listeners hear of it.
    pub(super) fn at_close(&self, work: impl FnOnce() + 'static) {
        self.at_close.borrow_mut().push(Box::new(work));
    }

    /// The keys leave this context's memory, and nothing is written any more. Only the first call has an effect.
    pub(super) fn close(&self, event: ClientEvent) {
        if self.closed.replace(true) {
            return;
        }
        self.store().lock();
        // A commit under way must not bring a database back that sign-out is about to delete.
        self.store().database().abandon();
        self.engine.forget_token();
        self.channel.take();
        for work in self.at_close.take() {
            work();
        }
        self.environment.listeners.tell(event);
    }

    /// Joins the channel of the user's contexts; `heard` is called with what the others tell.
    pub(super) fn join(&self, heard: impl Fn(Message) + 'static) {
        let channel = Channel::join(&channel_of(&self.database), heard);
        self.channel.replace(channel);
    }

    /// Leaves the channel, for one last word over it.
    pub(super) fn leave(&self) -> Option<Channel> {
        self.channel.take()
    }

    pub(super) fn tell_others(&self, message: &Message) {
        if let Some(channel) = &*self.channel.borrow() {
            channel.tell(message);
        }
    }
}

/// The name of the channel over which the contexts of one user talk.
fn channel_of(database: &str) -> String {
    format!("{database}-changes")
}

/// Tells all contexts of a user from outside.
pub(super) fn tell_all(database: &str, message: &Message) {
    if let Some(channel) = Channel::join(&channel_of(database), |_| {}) {
        channel.tell(message);
    }
}
