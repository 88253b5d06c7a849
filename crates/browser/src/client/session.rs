//! One person's open data in one context.
//!
//! A session is the engine and what the platform adds: whatever changes the queue also asks for a round of sync
//! ([`super::queue`]), and listeners and other contexts hear of every commit. Callers use the engine through the methods here.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use futures::future::FutureExt;
use gloo::timers::callback::Timeout;
use holdfast_core::{
    Timestamp,
    engine::{Engine, Event, Trigger},
    ports::{Clock, Ports, Rng},
    store::StoreError,
};

use super::{
    Client, ClientEvent, Context, LockAfter, Shared,
    idle::{self, Idle, Watch},
    listeners::Listeners,
    ports::BrowserPorts,
    renewal::Renewal,
    replacement::Resealing,
    unanswered::Unanswered,
};
use crate::{
    cached_reads::CachedReads,
    channel::{Channel, Message},
    connectivity::Connectivity,
    handover::Doorkeeper,
    store::IndexedDbStore,
    vault::{Unlocked, Vault},
};

pub struct Session {
    pub(super) engine: Engine<BrowserPorts>,
    user_id: String,
    pub(super) database: String,
    /// The count of lockings when this was opened.
    locks: u32,
    /// Until when this may stay open without asking again; `None`: until it is locked.
    pub(super) until: Cell<Option<Timestamp>>,
    pub(super) vault: Vault,
    pub(super) idle: Idle,
    pub(super) context: Context,
    pub(super) listeners: Rc<Listeners>,
    /// Weak: the client holds the session.
    pub(super) shared: Weak<Shared>,
    pub(super) reads: CachedReads,
    pub(super) unanswered: Unanswered,
    pub(super) closed: Cell<bool>,
    /// Another context was asked to go round; its end is waited for.
    pub(super) elsewhere: Cell<Option<Trigger>>,
    pub(super) syncing: Cell<bool>,
    /// The launch's round could not be finished.
    pub(super) launch_owed: Cell<bool>,
    /// The last round ended because there was no room left.
    pub(super) full: Cell<bool>,
    pub(super) fold_refused_at: Cell<Option<Timestamp>>,
    /// When the engine may be worth asking again, after a round that had to wait.
    pub(super) retry_at: Cell<Option<Timestamp>>,
    pub(super) last_round_at: Cell<Option<Timestamp>>,
    pub(super) hidden_at: Cell<Option<Timestamp>>,
    pub(super) wake_up: RefCell<Option<Timeout>>,
    pub(super) ears: RefCell<Ears>,
    /// How far sealing anew has come, in this context.
    pub(super) resealing: Cell<Option<Resealing>>,
}

/// What a session hears and answers while it is open.
#[derive(Debug, Default)]
pub(super) struct Ears {
    pub(super) channel: Option<Channel>,
    pub(super) connectivity: Option<Connectivity>,
    pub(super) doorkeeper: Option<Doorkeeper>,
    pub(super) watch: Option<Watch>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) async fn open(unlocked: Unlocked, client: &Client) -> Result<Rc<Self>, StoreError> {
        let (vault, context, shared) = (&client.vault, client.context, &client.shared);
        let store = IndexedDbStore::new(&unlocked.database, unlocked.keys.clone());
        let renewal = Rc::new(Renewal::new(vault, &unlocked, &store));
        let asked = renewal.clone();
        store.set_renewal(Rc::new(move || {
            let asked = asked.clone();
            async move { asked.renew().await }.boxed_local()
        }));
        let reads = CachedReads::new(&store);
        let engine = Engine::open(BrowserPorts::new(store, client.transport.clone())).await?;
        let after = match context {
            Context::Page => idle::chosen(vault, &unlocked).await,
            Context::Worker => LockAfter::Never,
        };
        let idle = Idle::new(&unlocked.database, after, engine.ports().clock().now());
        let unanswered = Unanswered::new(engine.ports().rng().uuid());
        let session = Rc::new(Self {
            engine,
            user_id: unlocked.user_id.clone(),
            database: unlocked.database.clone(),
            locks: unlocked.locks,
            until: Cell::new(unlocked.until),
            vault: vault.clone(),
            idle,
            context,
            listeners: shared.listeners.clone(),
            shared: Rc::downgrade(shared),
            reads,
            unanswered,
            closed: Cell::new(false),
            elsewhere: Cell::default(),
            syncing: Cell::default(),
            launch_owed: Cell::default(),
            full: Cell::default(),
            fold_refused_at: Cell::default(),
            retry_at: Cell::default(),
            last_round_at: Cell::default(),
            hidden_at: Cell::default(),
            wake_up: RefCell::default(),
            ears: RefCell::default(),
            resealing: Cell::default(),
        });
        renewal.belongs_to(Rc::downgrade(&session));
        session.wire_up();
        Ok(session)
    }

    /// As the server names the person.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// What opened this, for as long as it is open: the keys are the store's alone, and gone with its lock.
    pub(super) fn unlocked(&self) -> Result<Unlocked, StoreError> {
        Ok(Unlocked {
            user_id: self.user_id.clone(),
            database: self.database.clone(),
            keys: self.engine.ports().store().keys()?,
            locks: self.locks,
            until: self.until.get(),
        })
    }

    /// Answers of the API kept for offline use.
    pub fn cached_reads(&self) -> &CachedReads {
        &self.reads
    }

    /// Whether this session has ended: locked, or signed out.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Whether what the server has cannot be kept for want of room: told until a round has got through.
    pub fn is_full(&self) -> bool {
        self.full.get()
    }

    /// Whether the browser has removed what was stored here. What is in memory is shown, and kept nowhere any more.
    pub fn is_removed(&self) -> bool {
        !self.is_closed() && self.engine.ports().store().database().is_gone()
    }

    /// Ends the session: the keys leave this context's memory, and nothing is written any more.
    pub(super) fn close(&self, event: ClientEvent) {
        if self.closed.replace(true) {
            return;
        }
        self.engine.ports().store().lock();
        // A commit under way must not bring a database back that sign-out is about to delete.
        self.engine.ports().store().database().abandon();
        self.engine.forget_token();
        self.wake_up.replace(None);
        self.ears.replace(Ears::default());
        self.idle.forget();
        if let Some(shared) = self.shared.upgrade() {
            shared.forget_session(self);
        }
        self.listeners.tell(event);
    }

    pub(super) fn tell_others(&self, message: &Message) {
        if let Some(channel) = &self.ears.borrow().channel {
            channel.tell(message);
        }
    }

    pub(super) fn told_by_engine(this: &Weak<Self>, event: Event) {
        let Some(session) = this.upgrade() else { return };
        match event {
            Event::Committed(revision) => {
                session.tell_others(&Message::Changed { revision });
                session.listeners.tell(ClientEvent::Changed(revision));
            }
            Event::CaughtUp(revision) => session.listeners.tell(ClientEvent::Changed(revision)),
            Event::Activity => session.listeners.tell(ClientEvent::Activity),
        }
    }
}
