//! The engine's store in IndexedDB, everything in it sealed.
//!
//! A commit is one entry of a *journal*: sealed first, then added in one strict transaction ([`write`]). What a commit
//! has many of, stands beside the entry as *pages*, in [three sections](holdfast_core::page). A fold puts a *base* in
//! the place of the journal so far: the rows that are not mirrors, and the names of the pages that are in force. A
//! start reads base, journal and the heads of pages in one transaction, and opens them after it; the rest of the pages
//! is read later.
//!
//! Revisions and ids of pages are never given twice, and are part of what each seal vouches for: a value in another's
//! place, or of an earlier time, does not open.
//!
//! If the platform closes the connection so that a commit's fate is unknown, the journal tells whether it is in: trying
//! again can then neither lose it nor make it twice.

mod base;
mod content;
mod migrate;
mod pages;
mod read;
pub(crate) mod rotate;
pub mod schema;
mod sealed;
mod unreadable;
mod write;

use std::{cell::RefCell, rc::Rc};

use holdfast_core::{
    page::{Page, PageId},
    store::{Changes, CommitError, Fold, Quarantined, Revision, Since, Snapshot, Store, StoreError},
};
use wasm_bindgen::JsCast;

use crate::{
    database::{Database, DatabaseError},
    seal::{Keys, Purpose, nonce_of},
};
use content::{Opened, ReadCommit};
use read::Everything;
use rotate::Renew;
use schema::{JOURNAL, SCHEMA};
use sealed::{Found, Plain, Sealed};
pub use unreadable::SealedRemains;
use write::{Extra, Refusal, Replaced};

/// One person's store on this device. Cloning shares connections and keys.
#[derive(Clone)]
pub struct IndexedDbStore {
    database: Database,
    keys: Rc<RefCell<Option<Keys>>>,
    renewal: Rc<RefCell<Option<Renew>>>,
}

impl std::fmt::Debug for IndexedDbStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexedDbStore")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl IndexedDbStore {
    /// The store in the database of this name; it is opened when first used.
    pub fn new(database_name: &str, keys: Keys) -> Self {
        Self {
            database: Database::new(database_name, SCHEMA),
            keys: Rc::new(RefCell::new(Some(keys))),
            renewal: Rc::default(),
        }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Forgets the keys: everything answers [`StoreError::Locked`] from now on.
    pub fn lock(&self) {
        self.keys.borrow_mut().take();
    }

    /// Puts the keys back, or newer ones in their place.
    pub fn unlock(&self, keys: Keys) {
        *self.keys.borrow_mut() = Some(keys);
    }

    pub(crate) fn keys(&self) -> Result<Keys, StoreError> {
        self.keys.borrow().clone().ok_or(StoreError::Locked)
    }

    async fn snapshot(&self, keys: &Keys, stored: Everything) -> Snapshot {
        let mut opened = pages::open_heads(keys, &stored.heads).await;
        let mut snapshot = Snapshot::default();
        // No id is given twice, also where the base that knows the highest does not open.
        let highest = opened.heads.keys().next_back().copied().unwrap_or_default();
        if !stored.base.is_empty() {
            let pieces = sealed::open(keys, Purpose::Base, &stored.base).await;
            let base = base::joined(pieces)
                .and_then(|(revision, content)| content::read_base(revision, &content, &mut opened));
            match base {
                Some(base) => snapshot.base = base,
                None => opened.quarantined.push(Quarantined::Base),
            }
        }
        snapshot.base.last_page = snapshot.base.last_page.max(highest);
        snapshot.revision = stored.journal.last().map_or(0, |entry| entry.key);
        let folded_at = snapshot.base.revision;
        let later: Vec<Found> = stored
            .journal
            .into_iter()
            .filter(|entry| entry.key > folded_at)
            .collect();
        let read = open_commits(keys, &later).await;
        snapshot.commits = commits(folded_at + 1, read, &mut opened);
        snapshot.quarantined = opened.quarantined;
        snapshot
    }

    /// Seals and appends, twice if need be: a connection may be closed under us, and the journal tells whether the
    /// first attempt is in.
    async fn append_once(&self, entry: &Sealed, extra: &Extra<'_>) -> Result<(), CommitError> {
        crate::crash::reached(extra.steps().sealed);
        for attempt in 0..2 {
            if attempt > 0 && self.is_in(entry).await? {
                return Ok(());
            }
            match self.append(entry, extra).await {
                Ok(()) => return Ok(()),
                Err(Refusal::Stale) => return Err(CommitError::Stale),
                Err(Refusal::Database(DatabaseError::Closed(_))) if attempt == 0 => self.database.close(),
                Err(Refusal::Database(error)) => return Err(CommitError::Store(error.into())),
            }
        }
        Err(StoreError::Closed("the browser keeps closing the storage".into()).into())
    }

    /// Whether this very entry is in the journal: no two have the same nonce, and sealing anew keeps it.
    async fn is_in(&self, entry: &Sealed) -> Result<bool, StoreError> {
        let found = self.journal_from(entry.key).await?;
        let same = found.iter().find(|found| found.key == entry.key);
        let nonce = same.and_then(|found| found.value.dyn_ref().and_then(nonce_of));
        Ok(nonce.is_some_and(|nonce| Some(nonce) == nonce_of(&entry.value)))
    }
}

