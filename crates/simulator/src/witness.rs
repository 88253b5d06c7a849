//! Sees every commit of every device and every batch that leaves one, as they happen: what the promises are measured
//! against between the steps of a run.

use std::{cell::RefCell, mem};

use holdfast_core::{
    queue::QueuedWrite,
    store::{Changes, Row, RowKey},
};

/// What a device stored in one commit.
#[derive(Debug)]
pub struct Committed {
    pub device: usize,
    /// Queued writes as they were stored.
    pub writes: Vec<QueuedWrite>,
    /// Queue ids of writes that it deleted.
    pub deleted: Vec<String>,
    /// Whether it changed what the device has of the server.
    pub pulled: bool,
}

/// A push as it left a device: queue ids in the order of the operations.
#[derive(Debug)]
pub struct Pushed {
    pub device: usize,
    pub queue_ids: Vec<String>,
}

/// Collects what happened in one step of the run.
#[derive(Debug, Default)]
pub struct Witness {
    commits: RefCell<Vec<Committed>>,
    pushes: RefCell<Vec<Pushed>>,
}

impl Witness {
    pub fn committed(&self, device: usize, changes: &Changes) {
        let writes = changes.put.iter().filter_map(|row| match row {
            Row::Write(write) => Some((**write).clone()),
            _ => None,
        });
        let writes = writes.collect();
        let pulled = changes
            .put
            .iter()
            .any(|row| matches!(row, Row::Mirror(_) | Row::Cursor(_)))
            || !changes.pages.is_empty()
            || changes.delete.iter().any(|key| matches!(key, RowKey::Mirror(_)));
        let deleted = changes.delete.iter().filter_map(|key| match key {
            RowKey::Write(id) => Some(id.clone()),
            _ => None,
        });
        self.commits.borrow_mut().push(Committed {
            device,
            writes,
            deleted: deleted.collect(),
            pulled,
        });
    }

    pub fn pushed(&self, device: usize, queue_ids: Vec<String>) {
        self.pushes.borrow_mut().push(Pushed { device, queue_ids });
    }

    /// What happened since the last time it was asked.
    pub fn news(&self) -> (Vec<Committed>, Vec<Pushed>) {
        (
            mem::take(&mut self.commits.borrow_mut()),
            mem::take(&mut self.pushes.borrow_mut()),
        )
    }
}
