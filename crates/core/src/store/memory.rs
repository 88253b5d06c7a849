//! A store in memory: for tests and the simulator. Contexts of one device share it by cloning.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use super::{Changes, CommitError, Revision, Row, RowKey, Since, Snapshot, Store, StoreError};

#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    inner: Rc<RefCell<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    revision: Revision,
    rows: BTreeMap<RowKey, Row>,
    /// The revision of each key's last change, deletions too.
    touched: BTreeMap<RowKey, Revision>,
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
        let rows = inner.rows.values().cloned().collect();
        Ok(Snapshot {
            revision: inner.revision,
            rows,
            quarantined: Vec::new(),
        })
    }

    async fn since(&self, revision: Revision) -> Result<Since, StoreError> {
        let inner = self.inner.borrow();
        if revision > inner.revision {
            return Ok(Since::Reload);
        }
        let mut changes = Changes::default();
        for (key, _) in inner.touched.iter().filter(|(_, at)| **at > revision) {
            match inner.rows.get(key) {
                Some(row) => changes.put.push(row.clone()),
                None => changes.delete.push(key.clone()),
            }
        }
        Ok(Since::Changes {
            revision: inner.revision,
            changes,
        })
    }

    async fn commit(&self, expected: Revision, changes: &Changes) -> Result<Revision, CommitError> {
        let mut inner = self.inner.borrow_mut();
        if inner.revision != expected {
            return Err(CommitError::Stale);
        }
        inner.revision += 1;
        let revision = inner.revision;
        for key in &changes.delete {
            inner.rows.remove(key);
            inner.touched.insert(key.clone(), revision);
        }
        for row in &changes.put {
            inner.touched.insert(row.key(), revision);
            inner.rows.insert(row.key(), row.clone());
        }
        Ok(revision)
    }
}