impl Store for IndexedDbStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        let keys = self.keys()?;
        self.migrate(&keys).await?;
        let stored = self.read_all().await?;
        let keys = self.keys_to(&stored.journal).await?;
        Ok(self.snapshot(&keys, stored).await)
    }

    async fn complete(&self, pages: &[Rc<Page>]) -> Result<Vec<PageId>, StoreError> {
        pages::complete(self, pages).await
    }

    async fn since(&self, revision: Revision) -> Result<Since, StoreError> {
        self.keys()?;
        let entries = self.journal_from(revision).await?;
        let keys = self.keys_to(&entries).await?;
        // The entry that is known already shows that nothing between was folded away.
        let continued = match entries.first() {
            Some(first) => first.key == revision.max(1),
            None => revision == 0,
        };
        if !continued {
            return Ok(Since::Reload);
        }
        let entries: Vec<Found> = entries.into_iter().filter(|entry| entry.key > revision).collect();
        let current = entries.last().map_or(revision, |entry| entry.key);
        let read = open_commits(&keys, &entries).await;
        let named = read
            .iter()
            .filter_map(|(_, commit)| commit.as_ref())
            .flat_map(ReadCommit::page_ids);
        let mut opened = Opened::default();
        if let Some(range) = pages::range(named) {
            let heads = self.heads(range).await?;
            let keys = self.keys_to(&heads).await?;
            opened = pages::open_heads(&keys, &heads).await;
        }
        let commits = commits(revision + 1, read, &mut opened);
        let pages: Vec<Rc<Page>> = commits
            .iter()
            .flat_map(|changes| changes.pages.iter().filter(|page| !page.is_whole()))
            .cloned()
            .collect();
        // What does not open is told by loading all: whoever merely follows has nowhere to put it.
        if !opened.quarantined.is_empty() || !self.complete(&pages).await?.is_empty() {
            return Ok(Since::Reload);
        }
        Ok(Since::Commits {
            revision: current,
            commits,
        })
    }

    async fn commit(&self, expected: Revision, changes: &Changes) -> Result<Revision, CommitError> {
        let keys = self.keys()?;
        let revision = expected + 1;
        let content = content::write_commit(changes)?;
        let pages = changes.pages.iter().map(AsRef::as_ref);
        let (entry, put) = seal_all(&keys, revision, content, pages, Vec::new()).await?;
        let extra = Extra {
            put: &put,
            ..Extra::default()
        };
        self.append_once(&entry, &extra).await?;
        Ok(revision)
    }

    async fn fold(&self, expected: Revision, fold: &Fold) -> Result<Revision, CommitError> {
        let keys = self.keys()?;
        let revision = expected + 1;
        let pieces = base::pieces(revision, &content::write_base(&fold.base)?);
        let new = fold.base.pages.iter().map(|kept| kept.page.as_ref());
        let new = new.filter(|page: &&Page| fold.new.contains(&page.id));
        let nothing = content::write_commit(&Changes::default())?;
        let (entry, put) = seal_all(&keys, revision, nothing, new, pieces).await?;
        let mut kept: Vec<u64> = fold.base.pages.iter().map(|kept| kept.page.id).collect();
        kept.sort_unstable();
        let extra = Extra {
            put: &put,
            fold: Some(Replaced {
                before: revision,
                kept: &kept,
            }),
        };
        self.append_once(&entry, &extra).await?;
        Ok(revision)
    }
}

/// Seals a journal's entry and what goes with it.
async fn seal_all(
    keys: &Keys,
    revision: Revision,
    content: Vec<u8>,
    pages: impl Iterator<Item = &Page>,
    others: Vec<Plain>,
) -> Result<(Sealed, Vec<Sealed>), StoreError> {
    let entry = Plain {
        store: JOURNAL,
        purpose: Purpose::Commit,
        key: revision,
        content,
    };
    let mut plain = others;
    for page in pages {
        plain.extend(content::sections(page)?);
    }
    plain.push(entry);
    let mut sealed = sealed::seal(keys, plain).await?;
    match sealed.pop() {
        Some(entry) => Ok((entry, sealed)),
        None => Err(StoreError::Failed("nothing was sealed".into())),
    }
}

/// The journal's entries by revision; `None` for what does not open or read.
type ReadCommits = Vec<(Revision, Option<ReadCommit>)>;

async fn open_commits(keys: &Keys, entries: &[Found]) -> ReadCommits {
    let opened = sealed::open(keys, Purpose::Commit, entries).await.into_iter();
    let read = |content: Option<Vec<u8>>| content.and_then(|content| ReadCommit::of(&content));
    opened
        .map(|(revision, content)| (revision, read(content)))
        .collect()
}

/// Commits in order, from the one of the revision `next` on; one that is missing is noted like what does not open.
fn commits(mut next: Revision, read: ReadCommits, opened: &mut Opened) -> Vec<Changes> {
    let mut commits = Vec::with_capacity(read.len());
    for (revision, commit) in read {
        let missing = next..revision;
        opened.quarantined.extend(missing.map(Quarantined::Commit));
        next = revision + 1;
        let name = Quarantined::Commit(revision);
        match commit {
            Some(commit) => commits.push(commit.changes(name, opened)),
            None => opened.quarantined.push(name),
        }
    }
    commits
}
