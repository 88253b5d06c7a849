//! The device's storage, as a port.
//!
//! A store holds rows by key. Everything that changes them is one [`Changes`], applied in one atomic, durable
//! transaction; a crash leaves the state before it or after it. Each commit moves the store to the next *revision* and
//! names the revision it was planned over; if another tab or the worker committed first, the answer is
//! [`CommitError::Stale`] and the plan is made anew over the newer state. That one rule is also the fence that keeps a
//! hibernated drainer from committing: its plan is stale, and the new one sees that the lease is gone.
//!
//! Commits are kept as they were made, in a journal. From time to time a *fold* puts the state they have led to in the
//! place of all of them: the [`Base`]. It is a revision of its own; whoever was behind it loads anew.
#![allow(async_fn_in_trait)]

mod changes;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod layout;
mod memory;
mod rows;

use std::rc::Rc;

use crate::page::{Page, PageId};

pub use changes::{Changes, Row, RowKey};
pub use layout::{WholeRecord, WholeRecords, gather, is_worth_a_page};
pub use memory::MemoryStore;
pub use rows::{Alias, CursorRow, DeviceRow, Lease, PacksRow, SyncRow};

/// Counts the commits of one store, from 0 for an empty one.
pub type Revision = u64;

/// The largest number of rows a plan may write: keeps every transaction short enough not to hold up an edit.
pub const MAX_ROWS_PER_COMMIT: usize = 2_000;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another context must close, or the platform closed the connection: opening again may help.
    #[error("the storage on this device is closed: {0}")]
    Closed(String),
    /// Nothing was written. What the person typed is still theirs to save once room is made.
    #[error("there is no room left on this device")]
    Full,
    /// The data key is not in memory.
    #[error("the app is locked")]
    Locked,
    #[error("the storage on this device failed: {0}")]
    Failed(String),
}

impl StoreError {
    /// Others were always faster.
    pub fn busy() -> Self {
        Self::Failed("other tabs kept changing the same data; close some and try again".into())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Another context committed first: catch up and plan again.
    #[error("the state changed meanwhile")]
    Stale,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everything up to a fold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Base {
    /// Of the fold; 0 before the first one.
    pub revision: Revision,
    /// What is not a mirror.
    pub rows: Vec<Row>,
    /// The mirrors.
    pub pages: Vec<KeptPage>,
    /// The highest id that a page has had.
    pub last_page: PageId,
}

/// A page, and which of its rows are no longer the state of their records.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptPage {
    pub page: Rc<Page>,
    pub dead: Vec<u16>,
}

/// Everything at one revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    pub revision: Revision,
    pub base: Base,
    /// What was committed after the fold, in order.
    pub commits: Vec<Changes>,
    /// What did not open or decode; it stays where it is.
    pub quarantined: Vec<Quarantined>,
}

/// Something stored that does not open or decode, by what says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quarantined {
    /// Records that the server has as well.
    Page(PageId),
    /// A commit, or something in it: it may have been queued work.
    Commit(Revision),
    /// The base, or something in it.
    Base,
}

/// What was committed after a revision.
#[derive(Debug, Clone, PartialEq)]
pub enum Since {
    /// The commits, in order.
    Commits {
        revision: Revision,
        commits: Vec<Changes>,
    },
    /// Too long ago to tell: load all.
    Reload,
}

/// A fold: the base that takes the place of everything committed up to a revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fold {
    pub base: Base,
    /// Of the base's pages, those that are not in the store yet.
    pub new: Vec<PageId>,
    /// Pages that nothing is left of, and those that did not open and were fetched again.
    pub gone: Vec<PageId>,
}

/// Storage of one person's data on one device. `conformance` says what every implementation must do.
pub trait Store {
    /// Everything at one revision, but of pages their heads alone.
    async fn load(&self) -> Result<Snapshot, StoreError>;

    /// Gives pages of a load their other sections; answers those whose sections are not there or do not open. Of a page
    /// that a fold has put away since the load, they are not there.
    async fn complete(&self, pages: &[Rc<Page>]) -> Result<Vec<PageId>, StoreError>;

    /// What other contexts committed after `revision`.
    async fn since(&self, revision: Revision) -> Result<Since, StoreError>;

    /// Applies all changes or none, durably, if the store is still at `expected`; answers the new revision.
    async fn commit(&self, expected: Revision, changes: &Changes) -> Result<Revision, CommitError>;

    /// Puts a base in the place of everything up to `expected`, or does nothing, if the store is no longer there;
    /// answers the fold's own revision.
    async fn fold(&self, expected: Revision, fold: &Fold) -> Result<Revision, CommitError>;
}
