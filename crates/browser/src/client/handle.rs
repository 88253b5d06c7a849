//! The client itself: what it is made of, and who hears its events.

use std::{cell::RefCell, rc::Rc};

use futures::lock::Mutex;
use holdfast_core::{engine::Trigger, ports::Transport};

use super::{
    context::{Context, Environment},
    error::ClientError,
    listeners::{ClientEvent, Listeners, Subscription},
    session::Session,
};
use crate::{
    transport::SharedTransport,
    vault::{KnownUser, Vault},
};

/// The client of this context. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) environment: Environment,
    pub(super) shared: Rc<Shared>,
}

/// What all clones of a client share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub session: RefCell<Option<Rc<Session>>>,
    /// Held while a session is being resumed: a second one would close the first while its caller uses it.
    pub resuming: Mutex<()>,
}

/// How a client is made.
#[derive(Debug)]
pub struct ClientBuilder {
    context: Context,
    vault: Vault,
    transport: SharedTransport,
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
            environment: Environment {
                vault: self.vault,
                transport: self.transport,
                context: self.context,
                listeners: Rc::new(Listeners::default()),
            },
            shared: Rc::default(),
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
            context,
            vault: Vault::default(),
            transport: SharedTransport::default(),
        }
    }

    /// The open data, if there is any.
    pub fn session(&self) -> Option<Rc<Session>> {
        self.shared.session.borrow().clone()
    }

    pub(super) fn open_session(&self) -> Result<Rc<Session>, ClientError> {
        self.session().ok_or(ClientError::NotOpen)
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.environment.vault
    }

    /// Calls `listener` at every change until the subscription is dropped. It is called in the midst of things: it may
    /// read, and must put off everything else.
    pub fn subscribe(&self, listener: impl Fn(ClientEvent) + 'static) -> Subscription {
        self.environment.listeners.add(listener)
    }

    /// Everybody who can open the app on this device, the last one first.
    ///
    /// # Errors
    /// If the vault cannot be read.
    pub async fn users(&self) -> Result<Vec<KnownUser>, ClientError> {
        Ok(self.vault().users().await?)
    }

    /// Begins a round of sync because the user asked for one.
    pub fn sync_now(&self) {
        if let Some(session) = self.session() {
            session.sync().request(Trigger::Manual);
        }
    }
}
