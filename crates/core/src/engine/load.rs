//! How an engine comes by what is stored: at its start, and when other contexts committed.
//!
//! A start shows lists as soon as the heads of pages are read. Nothing is planned before the rest is there: a plan over
//! half a record would take what is missing for empty.

use super::{Engine, Event};
use crate::{
    ports::Ports,
    replica::{self, Replica},
    store::{Since, Store, StoreError},
};

impl<P: Ports> Engine<P> {
    /// Reads what [`Self::open`] left for later: the texts and bodies of records. Called in the background; whatever
    /// needs whole records waits for it.
    pub async fn complete(&self) -> Result<(), StoreError> {
        let _alone = self.committing.lock().await;
        self.make_whole().await
    }

    /// Follows what other contexts committed.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let _alone = self.committing.lock().await;
        self.make_whole().await?;
        self.follow().await
    }

    /// The pages are completed where they stand, so that lists go on being shown meanwhile.
    pub(super) async fn make_whole(&self) -> Result<(), StoreError> {
        let (loaded_at, pages) = {
            let replica = self.replica.borrow();
            (replica.revision(), replica.incomplete().to_vec())
        };
        if pages.is_empty() {
            return Ok(());
        }
        let store = self.ports.store();
        match replica::complete(store, loaded_at, &pages).await? {
            Some(damaged) => self.replica.borrow_mut().completed(&damaged),
            None => {
                let fresh = Replica::load(store).await?;
                *self.replica.borrow_mut() = fresh;
            }
        }
        let revision = self.replica.borrow().revision();
        self.tell(Event::CaughtUp(revision));
        Ok(())
    }

    pub(super) async fn follow(&self) -> Result<(), StoreError> {
        let known = self.replica.borrow().revision();
        match self.ports.store().since(known).await? {
            Since::Commits { revision, commits } => self.replica.borrow_mut().follow(revision, &commits),
            Since::Reload => {
                let fresh = Replica::load(self.ports.store()).await?;
                *self.replica.borrow_mut() = fresh;
            }
        }
        let revision = self.replica.borrow().revision();
        if revision != known {
            self.tell(Event::CaughtUp(revision));
        }
        Ok(())
    }
}
