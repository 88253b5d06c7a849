//! One user's open data in one context, as a whole: its parts, and who hears what from whom.

use std::rc::Rc;

use futures::future::FutureExt;
use holdfast_core::{
    engine::Engine,
    ports::{Ports, Rng},
    store::StoreError,
};

use super::{
    context::Environment,
    drafts::Drafts,
    idempotency_keys::IdempotencyKeys,
    idle::LockAfter,
    key_rotation::KeyRotation,
    listeners::ClientEvent,
    locking::Locking,
    newer_keys::NewerKeys,
    open_data::OpenData,
    ports::BrowserPorts,
    queue::Queue,
    recovery::Recovery,
    server_calls::ServerCalls,
    signals::Signals,
    snapshot::Snapshot,
    sync_schedule::SyncSchedule,
    watch::{self, Watch},
};
use crate::{store::IndexedDbStore, vault::Unlocked};

/// One user's open data. It ends with a lock or a sign-out, in this context or another; its methods then fail or do
/// nothing.
#[derive(Debug)]
pub struct Session {
    pub(super) data: Rc<OpenData>,
    pub(super) locking: Rc<Locking>,
    sync: Rc<SyncSchedule>,
    rotation: Rc<KeyRotation>,
    queue: Queue,
    server: ServerCalls,
    drafts: Drafts,
    recovery: Recovery,
    idempotency_keys: IdempotencyKeys,
    _signals: Rc<Signals>,
}

impl Session {
    pub(super) async fn open(unlocked: &Unlocked, environment: Environment) -> Result<Rc<Self>, StoreError> {
        let store = IndexedDbStore::new(&unlocked.database, unlocked.keys.clone());
        let newer_keys = Rc::new(NewerKeys::new(&environment.vault, unlocked, &store));
        let asked = newer_keys.clone();
        store.set_renewal(Rc::new(move || {
            let asked = asked.clone();
            async move { asked.renew().await }.boxed_local()
        }));
        let ports = BrowserPorts::new(store, environment.transport.clone());
        let data = OpenData::new(Engine::open(ports).await?, unlocked, environment);
        let locking = Locking::new(&data, unlocked).await;
        let sync = SyncSchedule::new(&data);
        let rotation = KeyRotation::new(&data);
        connect(&newer_keys, &data, &locking, &sync, &rotation);
        let server = ServerCalls::new(&data);
        let worker = data.engine.ports().rng().uuid();
        Ok(Rc::new(Self {
            queue: Queue::new(&data, &sync),
            drafts: Drafts::new(&data),
            recovery: Recovery::new(&data, &sync),
            idempotency_keys: IdempotencyKeys::new(server.cached_reads(), worker),
            _signals: Signals::listen(&data, &sync, &locking, &rotation),
            server,
            data,
            locking,
            sync,
            rotation,
        }))
    }

    /// The user's id, as the server gave it.
    pub fn user_id(&self) -> &str {
        &self.data.user_id
    }

    /// Whether this session has ended: locked, or signed out.
    pub fn is_closed(&self) -> bool {
        self.data.is_closed()
    }

    /// Whether the browser has removed what was stored here. What is in memory is shown, and kept nowhere any more.
    pub fn is_removed(&self) -> bool {
        !self.is_closed() && self.data.store().database().is_gone()
    }

    /// How long nobody may touch the app before it locks.
    pub fn lock_after(&self) -> LockAfter {
        self.locking.lock_after()
    }

    /// Asks what is on the device, as of one commit.
    pub fn read<T>(&self, ask: impl FnOnce(Snapshot<'_>) -> T) -> T {
        self.data.read(ask)
    }

    /// A live query: asks now, and again after each commit here or in another context. `tell` is called with the first
    /// answer before this returns, and with each later one that differs from the one before.
    ///
    /// `tell` may read, and must put off everything else: it is called while the commit is reported.
    pub fn watch<T: PartialEq + 'static>(
        &self,
        ask: impl Fn(Snapshot<'_>) -> T + 'static,
        tell: impl Fn(&T) + 'static,
    ) -> Watch {
        watch::watch(&self.data, ask, tell)
    }

    /// Edits, and what becomes of queued writes.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Rounds of sync, and how sync stands.
    pub fn sync(&self) -> &Rc<SyncSchedule> {
        &self.sync
    }

    /// Calls to the server beside sync.
    pub fn server(&self) -> &ServerCalls {
        &self.server
    }

    /// What was typed and is not saved.
    pub fn drafts(&self) -> &Drafts {
        &self.drafts
    }

    /// How far the replacement of the data key has come.
    pub fn key_rotation(&self) -> &Rc<KeyRotation> {
        &self.rotation
    }

    /// What cannot be decrypted any more, and the export of the queue.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Idempotency keys of intercepted writes.
    pub fn idempotency_keys(&self) -> &IdempotencyKeys {
        &self.idempotency_keys
    }

    /// The storage itself, for those who look after it.
    pub fn store(&self) -> &IndexedDbStore {
        self.data.store()
    }
}

/// What one part hears from another that does not know it.
fn connect(
    newer_keys: &NewerKeys,
    data: &Rc<OpenData>,
    locking: &Rc<Locking>,
    sync: &Rc<SyncSchedule>,
    rotation: &Rc<KeyRotation>,
) {
    let (found, missing) = (Rc::downgrade(locking), Rc::downgrade(data));
    newer_keys.follow(
        move || {
            // A setting that another context encrypted with the new key could not be read before.
            if let Some(locking) = found.upgrade() {
                locking.reread_lock_after();
            }
        },
        move || {
            if let Some(data) = missing.upgrade() {
                data.close(ClientEvent::Locked);
            }
        },
    );
    let rotation = Rc::downgrade(rotation);
    sync.after_round(move || {
        // Another page was re-encrypting and is gone, or the device was full.
        if let Some(rotation) = rotation.upgrade() {
            rotation.resume();
        }
    });
}
