//! A device's state in memory: what was loaded from the store, and what is derived from it.
//!
//! Most mirrors are rows of [pages](crate::page) and are read where they stand, field by field; those that came since
//! the last fold stand by themselves.
//!
//! Mirrors hold what the server confirmed, the queue holds what it has not; what a person sees is derived
//! ([`Replica::view`]). A start has the heads of pages before the rest of them: enough for lists, and
//! [told](Replica::is_whole) from a replica that is whole. Nothing is changed here but by [`Replica::apply`], after the store has committed it.

mod fold;
mod follow;
mod held;
mod load;
mod pins;
mod query;
mod search;
mod sort;
mod view;

pub use fold::fold;
pub(crate) use fold::state_as_base;
pub use held::Held;
pub(crate) use load::complete;
pub use query::{Filter, Item, Page, Query};
pub use view::{Mark, View};

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use crate::{
    ordered,
    pack::Packs,
    page::{self, PageId},
    protocol::Me,
    queue::{QueuedWrite, WriteStatus},
    record::RecordKey,
    store::{Alias, CursorRow, DeviceRow, Lease, PacksRow, Quarantined, Revision, Row, Snapshot, SyncRow},
};

#[derive(Debug, Clone, Default)]
pub struct Replica {
    revision: Revision,
    mirrors: BTreeMap<RecordKey, Held>,
    /// The highest id of a page so far.
    last_page: PageId,
    /// Pages that were in the store when this replica last saw them there.
    stored_pages: BTreeSet<PageId>,
    /// The revision of the last fold.
    folded_at: Revision,
    /// By sequence.
    writes: Vec<Rc<QueuedWrite>>,
    sequences: BTreeMap<String, u64>,
    /// Sequences of the open writes of each record, in order.
    lanes: BTreeMap<RecordKey, Vec<u64>>,
    aliases: BTreeMap<RecordKey, String>,
    device: Option<DeviceRow>,
    cursor: Option<CursorRow>,
    sync: SyncRow,
    lease: Option<Lease>,
    me: Option<Me>,
    packs: Rc<Packs>,
    /// As the server handed them out, whether or not this version of the app can use them.
    packs_row: Option<Rc<PacksRow>>,
    quarantined: Vec<Quarantined>,
    /// Pages among them whose records the server has sent again.
    refetched: BTreeSet<PageId>,
    /// Pages of which only the heads are here.
    incomplete: Vec<Rc<page::Page>>,
}

impl Replica {
    /// A device's state as the store holds it.
    pub fn new(snapshot: Snapshot) -> Self {
        let mut replica = Self {
            quarantined: snapshot.quarantined,
            folded_at: snapshot.base.revision,
            last_page: snapshot.base.last_page,
            ..Self::default()
        };
        for row in snapshot.base.rows {
            replica.put(row);
        }
        for kept in &snapshot.base.pages {
            replica.put_page(&kept.page, &kept.dead);
        }
        for changes in snapshot.commits {
            replica.change(&changes);
        }
        replica.revision = snapshot.revision;
        replica
    }

    /// A copy to plan answers over, with only the mirrors that the writes and their answers are about: later steps of one plan see what
    /// earlier ones decided.
    pub(crate) fn part_for_planning(&self, queue_ids: &[String]) -> Self {
        let keys = queue_ids
            .iter()
            .filter_map(|id| self.write(id))
            .map(QueuedWrite::key);
        let conflicts = self
            .mirrors_of(crate::system::CONFLICT)
            .map(|(key, _)| key.clone());
        let mirrors = keys
            .chain(conflicts)
            .filter_map(|key| Some((key.clone(), self.mirrors.get(&key)?.clone())));
        Self {
            revision: self.revision,
            mirrors: ordered::map(mirrors),
            last_page: self.last_page,
            stored_pages: BTreeSet::new(),
            folded_at: self.folded_at,
            writes: self.writes.clone(),
            sequences: self.sequences.clone(),
            lanes: self.lanes.clone(),
            aliases: self.aliases.clone(),
            device: self.device.clone(),
            cursor: self.cursor.clone(),
            sync: self.sync.clone(),
            lease: self.lease.clone(),
            me: self.me.clone(),
            packs: Rc::clone(&self.packs),
            packs_row: None,
            quarantined: Vec::new(),
            refetched: BTreeSet::new(),
            incomplete: Vec::new(),
        }
    }

    /// Where the write with this sequence stands, or would stand.
    fn place(&self, sequence: u64) -> Result<usize, usize> {
        self.writes
            .binary_search_by_key(&sequence, |write| write.sequence)
    }

