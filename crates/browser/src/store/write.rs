//! The two transactions that write.
//!
//! The browser numbers the journal's entries itself, in the transaction that adds them, and never gives a number
//! twice. So adding one entry both writes a commit and tells whether another context was faster: the commit is taken
//! if its number is the one it was planned for, and taken back otherwise. Nothing has to be read first.

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use web_sys::{IdbKeyRange, IdbObjectStore};

use super::{
    IndexedDbStore,
    crash::{Steps, reached},
    schema::{BASE, BODIES, HEADS, JOURNAL, TEXTS},
    sealed::{Sealed, number},
};
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
    /// browser closes the storage and does not say what became of it, the journal does.
    pub(super) async fn append(&self, entry: &Sealed, extra: &Extra<'_>) -> Result<(), Refusal> {
        let mut outcome = Ok(());
        let written = self.database.until_closed(async {
            outcome = self.write(entry, extra).await;
            Ok(())
        });
        match written.await {
            Ok(()) => outcome,
            Err(_) if self.stands(entry).await? => Ok(()),
            Err(closed) => Err(closed.into()),
        }
    }

    /// Whether this very entry stands in the journal.
    async fn stands(&self, entry: &Sealed) -> Result<bool, DatabaseError> {
        let transaction = self.database.strict(&[JOURNAL]).await?;
        let there = transaction.get(JOURNAL, &number(entry.key)).await?;
        let there = there.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec);
        Ok(there == Some(entry.value.to_vec()))
    }

    async fn write(&self, entry: &Sealed, extra: &Extra<'_>) -> Result<(), Refusal> {
        let alone = extra.put.is_empty() && extra.fold.is_none();
        let stores: &[&str] = if alone {
            &[JOURNAL]
        } else {
            &[JOURNAL, BASE, HEADS, TEXTS, BODIES]
        };
        let steps = extra.steps();
        let transaction = self.database.strict(stores).await?;
        let added = transaction.add(JOURNAL, &entry.value).await;
        match added {
            Ok(revision) if revision == number(entry.key) => reached(steps.added),
            Ok(_) => {
                transaction.abort().await;
                return Err(Refusal::Stale);
            }
            Err(error) => {
                transaction.abort().await;
                return Err(error.into());
            }
        }
        match issue(&transaction, extra) {
            Ok(()) => {
                reached(steps.issued);
                transaction.complete().await?;
                reached(steps.done);
                Ok(())
            }
            Err(error) => {
                transaction.abort().await;
                Err(error.into())
            }
        }
    }
}

/// Issues everything else; nothing of it is awaited but the transaction's end.
fn issue(transaction: &StrictTransaction, extra: &Extra<'_>) -> Result<(), DatabaseError> {
    if let Some(replaced) = &extra.fold {
        let earlier = IdbKeyRange::upper_bound_with_open(&number(replaced.before), true)?;
        transaction.store(JOURNAL)?.delete(&earlier.into())?;
        transaction.store(BASE)?.clear()?;
        for sections in [HEADS, TEXTS, BODIES] {
            clear_but(&transaction.store(sections)?, replaced.kept)?;
        }
    }
    for sealed in extra.put {
        transaction
            .store(sealed.store)?
            .put_with_key(&sealed.value, &number(sealed.key))?;
    }
    Ok(())
}

/// Deletes what lies before, between and after these keys.
fn clear_but(store: &IdbObjectStore, kept: &[u64]) -> Result<(), DatabaseError> {
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else {
        store.clear()?;
        return Ok(());
    };
    store.delete(&IdbKeyRange::upper_bound_with_open(&number(*first), true)?.into())?;
    store.delete(&IdbKeyRange::lower_bound_with_open(&number(*last), true)?.into())?;
    for pair in kept.windows(2).filter(|pair| pair[1] > pair[0] + 1) {
        let between = IdbKeyRange::bound_with_lower_open_and_upper_open(
            &number(pair[0]),
            &number(pair[1]),
            true,
            true,
        )?;
        store.delete(&between.into())?;
    }
    Ok(())
}
