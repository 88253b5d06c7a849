//! A store in memory: for tests and the simulator. Contexts of one device share it by cloning.

use std::{cell::RefCell, rc::Rc};

use super::{Base, Changes, CommitError, Fold, Revision, Since, Snapshot, Store, StoreError};
use crate::page::{Page, PageId, Section};

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

    fn page(&self, id: PageId) -> Option<&Rc<Page>> {
        let based = self.base.pages.iter().map(|kept| &kept.page);
        let committed = self.journal.iter().flat_map(|changes| &changes.pages);
        based.chain(committed).find(|page| page.id == id)
    }
}

/// A page as a load has it: of the rest there is nothing yet, if it has any.
fn head_of(page: &mut Rc<Page>) {
    let [head, text, body] = Section::ALL.map(|section| page.part(section));
    if let (Some(head), Some(text), Some(body)) = (head, text, body)
        && !(text.is_empty() && body.is_empty())
    {
        *page = Rc::new(Page::of_head(page.id, &page.entity, head.clone()));
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
        let (mut base, mut commits) = (inner.base.clone(), inner.journal.clone());
        base.pages.iter_mut().for_each(|kept| head_of(&mut kept.page));
        let committed = commits.iter_mut().flat_map(|changes| &mut changes.pages);
        committed.for_each(head_of);
        Ok(Snapshot {
            revision: inner.revision(),
            base,
            commits,
            quarantined: Vec::new(),
        })
    }

    async fn complete(&self, pages: &[Rc<Page>]) -> Result<Vec<PageId>, StoreError> {
        let inner = self.inner.borrow();
        let is_missing = |page: &&Rc<Page>| {
            let parts = inner
                .page(page.id)
                .and_then(|kept| Some((kept.part(Section::Text)?, kept.part(Section::Body)?)));
            parts.is_none_or(|(text, body)| page.complete(text.clone(), body.clone()).is_err())
        };
        Ok(pages.iter().filter(is_missing).map(|page| page.id).collect())
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