    fn at(&self, sequence: u64) -> Option<&QueuedWrite> {
        let place = self.place(sequence).ok()?;
        self.writes.get(place).map(Rc::as_ref)
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    pub fn packs(&self) -> &Packs {
        &self.packs
    }

    pub fn device(&self) -> Option<&DeviceRow> {
        self.device.as_ref()
    }

    pub fn cursor(&self) -> Option<&CursorRow> {
        self.cursor.as_ref()
    }

    pub fn sync(&self) -> &SyncRow {
        &self.sync
    }

    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    pub fn me(&self) -> Option<&Me> {
        self.me.as_ref()
    }

    /// What is stored and does not open, but for what the server has sent again.
    pub fn quarantined(&self) -> impl Iterator<Item = Quarantined> {
        let again = |quarantined: &&Quarantined| match quarantined {
            Quarantined::Page(id) => !self.refetched.contains(id),
            Quarantined::Commit(_) | Quarantined::Base => true,
        };
        self.quarantined.iter().filter(again).copied()
    }

    /// Notes that everything the server has is here: pages that did not open are missed no more.
    pub fn verified(&mut self) {
        for quarantined in &self.quarantined {
            if let Quarantined::Page(id) = quarantined {
                self.refetched.insert(*id);
            }
        }
    }

    /// Pages that do not open and are missed no more.
    pub(crate) fn refetched(&self) -> impl Iterator<Item = PageId> {
        self.refetched.iter().copied()
    }

    /// Pages of which only the heads are here so far: lists can be shown, and nothing may be planned.
    pub fn incomplete(&self) -> &[Rc<page::Page>] {
        &self.incomplete
    }

    /// Whether all of every record is here.
    pub fn is_whole(&self) -> bool {
        self.incomplete.is_empty()
    }

    /// Notes that pages are whole now, but for those that do not open.
    pub fn completed(&mut self, damaged: &[PageId]) {
        self.incomplete
            .retain(|page| !page.is_whole() && !damaged.contains(&page.id));
        if damaged.is_empty() {
            return;
        }
        self.mirrors
            .retain(|_, held| !matches!(held, Held::Paged { page, .. } if damaged.contains(&page.id)));
        self.stored_pages.retain(|id| !damaged.contains(id));
        self.quarantined
            .extend(damaged.iter().copied().map(Quarantined::Page));
    }

    /// The id for the next page.
    pub fn next_page(&self) -> PageId {
        self.last_page + 1
    }

    /// Pages in the store of which no row is the state of its record any more.
    pub(crate) fn spent_pages(&self) -> impl Iterator<Item = PageId> {
        let mut spent = self.stored_pages.clone();
        for held in self.mirrors.values() {
            if let Held::Paged { page, .. } = held {
                spent.remove(&page.id);
            }
        }
        spent.into_iter()
    }

    /// Everything that is not a mirror, as rows.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let writes = self
            .writes
            .iter()
            .map(|write| Row::Write(Box::new((**write).clone())));
        let aliases = self.aliases.iter().map(|(local, server_id)| {
            let (local, server_id) = (local.clone(), server_id.clone());
            Row::Alias(Alias { local, server_id })
        });
        let mut rows: Vec<Row> = writes.chain(aliases).collect();
        rows.extend(self.device.clone().map(Row::Device));
        rows.extend(self.cursor.clone().map(Row::Cursor));
        rows.push(Row::Sync(self.sync.clone()));
        rows.extend(self.lease.clone().map(Row::Lease));
        rows.extend(self.me.clone().map(Row::Me));
        rows.extend(self.packs_row.as_deref().cloned().map(Row::Packs));
        rows
    }

    /// The revision of the last fold: what was committed since is in the store's journal.
    pub fn folded_at(&self) -> Revision {
        self.folded_at
    }

    /// What the server confirmed of a record.
    pub fn mirror(&self, key: &RecordKey) -> Option<&Held> {
        self.mirrors.get(key)
    }

    pub fn mirrors(&self) -> impl Iterator<Item = (&RecordKey, &Held)> {
        self.mirrors.iter()
    }

    /// The mirrors of one entity, by id.
    pub fn mirrors_of<'a>(&'a self, entity: &'a str) -> impl Iterator<Item = (&'a RecordKey, &'a Held)> {
        self.mirrors
            .range(RecordKey::new(entity, "")..)
            .take_while(move |(key, _)| key.entity_type == entity)
    }

    /// All writes, settled ones too, in local order.
    pub fn writes(&self) -> impl Iterator<Item = &QueuedWrite> {
        self.writes.iter().map(Rc::as_ref)
    }

    /// Writes that await an answer or a person, in local order.
    pub fn open_writes(&self) -> impl Iterator<Item = &QueuedWrite> {
        self.writes().filter(|write| write.is_open())
    }

    pub fn write(&self, queue_id: &str) -> Option<&QueuedWrite> {
        self.at(*self.sequences.get(queue_id)?)
    }

    /// The open writes of a record, in order.
    pub fn lane(&self, key: &RecordKey) -> impl Iterator<Item = &QueuedWrite> {
        self.lanes
            .get(key)
            .into_iter()
            .flatten()
            .filter_map(|sequence| self.at(*sequence))
    }

    /// Records with open writes.
    pub fn lanes(&self) -> impl Iterator<Item = &RecordKey> {
        self.lanes.keys()
    }

    /// How many writes wait to be sent; dead letters are not among them.
    pub fn unsent(&self) -> usize {
        self.open_writes()
            .filter(|write| write.status != WriteStatus::Failed)
            .count()
    }

    /// Dead letters, in local order.
    pub fn failed(&self) -> impl Iterator<Item = &QueuedWrite> {
        self.writes().filter(|write| write.status == WriteStatus::Failed)
    }

    /// The key under which a record is known now: its server id, once the server has given it one.
    pub fn resolve(&self, key: &RecordKey) -> RecordKey {
        match self.aliases.get(key) {
            // A record of that very id is the one that is meant.
            Some(server_id) if !self.mirrors.contains_key(key) => RecordKey::new(&key.entity_type, server_id),
            _ => key.clone(),
        }
    }

    /// The sequence for the first write of the next commit. Commits are numbered and a plan holds few writes, so
    /// numbers grow without a counter to keep.
    pub fn next_sequence(&self) -> u64 {
        (self.revision + 1) << 10
    }
}
