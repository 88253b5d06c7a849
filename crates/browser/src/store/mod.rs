//! The engine's store in IndexedDB, sealed row by row.
//!
//! A commit seals everything first; then one strict transaction reads the current revision, gives up if the plan was
//! made over another, and puts rows, deletions and the next revision. Reading takes the sealed rows in one transaction
//! and opens them after it. The app's list, filter and sort work on the opened rows in memory.
//!
//! Each commit leaves a random mark beside its revision. If the platform closes the connection so that a commit's fate
//! is unknown, the mark tells whether it is in: trying again can then neither lose it nor make it twice.

mod commit;
mod head;
mod read;
mod row;
pub mod schema;

use std::{cell::RefCell, rc::Rc};

use holdfast_core::store::{Changes, CommitError, Revision, Row, RowKey, Since, Snapshot, Store, StoreError};
use wasm_bindgen::JsValue;

use crate::{
    database::{Database, DatabaseError},
    rng::PlatformRng,
    seal::{Keys, Name, Purpose},
};
use commit::Refusal;
use read::Behind;
use row::SealedChanges;
use schema::SCHEMA;

/// One person's store on this device. Cloning shares connections and keys.
#[derive(Debug, Clone)]
pub struct IndexedDbStore {
    database: Database,
    keys: Rc<RefCell<Option<Keys>>>,
}

impl IndexedDbStore {
    /// The store in the database of this name; it is opened when first used.
    pub fn new(database_name: &str, keys: Keys) -> Self {
        Self {
            database: Database::new(database_name, SCHEMA),
            keys: Rc::new(RefCell::new(Some(keys))),
        }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Forgets the keys: everything answers [`StoreError::Locked`] from now on.
    pub fn lock(&self) {
        self.keys.borrow_mut().take();
    }

    /// Puts the keys back.
    pub fn unlock(&self, keys: Keys) {
        *self.keys.borrow_mut() = Some(keys);
    }

    pub(crate) fn keys(&self) -> Result<Keys, StoreError> {
        self.keys.borrow().clone().ok_or(StoreError::Locked)
    }
}

impl Store for IndexedDbStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        let keys = self.keys()?;
        let (revision, stored) = again_if_closed(|| self.read_all()).await?;
        let (rows, quarantined) = row::open::<Row>(&keys, Purpose::Row, &stored).await;
        Ok(Snapshot {
            revision,
            rows,
            quarantined,
        })
    }

    async fn since(&self, revision: Revision) -> Result<Since, StoreError> {
        let keys = self.keys()?;
        let (current, rows, deletions) = match again_if_closed(|| self.read_since(revision)).await? {
            Behind::By {
                current,
                rows,
                deletions,
            } => (current, rows, deletions),
            Behind::TooFar => return Ok(Since::Reload),
        };
        let mut seen: Vec<Name> = rows.iter().filter_map(row::name_of).collect();
        let mut gone: Vec<JsValue> = Vec::new();
        for deletion in deletions {
            if let Some(name) = row::name_of(&deletion).filter(|name| !seen.contains(name)) {
                seen.push(name);
                gone.push(deletion);
            }
        }
        let (delete, _) = row::open::<RowKey>(&keys, Purpose::Deletion, &gone).await;
        let (put, _) = row::open::<Row>(&keys, Purpose::Row, &rows).await;
        let changes = Changes { put, delete };
        Ok(Since::Changes {
            revision: current,
            changes,
        })
    }

    async fn commit(&self, expected: Revision, changes: &Changes) -> Result<Revision, CommitError> {
        let sealed = SealedChanges::of(&self.keys()?, changes).await?;
        let mark = format!("{:032x}", u128::from_le_bytes(PlatformRng::bytes()));
        // Twice, because a connection may be closed under us; the mark tells whether the first attempt is in.
        for attempt in 0..2 {
            match self.try_commit(expected, &sealed, &mark).await {
                Ok(revision) => return Ok(revision),
                Err(Refusal::Stale) => return Err(CommitError::Stale),
                Err(Refusal::Database(DatabaseError::Closed(_))) if attempt == 0 => self.database.close(),
                Err(Refusal::Database(error)) => return Err(CommitError::Store(error.into())),
            }
        }
        Err(StoreError::Closed("the browser keeps closing the storage".into()).into())
    }
}

async fn again_if_closed<T, F: Future<Output = Result<T, DatabaseError>>>(
    read: impl Fn() -> F,
) -> Result<T, DatabaseError> {
    match read().await {
        Err(DatabaseError::Closed(_)) => read().await,
        result => result,
    }
}
