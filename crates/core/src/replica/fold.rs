//! The fold: pages out of what was committed one by one, and out of pages of which little is left.

use std::collections::BTreeMap;

use super::{Held, Replica};
use crate::{
    page::{FULL, Page, PageId, pages_of},
    record::Mirror,
    store::{Base, Fold, KeptPage, Revision, Row},
};

/// Plans a fold; `None` while fewer than `after` commits came since the last one, unless it rids the store of pages that
/// did not open.
pub fn fold(replica: &Replica, after: Revision) -> Option<Fold> {
    // What did not decode is not in the replica, and must not be folded away.
    if replica.quarantined().next().is_some() {
        return None;
    }
    let due = replica.revision() - replica.folded_at() >= after;
    if !due && replica.refetched().next().is_none() {
        return None;
    }
    state_as_base(replica, replica.rows())
}

/// The fold that puts these rows, and the mirrors as they stand, in the place of everything that was committed; `None`
/// where a record fits no page.
pub(crate) fn state_as_base(replica: &Replica, rows: Vec<Row>) -> Option<Fold> {
    let living = living(replica);
    let mut next = replica.next_page();
    let mut fold = Fold {
        base: Base {
            revision: replica.revision() + 1,
            rows,
            pages: Vec::new(),
            last_page: 0,
        },
        ..Fold::default()
    };
    let mut again: BTreeMap<&str, Vec<std::rc::Rc<Mirror>>> = BTreeMap::new();
    for (key, held) in replica.mirrors() {
        if is_moved(&living, held) {
            again.entry(&key.entity_type).or_default().push(held.mirror());
        }
    }
    for (entity, mirrors) in again {
        // A record that fits no page cannot be folded: the journal keeps it.
        let pages = pages_of(replica.packs(), entity, mirrors.iter().map(AsRef::as_ref), next).ok()?;
        next += pages.len() as PageId;
        for page in pages {
            fold.new.push(page.id);
            fold.base.pages.push(KeptPage {
                page,
                dead: Vec::new(),
            });
        }
    }
    for (id, Living { page, rows }) in living {
        if is_sparse(rows.len()) {
            fold.gone.push(id);
        } else {
            let dead = (0..page.rows()).filter(|row| rows.binary_search(row).is_err());
            let dead = dead.filter_map(|row| u16::try_from(row).ok()).collect();
            fold.base.pages.push(KeptPage { page, dead });
        }
    }
    fold.gone.extend(replica.spent_pages());
    fold.gone.extend(replica.refetched());
    fold.base.last_page = next - 1;
    Some(fold)
}

struct Living {
    page: std::rc::Rc<Page>,
    rows: Vec<usize>,
}

/// The rows of each page that are still the state of their records.
fn living(replica: &Replica) -> BTreeMap<PageId, Living> {
    let mut living: BTreeMap<PageId, Living> = BTreeMap::new();
    for (_, held) in replica.mirrors() {
        if let Held::Paged { page, row } = held {
            let fresh = || Living {
                page: page.clone(),
                rows: Vec::new(),
            };
            living.entry(page.id).or_insert_with(fresh).rows.push(*row);
        }
    }
    living.values_mut().for_each(|living| living.rows.sort_unstable());
    living
}

/// A page with so few rows left is put together with others.
fn is_sparse(rows: usize) -> bool {
    rows <= FULL / 2
}

fn is_moved(living: &BTreeMap<PageId, Living>, held: &Held) -> bool {
    match held {
        Held::Loose(_) => true,
        Held::Paged { page, .. } => living
            .get(&page.id)
            .is_some_and(|living| is_sparse(living.rows.len())),
    }
}
