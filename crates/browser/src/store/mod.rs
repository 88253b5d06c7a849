//! The engine's store in IndexedDB, sealed row by row.
//!
//! A commit seals everything first; then one strict transaction reads the current revision, gives up if the plan was
//! made over another, and puts rows, deletions and the next revision. Reading takes the sealed rows in one transaction
//! and opens them after it. The app's list, filter and sort work on the opened rows in memory.
//!
//! Each commit leaves a random mark beside its revision. If the platform closes the connection so that a commit's fate
//! is unknown, the mark tells whether it is in: trying again can then neither lose it nor make it twice.

mod row;
pub mod schema;

use std::{cell::RefCell, collections::HashSet, rc::Rc};

use futures::future::join_all;
use holdfast_core::store::{Changes, CommitError, Revision, RowKey, Since, Snapshot, Store, StoreError};
use js_sys::Array;
use rexie::{KeyRange, TransactionMode};
use wasm_bindgen::JsValue;
use web_sys::IdbKeyRange;

use crate::{
    database::{Database, DatabaseError, strict::StrictTransaction},
    rng::PlatformRng,
    scope::{object, property},
    seal::{Keys, Name, Purpose},
};
use row::SealedChanges;
use schema::{BY_REVISION, DELETIONS, HEAD, META, ROWS, SCHEMA};

/// For how many revisions deletions are remembered; a context that is further behind loads everything.
const REMEMBERED: Revision = 1_000;

/// One person's store on this device. Cloning shares connections and keys.
#[derive(Debug, Clone)]
pub struct IndexedDbStore {
    database: Database,
    keys: Rc<RefCell<Option<Keys>>>,
}

/// The current revision, and the mark of the commit that made it.
struct Head {
    revision: Revision,
    commit: String,
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

    async fn try_commit(
        &self,
        expected: Revision,
        sealed: &SealedChanges,
        mark: &str,
    ) -> Result<Revision, Refusal> {
        let transaction = self.database.strict(&[ROWS, DELETIONS, META]).await?;
        let head = Head::read(&transaction.get(META, &HEAD.into()).await?);
        if head.commit == mark {
            transaction.complete().await?;
            return Ok(head.revision);
        }
        if head.revision != expected {
            transaction.abort().await;
            return Err(Refusal::Stale);
        }
        let revision = expected + 1;
        match issue(&transaction, revision, sealed, mark) {
            Ok(()) => transaction.complete().await?,
            Err(error) => {
                transaction.abort().await;
                return Err(error.into());
            }
        }
        Ok(revision)
    }

    async fn read_all(&self) -> Result<(Revision, Vec<JsValue>), DatabaseError> {
        let transaction = self
            .database
            .relaxed(&[ROWS, META], TransactionMode::ReadOnly)
            .await?;
        let head = transaction.store(META)?.get(HEAD.into()).await?;
        let rows = transaction.store(ROWS)?.get_all(None, None).await?;
        Ok((Head::read(&head.unwrap_or(JsValue::UNDEFINED)).revision, rows))
    }

    async fn read_since(&self, revision: Revision) -> Result<Behind, DatabaseError> {
        let stores = [ROWS, DELETIONS, META];
        let transaction = self.database.relaxed(&stores, TransactionMode::ReadOnly).await?;
        let head = transaction.store(META)?.get(HEAD.into()).await?;
        let current = Head::read(&head.unwrap_or(JsValue::UNDEFINED)).revision;
        if revision > current || revision + REMEMBERED < current {
            return Ok(Behind::TooFar);
        }
        let later = number(revision);
        let rows = transaction.store(ROWS)?.index(BY_REVISION)?;
        let rows = rows.get_all(Some(after(&later)?), None).await?;
        let next = Array::of1(&number(revision + 1));
        let deletions = transaction.store(DELETIONS)?;
        let deletions = deletions.get_all(Some(from(&next)?), None).await?;
        Ok(Behind::By {
            current,
            rows,
            deletions,
        })
    }
}

/// What was committed after a revision, sealed.
enum Behind {
    By {
        current: Revision,
        rows: Vec<JsValue>,
        deletions: Vec<JsValue>,
    },
    TooFar,
}

enum Refusal {
    Stale,
    Database(DatabaseError),
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl Store for IndexedDbStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        let keys = self.keys()?;
        let (revision, stored) = again_if_closed(|| self.read_all()).await?;
        let (rows, quarantined) = row::open_rows(&keys, &stored).await;
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
        let put_again: HashSet<Name> = rows.iter().filter_map(row::name_of).collect();
        let mut seen = HashSet::new();
        let gone: Vec<JsValue> = deletions
            .into_iter()
            .filter(|deletion| {
                row::name_of(deletion).is_some_and(|name| !put_again.contains(&name) && seen.insert(name))
            })
            .collect();
        let opened = gone
            .iter()
            .map(|deletion| row::open::<RowKey>(&keys, Purpose::Deletion, deletion));
        let delete = join_all(opened)
            .await
            .into_iter()
            .filter_map(Result::ok)
            .collect();
        let (put, _) = row::open_rows(&keys, &rows).await;
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

impl Head {
    fn read(stored: &JsValue) -> Self {
        Self {
            revision: property(stored, "revision").as_f64().unwrap_or_default() as Revision,
            commit: property(stored, "commit").as_string().unwrap_or_default(),
        }
    }

    fn stored(&self) -> JsValue {
        object(&[
            ("revision", number(self.revision)),
            ("commit", self.commit.as_str().into()),
        ])
        .into()
    }
}

/// Issues all requests of a commit; none is awaited but the transaction's end.
fn issue(
    transaction: &StrictTransaction,
    revision: Revision,
    sealed: &SealedChanges,
    mark: &str,
) -> Result<(), DatabaseError> {
    let (rows, deletions) = (transaction.store(ROWS)?, transaction.store(DELETIONS)?);
    for (name, value) in &sealed.put {
        rows.put(&row::stored_row(name, revision as f64, value))?;
    }
    for (name, value) in &sealed.delete {
        let (key, value) = row::stored_deletion(name, revision as f64, value);
        rows.delete(&property(&value, "key"))?;
        deletions.put_with_key(&value, &key)?;
    }
    let forgotten = Array::of1(&number(revision.saturating_sub(REMEMBERED)));
    deletions.delete(&IdbKeyRange::upper_bound(&forgotten)?.into())?;
    let head = Head {
        revision,
        commit: mark.to_owned(),
    };
    transaction
        .store(META)?
        .put_with_key(&head.stored(), &HEAD.into())?;
    Ok(())
}

async fn again_if_closed<T, F: Future<Output = Result<T, DatabaseError>>>(
    read: impl Fn() -> F,
) -> Result<T, DatabaseError> {
    match read().await {
        Err(DatabaseError::Closed(_)) => read().await,
        result => result,
    }
}

/// Revisions stay far below 2⁵³.
fn number(revision: Revision) -> JsValue {
    JsValue::from_f64(revision as f64)
}

fn after(key: &JsValue) -> Result<KeyRange, DatabaseError> {
    range(KeyRange::lower_bound(key, Some(true)))
}

fn from(key: &JsValue) -> Result<KeyRange, DatabaseError> {
    range(KeyRange::lower_bound(key, Some(false)))
}

fn range<E: std::fmt::Display>(range: Result<KeyRange, E>) -> Result<KeyRange, DatabaseError> {
    range.map_err(|error| DatabaseError::Failed(error.to_string()))
}
