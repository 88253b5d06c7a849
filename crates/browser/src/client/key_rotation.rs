//! Replacing the data key, and re-encryption in the background.
//!
//! ```text
//! vault holds both keys → fence → (batch read → encrypted → written)* → vault deletes the former key
//! ```
//!
//! It may end after any arrow: a lock, a closed page, a killed browser. The vault then still holds both keys, everything
//! opens with one of them, and the next page that is opened, or that ends a round of sync, continues. One page at a time
//! re-encrypts.

use std::{cell::Cell, rc::Rc};

use holdfast_core::ports::Clock;
use wasm_bindgen_futures::spawn_local;

use super::{context::Context, error::ClientError, listeners::ClientEvent, open_data::OpenData};
use crate::{
    channel::Message,
    clock::PlatformClock,
    locks::{Lock, try_lock},
    reseal::Places,
    seal::Generation,
};

/// How far re-encryption has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RotationProgress {
    /// Values looked at.
    pub done: usize,
    /// Values there are.
    pub of: usize,
}

/// Replaces the data key of the open data.
#[derive(Debug)]
pub struct KeyRotation {
    data: Rc<OpenData>,
    /// Set while re-encryption goes on in this context.
    progress: Cell<Option<RotationProgress>>,
}

/// Where values lie: in the user's database, or beside the vault's own.
enum Shelf {
    Store(Places),
    Private(Places),
}

impl KeyRotation {
    pub(super) fn new(data: &Rc<OpenData>) -> Rc<Self> {
        Rc::new(Self {
            data: data.clone(),
            progress: Cell::default(),
        })
    }

    /// How far re-encryption has come, while it goes on in this context.
    pub fn progress(&self) -> Option<RotationProgress> {
        self.progress.get()
    }

    /// Whether the data key was replaced, and something may still be encrypted with the former one.
    pub fn is_under_way(&self) -> bool {
        let keys = self.data.store().keys();
        keys.is_ok_and(|keys| keys.is_replacing())
    }

    /// Makes a new data key and begins re-encryption.
    pub(super) async fn begin(self: &Rc<Self>, passcode: &str) -> Result<(), ClientError> {
        let (data, now) = (&self.data, PlatformClock.now());
        let vault = &data.environment.vault;
        let unlocked = vault.begin_replacing(&data.user_id, passcode, now).await?;
        // Locked meanwhile: it continues at the next unlock.
        if !data.is_closed() {
            data.store().unlock(unlocked.keys);
            self.resume();
        }
        Ok(())
    }

    /// Re-encrypts in the background what the former data key encrypted, if there is one. Pages do.
    pub(super) fn resume(self: &Rc<Self>) {
        if self.data.environment.context != Context::Page || !self.is_under_way() {
            return;
        }
        let this = self.clone();
        spawn_local(async move {
            let lock = try_lock(&format!("{}-reseal", this.data.database)).await;
            if matches!(lock, Lock::Elsewhere) {
                return;
            }
            // What fails continues after the next round of sync, or at the next unlock.
            let ended = this.reencrypt_everything().await;
            drop(lock);
            this.progress.set(None);
            this.data.environment.listeners.tell(match ended {
                Ok(()) => ClientEvent::KeyReplaced,
                Err(_) => ClientEvent::Activity,
            });
        });
    }

    /// Re-encrypts everything, and ends the rotation.
    async fn reencrypt_everything(&self) -> Result<(), ClientError> {
        let (data, store) = (&self.data, self.data.store());
        store.fence().await?;
        data.engine.catch_up().await?;
        let revision = data.replica().revision();
        data.tell_others(&Message::Changed { revision });
        // Nobody writes with the former key any more: once a whole pass finds nothing of it, nothing is left.
        while self.reencrypt_pass().await? > 0 {}
        let generation = store.keys()?.generation();
        let now = PlatformClock.now();
        let vault = &data.environment.vault;
        vault.end_replacing(&data.user_id, generation, now).await?;
        self.forget_former_key(generation);
        data.tell_others(&Message::KeyReplaced { generation });
        Ok(())
    }

    /// Looks at every value once; returns how many the former key had encrypted.
    async fn reencrypt_pass(&self) -> Result<usize, ClientError> {
        let (data, store) = (&self.data, self.data.store());
        let sealed = store.sealed_places().await?.into_iter().map(Shelf::Store);
        let vault = &data.environment.vault;
        let private = vault.private_places(&data.user_id).await?;
        let shelves: Vec<Shelf> = sealed.chain(private.into_iter().map(Shelf::Private)).collect();
        let of = shelves.iter().map(Shelf::count).sum();
        let (mut done, mut reencrypted) = (0, 0);
        for shelf in &shelves {
            self.progress.set(Some(RotationProgress { done, of }));
            data.environment.listeners.tell(ClientEvent::Activity);
            reencrypted += self.reencrypt_batch(shelf).await?;
            done += shelf.count();
        }
        Ok(reencrypted)
    }

    async fn reencrypt_batch(&self, shelf: &Shelf) -> Result<usize, ClientError> {
        let (store, vault) = (self.data.store(), &self.data.environment.vault);
        let batch = match shelf {
            Shelf::Store(places) => store.read_batch(places).await?,
            Shelf::Private(places) => vault.read_private_batch(places).await?,
        };
        let sealed = batch.seal(&store.keys()?).await?;
        let count = sealed.count();
        // Locked meanwhile: nothing is written any more.
        store.keys()?;
        match shelf {
            Shelf::Store(_) => store.write_batch(sealed).await?,
            Shelf::Private(_) => vault.write_private_batch(sealed).await?,
        }
        Ok(count)
    }

    /// Forgets the data key before the one of this generation.
    pub(super) fn forget_former_key(&self, generation: Generation) {
        let store = self.data.store();
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
