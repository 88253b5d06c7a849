//! The whole of a device's state out of its store.

use std::rc::Rc;

use super::Replica;
use crate::{
    page::{Page, PageId},
    store::{Revision, Since, Store, StoreError},
};

/// How often a load is begun again because another context folded in the middle of it. Folds are rare: this bounds bad
/// luck.
const MAX_RELOADS: usize = 100;

impl Replica {
    /// What the store holds now, every record whole.
    ///
    /// # Errors
    /// If the storage fails, or other contexts do not stop folding.
    pub async fn load<S: Store>(store: &S) -> Result<Self, StoreError> {
        for _ in 0..MAX_RELOADS {
            let mut replica = Self::new(store.load().await?);
            if let Some(damaged) = complete(store, replica.revision, &replica.incomplete).await? {
                replica.completed(&damaged);
                return Ok(replica);
            }
        }
        Err(StoreError::busy())
    }
}

/// Reads what is missing of pages that were loaded at this revision. Answers those that do not open; `None`, if a fold of
/// another context has put some of them away since.
pub(crate) async fn complete<S: Store>(
    store: &S,
    loaded_at: Revision,
    pages: &[Rc<Page>],
) -> Result<Option<Vec<PageId>>, StoreError> {
    let damaged = store.complete(pages).await?;
    let folded = !damaged.is_empty() && store.since(loaded_at).await? == Since::Reload;
    Ok(Some(damaged).filter(|_| !folded))
}
