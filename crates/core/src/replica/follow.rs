//! How a replica follows what was committed, here and elsewhere.

use std::rc::Rc;

use super::{Held, Replica};
use crate::{
    pack::Packs,
    page,
    queue::QueuedWrite,
    store::{Changes, Fold, Quarantined, Revision, Row, RowKey, SyncRow},
};

impl Replica {
    /// Follows a commit. Changes that were applied already (`revision` is not newer) are passed over.
    pub fn apply(&mut self, revision: Revision, changes: &Changes) {
        if revision <= self.revision {
            return;
        }
        self.revision = revision;
        self.change(changes);
    }

    /// Follows commits of other contexts, the last of them of this revision.
    pub fn follow(&mut self, revision: Revision, commits: &[Changes]) {
        if revision > self.revision {
            commits.iter().for_each(|changes| self.change(changes));
            self.revision = revision;
        }
    }

    /// Follows a fold: the records are the same, and stand elsewhere.
    pub fn folded(&mut self, revision: Revision, fold: &Fold) {
        self.mirrors.clear();
        self.stored_pages.clear();
        self.incomplete.clear();
        for kept in &fold.base.pages {
            self.put_page(&kept.page, &kept.dead);
        }
        self.last_page = self.last_page.max(fold.base.last_page);
        let gone = |quarantined: &Quarantined| matches!(quarantined, Quarantined::Page(id) if fold.gone.contains(id));
        self.quarantined.retain(|quarantined| !gone(quarantined));
        self.refetched.clear();
        self.folded_at = revision;
        self.revision = revision;
    }

    pub(super) fn change(&mut self, changes: &Changes) {
        for key in &changes.delete {
            self.delete(key);
        }
        for row in &changes.put {
            self.put(row.clone());
        }
        for page in &changes.pages {
            self.put_page(page, &[]);
        }
    }

    /// Takes a page's records, but for its dead rows.
    pub(super) fn put_page(&mut self, page: &Rc<page::Page>, dead: &[u16]) {
        self.last_page = self.last_page.max(page.id);
        self.stored_pages.insert(page.id);
        if !page.is_whole() {
            self.incomplete.push(Rc::clone(page));
        }
        for row in (0..page.rows()).filter(|row| !dead.iter().any(|dead| usize::from(*dead) == *row)) {
            let page = Rc::clone(page);
            self.mirrors.insert(page.key(row), Held::Paged { page, row });
        }
    }

    /// Follows a step of a plan that is not committed yet.
    pub(crate) fn apply_plan(&mut self, changes: &Changes) {
        self.apply(self.revision + 1, changes);
    }

    pub(super) fn put(&mut self, row: Row) {
        match row {
            Row::Mirror(mirror) => {
                self.mirrors
                    .insert(mirror.key.clone(), Held::Loose(Rc::new(mirror)));
            }
            Row::Write(write) => {
                self.forget_write(&write.id);
                self.sequences.insert(write.id.clone(), write.sequence);
                if write.is_open() {
                    self.join_lane(&write);
                }
                let write: Rc<QueuedWrite> = Rc::from(write);
                match self.place(write.sequence) {
                    Ok(place) => self.writes[place] = write,
                    Err(place) => self.writes.insert(place, write),
                }
            }
            Row::Alias(alias) => {
                self.aliases.insert(alias.local, alias.server_id);
            }
            Row::Device(device) => self.device = Some(device),
            Row::Cursor(cursor) => self.cursor = Some(cursor),
            Row::Sync(sync) => self.sync = sync,
            Row::Lease(lease) => self.lease = Some(lease),
            Row::Me(me) => self.me = Some(me),
            // Packs that no longer pass the check (an older app, a newer server) leave the ones in force.
            Row::Packs(row) => {
                if let Ok(packs) = Packs::new(row.packs.clone()) {
                    self.packs = Rc::new(packs);
                }
                self.packs_row = Some(Rc::new(row));
            }
        }
    }

    fn delete(&mut self, key: &RowKey) {
        match key {
            RowKey::Mirror(key) => {
                self.mirrors.remove(key);
            }
            RowKey::Write(id) => self.forget_write(id),
            RowKey::Alias(key) => {
                self.aliases.remove(key);
            }
            RowKey::Device => self.device = None,
            RowKey::Cursor => self.cursor = None,
            RowKey::Sync => self.sync = SyncRow::default(),
            RowKey::Lease => self.lease = None,
            RowKey::Me => self.me = None,
            RowKey::Packs => {
                self.packs = Rc::default();
                self.packs_row = None;
            }
        }
    }

    fn join_lane(&mut self, write: &QueuedWrite) {
        let key = write.key();
        match self.lanes.get_mut(&key) {
            None => {
                self.lanes.insert(key, vec![write.sequence]);
            }
            Some(lane) => {
                if let Err(place) = lane.binary_search(&write.sequence) {
                    lane.insert(place, write.sequence);
                }
            }
        }
    }

    fn forget_write(&mut self, id: &str) {
        let sequence = self.sequences.remove(id);
        let Some(place) = sequence.and_then(|sequence| self.place(sequence).ok()) else {
            return;
        };
        let write = self.writes.remove(place);
        let key = write.key();
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.retain(|sequence| *sequence != write.sequence);
            if lane.is_empty() {
                self.lanes.remove(&key);
            }
        }
    }
}
