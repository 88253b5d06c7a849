//! The sections of pages: heads at a start, the others after it.

use std::{collections::BTreeMap, rc::Rc};

use holdfast_core::{
    page::{Page, PageId, Part},
    store::StoreError,
};

use super::{
    IndexedDbStore,
    content::Opened,
    sealed::{self, Found},
};
use crate::seal::{Keys, Purpose};

/// Pages whose texts and bodies are read at once: few enough that nothing else has to wait for long.
const RUN: usize = 16;

/// Gives pages their texts and bodies; answers those of which they are not there, or do not open.
pub(super) async fn complete(store: &IndexedDbStore, pages: &[Rc<Page>]) -> Result<Vec<PageId>, StoreError> {
    store.keys()?;
    let mut pages = pages.to_vec();
    pages.sort_unstable_by_key(|page| page.id);
    let mut damaged = Vec::new();
    for run in pages.chunks(RUN) {
        let Some(range) = range(run.iter().map(|page| page.id)) else {
            continue;
        };
        let [texts, bodies] = store.rest(range).await?;
        let keys = store.keys_to(texts.iter().chain(&bodies)).await?;
        let mut texts = open_sections(&keys, Purpose::Text, &texts).await;
        let mut bodies = open_sections(&keys, Purpose::Body, &bodies).await;
        let mut complete = |page: &Page| {
            let (text, body) = (texts.remove(&page.id)??, bodies.remove(&page.id)??);
            page.complete(Part::read(&text).ok()?, Part::read(&body).ok()?)
                .ok()
        };
        let failed = run.iter().filter(|page| complete(page).is_none());
        damaged.extend(failed.map(|page| page.id));
    }
    Ok(damaged)
}

pub(super) async fn open_heads(keys: &Keys, found: &[Found]) -> Opened {
    Opened {
        heads: open_sections(keys, Purpose::Head, found).await,
        quarantined: Vec::new(),
    }
}

/// Sections of pages by page; `None` for what does not open.
async fn open_sections(keys: &Keys, purpose: Purpose, found: &[Found]) -> BTreeMap<PageId, Option<Vec<u8>>> {
    sealed::open(keys, purpose, found).await.into_iter().collect()
}

/// From the lowest of these ids to the highest.
pub(super) fn range(ids: impl Iterator<Item = PageId>) -> Option<(PageId, PageId)> {
    let widen = |range: Option<(PageId, PageId)>, id: PageId| {
        let (lowest, highest) = range.unwrap_or((id, id));
        Some((lowest.min(id), highest.max(id)))
    };
    ids.fold(None, widen)
}
