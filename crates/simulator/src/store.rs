//! A device's store as its contexts meet it: it takes its time, and a context may die at either side of a commit.

use std::{cell::Cell, rc::Rc};

use holdfast_core::{
    page::{Page, PageId},
    store::{Changes, CommitError, Fold, MemoryStore, Revision, Since, Snapshot, Store, StoreError},
};

use crate::{executor::Time, rng::Seeded, witness::Witness};

/// A side of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    Before,
    After,
}

/// The commit at which a context is to die.
#[derive(Debug, Default)]
pub struct Doom {
    /// How many commits are still good, and at which side of the next one it ends.
    waiting: Cell<Option<(u64, Boundary)>>,
    struck: Cell<bool>,
}

impl Doom {
    pub fn set(&self, commits: u64, boundary: Boundary) {
        self.waiting.set(Some((commits, boundary)));
    }

    /// Whether the context has got there: whoever watches ends it.
    pub fn has_struck(&self) -> bool {
        self.struck.get()
    }

    /// A new context in this place lives.
    pub fn lift(&self) {
        self.waiting.set(None);
        self.struck.set(false);
    }

    /// Counts a commit; the side at which this one is the last, if it is.
    fn count(&self) -> Option<Boundary> {
        let (left, boundary) = self.waiting.get()?;
        if left > 0 {
            self.waiting.set(Some((left - 1, boundary)));
            return None;
        }
        self.waiting.set(None);
        Some(boundary)
    }

    /// Never comes back.
    async fn strike(&self) {
        self.struck.set(true);
        std::future::pending::<()>().await;
    }
}

/// One context's way to its device's store.
#[derive(Debug, Clone)]
pub struct SlowStore {
    pub device: usize,
    pub inner: MemoryStore,
    pub time: Time,
    pub rng: Rc<Seeded>,
    pub doom: Rc<Doom>,
    pub witness: Rc<Witness>,
}

impl Store for SlowStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.time.sleep(self.rng.below(4)).await;
        self.inner.load().await
    }

    async fn complete(&self, pages: &[Rc<Page>]) -> Result<Vec<PageId>, StoreError> {
        self.time.sleep(self.rng.below(4)).await;
        self.inner.complete(pages).await
    }

    async fn since(&self, revision: Revision) -> Result<Since, StoreError> {
        self.time.sleep(self.rng.below(3)).await;
        self.inner.since(revision).await
    }

    async fn commit(&self, expected: Revision, changes: &Changes) -> Result<Revision, CommitError> {
        self.within_reach_of_doom(async {
            let revision = self.inner.commit(expected, changes).await;
            if revision.is_ok() {
                self.witness.committed(self.device, changes);
            }
            revision
        })
        .await
    }

    async fn fold(&self, expected: Revision, fold: &Fold) -> Result<Revision, CommitError> {
        self.within_reach_of_doom(self.inner.fold(expected, fold)).await
    }
}

impl SlowStore {
    async fn within_reach_of_doom<T>(&self, write: impl Future<Output = T>) -> T {
        let doomed = self.doom.count();
        self.time.sleep(self.rng.below(4)).await;
        if doomed == Some(Boundary::Before) {
            self.doom.strike().await;
        }
        let written = write.await;
        if doomed == Some(Boundary::After) {
            self.doom.strike().await;
        }
        self.time.sleep(self.rng.below(4)).await;
        written
    }
}
