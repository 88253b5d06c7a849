//! Replacing the data key, and sealing anew in the background what the former one sealed.
//!
//! ```text
//! vault holds both keys → fence → (batch read → sealed → written)* → vault lets go of the former key
//! ```
//!
//! It may end after any arrow: a lock, a closed page, a killed browser. The vault then still holds both keys, everything
//! opens with one of them, and the next page that is opened, or that has gone round, goes on. One page at a time does.

use std::rc::Rc;

use holdfast_core::ports::{Clock, Ports};
use wasm_bindgen_futures::spawn_local;

use super::{Client, ClientError, ClientEvent, Context, session::Session};
use crate::{
    channel::Message,
    clock::PlatformClock,
    locks::{Lock, try_lock},
    reseal::Places,
    seal::Generation,
};

/// How far sealing anew has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealing {
    /// Values looked at.
    pub done: usize,
    /// Values there are.
    pub of: usize,
}

/// Where values lie: in the person's database, or beside the vault's own.
enum Shelf {
    Store(Places),
    Private(Places),
}

impl Client {
    /// Makes a new data key. Everything is sealed with it from now on, and what lies on the device already is sealed
    /// anew in the background; [`ClientEvent::KeyReplaced`] tells the end.
    pub async fn replace_key(&self, passcode: &str) -> Result<(), ClientError> {
        let session = self.session().ok_or(ClientError::NotOpen)?;
        let unlocked = self
            .vault
            .begin_replacing(session.user_id(), passcode, PlatformClock.now())
            .await?;
        // Locked meanwhile: it goes on at the next unlock.
        if !session.is_closed() {
            session.engine.ports().store().unlock(unlocked.keys);
            session.go_on_resealing();
        }
        Ok(())
    }
}

impl Session {
    /// How far sealing anew has come, while it goes on in this context.
    pub fn resealing(&self) -> Option<Resealing> {
        self.resealing.get()
    }

    /// Whether the data key was replaced and something sealed with the former one may be left.
    pub fn is_replacing_key(&self) -> bool {
        let keys = self.engine.ports().store().keys();
        keys.is_ok_and(|keys| keys.is_replacing())
    }

    /// Seals anew in the background what the former data key sealed, if there is one.
    pub(super) fn go_on_resealing(self: &Rc<Self>) {
        if self.context == Context::Worker || !self.is_replacing_key() {
            return;
        }
        let session = self.clone();
        spawn_local(async move {
            let lock = try_lock(&format!("{}-reseal", session.database)).await;
            if matches!(lock, Lock::Elsewhere) {
                return;
            }
            // What fails goes on after the next round, or at the next unlock.
            let ended = session.reseal_everything().await;
            drop(lock);
            session.resealing.set(None);
            session.listeners.tell(match ended {
                Ok(()) => ClientEvent::KeyReplaced,
                Err(_) => ClientEvent::Activity,
            });
        });
    }

    /// Seals everything anew, and ends the replacement.
    async fn reseal_everything(&self) -> Result<(), ClientError> {
        let store = self.engine.ports().store();
        store.fence().await?;
        self.engine.catch_up().await?;
        let revision = self.engine.replica().revision();
        self.tell_others(&Message::Changed { revision });
        // Nobody writes with the former key any more: once a whole pass finds nothing of it, nothing is left.
        while self.reseal_pass().await? > 0 {}
        let generation = store.keys()?.generation();
        let now = PlatformClock.now();
        self.vault.end_replacing(self.user_id(), generation, now).await?;
        self.forget_former_key(generation);
        self.tell_others(&Message::KeyReplaced { generation });
        Ok(())
    }

    /// Looks at every value once; answers how many the former key had sealed.
    async fn reseal_pass(&self) -> Result<usize, ClientError> {
        let store = self.engine.ports().store();
        let sealed = store.sealed_places().await?.into_iter().map(Shelf::Store);
        let private = self.vault.private_places(self.user_id()).await?;
        let shelves: Vec<Shelf> = sealed.chain(private.into_iter().map(Shelf::Private)).collect();
        let of = shelves.iter().map(Shelf::count).sum();
        let (mut done, mut resealed) = (0, 0);
        for shelf in &shelves {
            self.resealing.set(Some(Resealing { done, of }));
            self.listeners.tell(ClientEvent::Activity);
            resealed += self.reseal_batch(shelf).await?;
            done += shelf.count();
        }
        Ok(resealed)
    }

    async fn reseal_batch(&self, shelf: &Shelf) -> Result<usize, ClientError> {
        let store = self.engine.ports().store();
        let batch = match shelf {
            Shelf::Store(places) => store.read_batch(places).await?,
            Shelf::Private(places) => self.vault.read_private_batch(places).await?,
        };
        let sealed = batch.seal(&store.keys()?).await?;
        let count = sealed.count();
        // Locked meanwhile: nothing is written any more.
        store.keys()?;
        match shelf {
            Shelf::Store(_) => store.write_batch(sealed).await?,
            Shelf::Private(_) => self.vault.write_private_batch(sealed).await?,
        }
        Ok(count)
    }

    /// Forgets the data key before the one of this generation.
    pub(super) fn forget_former_key(&self, generation: Generation) {
        let store = self.engine.ports().store();
        if let Ok(keys) = store.keys()
            && keys.generation() == generation
        {
            store.unlock(keys.without_former());
        }
    }
}

impl Shelf {
    fn count(&self) -> usize {
        match self {
            Self::Store(places) | Self::Private(places) => places.count(),
        }
    }
}
