//! One commit, in one strict transaction.

use holdfast_core::store::Revision;
use js_sys::Array;
use web_sys::IdbKeyRange;

use super::{
    IndexedDbStore,
    head::{Head, number},
    row::{self, SealedChanges},
    schema::{DELETIONS, HEAD, META, ROWS},
};
use crate::{
    database::{DatabaseError, strict::StrictTransaction},
    scope::property,
};

/// For how many revisions deletions are remembered; a context that is further behind loads everything.
pub(super) const REMEMBERED: Revision = 1_000;

/// Why a commit was not taken.
pub(super) enum Refusal {
    Stale,
    Database(DatabaseError),
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl IndexedDbStore {
    /// Commits what was planned over `expected`. `mark`: the commit's own, by which a second attempt knows the first.
    pub(super) async fn try_commit(
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
