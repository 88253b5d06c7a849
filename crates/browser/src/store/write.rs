//! The two transactions that write.
//!
//! The browser numbers the journal's entries itself, in the transaction that adds them, and never gives a number
//! twice. So adding one entry both writes a commit and tells whether another context was faster: the commit is taken
//! if its number is the one it was planned for, and taken back otherwise. Nothing has to be read first.

use web_sys::IdbKeyRange;

use super::{
    IndexedDbStore,
    schema::{BASE, BODIES, HEADS, JOURNAL, TEXTS},
    sealed::{Sealed, number},
};
use crate::crash::{Steps, reached};
use crate::database::{DatabaseError, strict::StrictTransaction};

/// Why a write was not taken.
pub(super) enum Refusal {
    Stale,
    Database(DatabaseError),
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

/// What a transaction does besides adding its entry to the journal.
#[derive(Default)]
pub(super) struct Extra<'a> {
    pub put: &'a [Sealed],
    pub fold: Option<Replaced<'a>>,
}

/// What goes because a fold whose base is among what is put takes its place.
pub(super) struct Replaced<'a> {
    /// The journal before this number.
    pub before: u64,
    /// Every page but these: nothing names the others any more. In the order of their ids.
    pub kept: &'a [u64],
}

impl Extra<'_> {
    pub(super) fn steps(&self) -> &'static Steps {
        if self.fold.is_some() {
            &Steps::FOLD
        } else {
            &Steps::COMMIT
        }
    }
}

impl IndexedDbStore {
    /// Adds an entry to the journal if it will be the one of this revision, and does everything else with it. Where the
    /// browser closes the storage meanwhile, the journal tells whether it is in.
    pub(super) async fn append(&self, entry: &Sealed, extra: &Extra<'_>) -> Result<(), Refusal> {
        let alone = extra.put.is_empty() && extra.fold.is_none();
        let stores: &[&str] = if alone {
            &[JOURNAL]
        } else {
            &[JOURNAL, BASE, HEADS, TEXTS, BODIES]
        };
        let steps = extra.steps();
        let append = async |transaction: &StrictTransaction| {
            if transaction.add(JOURNAL, &entry.value).await? != number(entry.key) {
                return Err(Refusal::Stale);
            }
            reached(steps.added);
            issue(transaction, extra)?;
            reached(steps.issued);
            Ok(())
        };
        self.database.write(stores, append).await?;
        reached(steps.done);
        Ok(())
    }
}

/// Issues everything else; nothing of it is awaited but the transaction's end.
fn issue(transaction: &StrictTransaction, extra: &Extra<'_>) -> Result<(), DatabaseError> {
    if let Some(replaced) = &extra.fold {
        let earlier = IdbKeyRange::upper_bound_with_open(&number(replaced.before), true)?;
        transaction.delete(JOURNAL, &earlier.into())?;
        transaction.clear(BASE)?;
        for sections in [HEADS, TEXTS, BODIES] {
            clear_but(transaction, sections, replaced.kept)?;
        }
    }
    for sealed in extra.put {
        transaction.put_at(sealed.store, &number(sealed.key), &sealed.value)?;
    }
    Ok(())
}

/// Deletes what lies before, between and after these keys.
fn clear_but(transaction: &StrictTransaction, store: &str, kept: &[u64]) -> Result<(), DatabaseError> {
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else {
        return transaction.clear(store);
    };
    let before = IdbKeyRange::upper_bound_with_open(&number(*first), true)?;
    transaction.delete(store, &before.into())?;
    let after = IdbKeyRange::lower_bound_with_open(&number(*last), true)?;
    transaction.delete(store, &after.into())?;
    for pair in kept.windows(2).filter(|pair| pair[1] > pair[0] + 1) {
        let between = IdbKeyRange::bound_with_lower_open_and_upper_open(
            &number(pair[0]),
            &number(pair[1]),
            true,
            true,
        )?;
        transaction.delete(store, &between.into())?;
    }
    Ok(())
}
