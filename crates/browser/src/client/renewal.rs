//! Coming by a newer data key, where another context has replaced the one this context has.
//!
//! The store meets a value of a generation it has no key for, and asks here. The new keys are with "sync while the app is
//! closed" or with a page that is unlocked; if neither has them, this context is locked: what was open with the former
//! key alone is open no more.

use std::{cell::RefCell, rc::Weak};

use holdfast_core::ports::{Clock, Ports};
use wasm_bindgen_futures::spawn_local;

use super::{ClientError, ClientEvent, session::Session};
use crate::{
    clock::PlatformClock,
    handover,
    seal::{Generation, Keys},
    store::IndexedDbStore,
    vault::{Unlocked, Vault, VaultError},
};

/// How often pages are asked: one that has the new key may be busy sealing with it.
const MOST_QUESTIONS: usize = 3;

/// Who asks for newer keys, for one open store.
pub(super) struct Renewal {
    vault: Vault,
    user_id: String,
    locks: u32,
    store: IndexedDbStore,
    /// Empty while the session is being opened.
    session: RefCell<Weak<Session>>,
}

impl Renewal {
    pub(super) fn new(vault: &Vault, unlocked: &Unlocked, store: &IndexedDbStore) -> Self {
        Self {
            vault: vault.clone(),
            user_id: unlocked.user_id.clone(),
            locks: unlocked.locks,
            store: store.clone(),
            session: RefCell::default(),
        }
    }

    pub(super) fn belongs_to(&self, session: Weak<Session>) {
        self.session.replace(session);
    }

    /// Puts newer keys into the store, if there are any; locks if there are and nobody gives them.
    pub(super) async fn renew(&self) {
        let Ok(own) = self.store.keys() else { return };
        // What the vault knows no key for is damage.
        let newest = match self.vault.generation(&self.user_id).await {
            Ok(newest) if newest != own.generation() => newest,
            _ => return,
        };
        let now = PlatformClock.now();
        let kept = self.vault.kept(&self.user_id, now).await.ok().flatten();
        let found = match kept {
            Some(kept) => Some(kept),
            None => self.ask_pages(newest).await,
        };
        match found.filter(|found| found.locks == self.locks) {
            Some(unlocked) => self.take(unlocked.keys),
            None => self.lose(),
        }
    }

    async fn ask_pages(&self, generation: Generation) -> Option<Unlocked> {
        for _ in 0..MOST_QUESTIONS {
            let found = handover::ask(&self.user_id, generation).await;
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn take(&self, keys: Keys) {
        // Locked while the others were asked: it stays so.
        if self.store.keys().is_err() {
            return;
        }
        self.store.unlock(keys);
        if let Some(session) = self.session.borrow().upgrade() {
            // A setting that another context sealed with the new key could not be read before.
            spawn_local(async move { session.reread_lock_after().await });
        }
    }

    fn lose(&self) {
        match self.session.borrow().upgrade() {
            Some(session) => session.close(ClientEvent::Locked),
            None => self.store.lock(),
        }
    }
}

impl Session {
    /// Does something in the vault; once more with newer keys, where the data key was replaced and this context had not
    /// heard of it.
    pub(super) async fn with_newest_keys(
        &self,
        work: impl AsyncFn(&Unlocked) -> Result<(), VaultError>,
    ) -> Result<(), ClientError> {
        match work(&self.unlocked()?).await {
            Err(VaultError::KeyReplaced) => {
                self.engine.ports().store().renew_keys().await;
                Ok(work(&self.unlocked()?).await?)
            }
            done => Ok(done?),
        }
    }
}
