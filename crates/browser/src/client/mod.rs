//! The one object that app, worker and embedding pages share.
//!
//! A [`Client`] knows who uses this device and opens a person's data; a [`Session`] is that data, open: the engine with
//! its replica, and sync driven by what the platform tells. The rules are the engine's; this is glue.
//!
//! ```text
//! begin_sign_in → (server) → finish_sign_in ─ new here ─→ set_up(passcode) ─┐
//!                                            └ known ───→ unlock(passcode) ─┴→ Session → lock / sign_out
//! ```

mod drafts;
mod entry;
mod error;
mod export;
mod idle;
mod keys;
mod listeners;
mod locking;
mod online;
mod ports;
mod queue;
mod reading;
mod renewal;
mod replacement;
mod session;
mod signals;
mod sync;
mod unanswered;
mod unreadable;

use std::{cell::RefCell, rc::Rc};

use futures::{
    future::{FutureExt, LocalBoxFuture},
    lock::Mutex,
};
use holdfast_core::{
    engine::{Round, Trigger},
    ports::{Clock, Ports, Transport},
    store::StoreError,
};
use wasm_bindgen_futures::spawn_local;

use crate::{
    clock::PlatformClock,
    handover,
    transport::SharedTransport,
    vault::{KnownUser, Unlocked, Vault},
};
pub use entry::SignedIn;
pub use error::ClientError;
pub use idle::LockAfter;
use listeners::Listeners;
pub use listeners::{ClientEvent, Subscription};
pub use online::Answer;
pub use ports::BrowserPorts;
pub use replacement::Resealing;
pub use session::Session;

/// Where the client runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Syncs of its own accord: by timers, network and foreground.
    Page,
    /// Syncs when it is told to.
    Worker,
}

/// The client of this context. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Client {
    vault: Vault,
    transport: SharedTransport,
    context: Context,
    shared: Rc<Shared>,
}

/// How a client is made.
#[derive(Debug)]
pub struct ClientBuilder {
    vault: Vault,
    transport: SharedTransport,
    context: Context,
}

impl ClientBuilder {
    /// Another vault than the app's own.
    #[must_use]
    pub fn vault(mut self, vault: Vault) -> Self {
        self.vault = vault;
        self
    }

    /// Another way to the server than `fetch` to the page's own origin.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = SharedTransport::new(transport);
        self
    }

    pub fn build(self) -> Client {
        Client {
            vault: self.vault,
            transport: self.transport,
            context: self.context,
            shared: Rc::default(),
        }
    }
}

/// What client and session both hold.
#[derive(Default)]
pub(crate) struct Shared {
    session: RefCell<Option<Rc<Session>>>,
    /// Held while a session is being resumed: a second one would close the first under whoever got it.
    resuming: Mutex<()>,
    listeners: Rc<Listeners>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn forget_session(&self, ended: &Session) {
        let mut session = self.session.borrow_mut();
        if session
            .as_ref()
            .is_some_and(|current| std::ptr::eq(Rc::as_ptr(current), ended))
        {
            session.take();
        }
    }
}

impl Client {
    /// A client with the app's own vault, of the server at the page's own origin.
    pub fn new(context: Context) -> Self {
        Self::builder(context).build()
    }

    /// A client with another vault or transport.
    pub fn builder(context: Context) -> ClientBuilder {
        ClientBuilder {
            vault: Vault::default(),
            transport: SharedTransport::default(),
            context,
        }
    }

    /// The open data, if it is.
    pub fn session(&self) -> Option<Rc<Session>> {
        self.shared.session.borrow().clone()
    }

    /// Calls `listener` at every change until the subscription is dropped. It is called in the midst of things: it
    /// may read, and must put off everything else.
    pub fn subscribe(&self, listener: impl Fn(ClientEvent) + 'static) -> Subscription {
        self.shared.listeners.add(listener)
    }

    /// Everybody who can open the app on this device, the last one first.
    pub async fn users(&self) -> Result<Vec<KnownUser>, ClientError> {
        Ok(self.vault.users().await?)
    }

