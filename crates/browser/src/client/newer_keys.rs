//! Getting a newer data key after another context replaced it.
//!
//! The store finds a value of a generation it has no key for, and asks here. The new keys are kept for "sync while the
//! app is closed", or an unlocked page has them. If neither has them, this context is locked.

use std::cell::RefCell;

use holdfast_core::ports::Clock;

use crate::{
    clock::PlatformClock,
    handover,
    seal::{Generation, Keys},
    store::IndexedDbStore,
    vault::{Unlocked, Vault},
};

/// How often pages are asked: one that has the new key may be busy encrypting with it.
const MOST_QUESTIONS: usize = 3;

/// Gets newer keys for one open store.
pub(super) struct NewerKeys {
    vault: Vault,
    user_id: String,
    locks: u32,
    store: IndexedDbStore,
    /// `None` while the session is being opened.
    outcome: RefCell<Option<Outcome>>,
}

/// What follows when newer keys were looked for.
struct Outcome {
    found: Box<dyn Fn()>,
    missing: Box<dyn Fn()>,
}

impl NewerKeys {
    pub(super) fn new(vault: &Vault, unlocked: &Unlocked, store: &IndexedDbStore) -> Self {
        Self {
            vault: vault.clone(),
            user_id: unlocked.user_id.clone(),
            locks: unlocked.locks,
            store: store.clone(),
            outcome: RefCell::default(),
        }
    }

    /// Calls `found` whenever newer keys were put into the store, and `missing` when there are some that nobody gives.
    pub(super) fn follow(&self, found: impl Fn() + 'static, missing: impl Fn() + 'static) {
        self.outcome.replace(Some(Outcome {
            found: Box::new(found),
            missing: Box::new(missing),
        }));
    }

    /// Puts newer keys into the store, if there are any; locks it if there are and nobody gives them.
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
        if let Some(outcome) = &*self.outcome.borrow() {
            (outcome.found)();
        }
    }

    fn lose(&self) {
        self.store.lock();
        if let Some(outcome) = &*self.outcome.borrow() {
            (outcome.missing)();
        }
    }
}
