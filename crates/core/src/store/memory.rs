//! A store in memory: for tests and the simulator. Contexts of one device share it by cloning.

use std::{cell::RefCell, rc::Rc};

use super::{Base, Changes, CommitError, Fold, Revision, Since, Snapshot, Store, StoreError};

#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    inner: Rc<RefCell<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    base: Base,
    /// What was committed after the base.
    journal: Vec<Changes>,
}

impl Inner {
    fn revision(&self) -> Revision {
        self.base.revision + self.journal.len() as Revision
    }
}

impl MemoryStore {
    /// Everything gone, as when the browser evicts an origin.
    pub fn wipe(&self) {
        *self.inner.borrow_mut() = Inner::default();
    }
}

impl Store for MemoryStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        let inner = self.inner.borrow();
        Ok(Snapshot {
            revision: inner.revision(),
            base: inner.base.clone(),
            commits: inner.journal.clone(),
            quarantined: Vec::new(),
        })
    }

    async fn since(&self, revision: Revision) -> Result<Since, StoreError> {
        let inner = self.inner.borrow();
        let known = revision.checked_sub(inner.base.revision);
        let later = known.and_then(|known| inner.journal.get(usize::try_from(known).ok()?..));
        Ok(later.map_or(Since::Reload, |commits| Since::Commits {
            revision: inner.revision(),
            commits: commits.to_vec(),
        }))
    }

    async fn commit(&self, expected: Revision, changes: &Changes) -> Result<Revision, CommitError> {
        let mut inner = self.inner.borrow_mut();
        if inner.revision() != expected {
            return Err(CommitError::Stale);
        }
        inner.journal.push(changes.clone());
        Ok(inner.revision())
    }

    async fn fold(&self, expected: Revision, fold: &Fold) -> Result<Revision, CommitError> {
        let mut inner = self.inner.borrow_mut();
        if inner.revision() != expected {
            return Err(CommitError::Stale);
        }
        inner.base = fold.base.clone();
        inner.base.revision = expected + 1;
        inner.journal.clear();
        Ok(expected + 1)
    }
}