    /// Milliseconds until the next passcode may be tried; 0: now. Time counts while the app is open, by a clock that nobody
    /// can set. To be asked again and again while a wait is shown: each call stores how much of it has been served.
    pub async fn wait_left_ms(&self, user_id: &str) -> Result<u32, ClientError> {
        Ok(self.vault.wait_left_ms(user_id).await?)
    }

    /// Opens a person's data by the device passcode.
    pub async fn unlock(&self, user_id: &str, passcode: &str) -> Result<Rc<Session>, ClientError> {
        let before = self.vault.current().await?;
        let unlocked = self.vault.unlock(user_id, passcode, PlatformClock.now()).await?;
        self.lock_out(before, user_id).await?;
        let session = self.open(unlocked).await?;
        self.launch(&session);
        Ok(session)
    }

    /// For the worker: opens without a passcode, by the keys kept for "sync while the app is closed", or by
    /// those of an unlocked page. `None`: locked.
    ///
    /// Boxed here, so that the client's code is compiled into this crate alone and not once more into the worker's.
    pub fn resume(&self) -> LocalBoxFuture<'_, Result<Option<Rc<Session>>, ClientError>> {
        self.resume_by_keys().boxed_local()
    }

    async fn resume_by_keys(&self) -> Result<Option<Rc<Session>>, ClientError> {
        let _alone = self.shared.resuming.lock().await;
        let open = self.session();
        let fresh = |session: &Rc<Session>| {
            session
                .until
                .get()
                .is_none_or(|until| PlatformClock.now() < until)
        };
        if let Some(session) = open.clone().filter(fresh) {
            return Ok(Some(session));
        }
        let Some(unlocked) = self.keys_of_current().await? else {
            if let Some(session) = open {
                session.close(ClientEvent::Locked);
            }
            return Ok(None);
        };
        let session = match open.filter(|session| session.user_id() == unlocked.user_id) {
            Some(session) => {
                session.until.set(unlocked.until);
                if !session.is_closed() {
                    session.engine.ports().store().unlock(unlocked.keys);
                }
                session
            }
            None => match self.open(unlocked).await {
                // The data key was replaced at that very moment, and nobody gave the new one.
                Err(ClientError::Store(StoreError::Locked)) => return Ok(None),
                opened => opened?,
            },
        };
        // Somebody may have locked while it was being opened, too early to be heard.
        Ok(self.may_stay(&session).await?.then_some(session))
    }

    /// What opens the data of whoever used the app last without a passcode, if anything does.
    async fn keys_of_current(&self) -> Result<Option<Unlocked>, ClientError> {
        let Some(user_id) = self.vault.current().await? else {
            return Ok(None);
        };
        Ok(match self.vault.kept(&user_id, PlatformClock.now()).await? {
            Some(unlocked) => Some(unlocked),
            None => handover::ask(&user_id, self.vault.generation(&user_id).await?).await,
        })
    }

    /// Opens a person's data; whatever was open before is closed.
    async fn open(&self, unlocked: Unlocked) -> Result<Rc<Session>, ClientError> {
        let session = Session::open(unlocked, self).await?;
        match self.context {
            // Lists are shown meanwhile. A failure shows wherever whole records are needed: they are asked for again there.
            Context::Page => spawn_local({
                let session = session.clone();
                async move { drop(session.engine.complete().await) }
            }),
            Context::Worker => session.engine.complete().await?,
        }
        let before = self.shared.session.replace(Some(session.clone()));
        if let Some(before) = before {
            before.close(ClientEvent::Locked);
        }
        self.shared.listeners.tell(ClientEvent::Opened);
        Ok(session)
    }

    /// The first round, and tidying up after it.
    fn launch(&self, session: &Rc<Session>) {
        session.go_on_resealing();
        let session = session.clone();
        spawn_local(async move {
            if session.sync(Trigger::Launch).await == Round::Done {
                // What the person may do can have changed; if not told now, then at the next launch.
                let _ = session.engine.refresh_me().await;
            }
            // Tidying that fails is tried again at the next launch.
            let _ = session.engine.clean_up().await;
            let _ = session.cached_reads().fold(PlatformClock.now()).await;
        });
    }
}
