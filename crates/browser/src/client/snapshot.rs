//! What is on the device, as of one commit.

use holdfast_core::{
    pack::Packs,
    plan,
    protocol::Me,
    queue::QueuedWrite,
    record::RecordKey,
    replica::{Held, Item, Page, Query, Replica, View},
    store::{CursorRow, DeviceRow, Quarantined, Revision, SyncRow},
    text::TextOrder,
};
use serde_json::Value;

/// What is on the device, as of one commit: records as the user sees them, the queue, packs and the state of sync.
///
/// A record is shown as a view: its mirror with the queued writes applied. Everything read from one snapshot belongs
/// together. Copying it is free.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    replica: &'a Replica,
}

thread_local! {
    static NOTHING: Replica = Replica::default();
}

/// A snapshot of an engine that the caller drives itself, as tests do.
impl<'a> From<&'a Replica> for Snapshot<'a> {
    fn from(replica: &'a Replica) -> Self {
        Self { replica }
    }
}

impl Snapshot<'_> {
    /// Reads a device with nothing on it: what there is to show while no user's data is open.
    pub fn of_nothing<T>(ask: impl FnOnce(Snapshot<'_>) -> T) -> T {
        NOTHING.with(|nothing| ask(Snapshot::from(nothing)))
    }
}

/// Records.
impl<'a> Snapshot<'a> {
    /// A record as the user sees it; `None` if it is not on the device, or deleted here.
    pub fn view(self, key: &RecordKey) -> Option<View<'a>> {
        self.replica.view(key)
    }

    /// A record as a list shows it: its fields are read one by one.
    pub fn item(self, key: &RecordKey) -> Option<Item<'a>> {
        self.replica.item(key)
    }

    /// All records of an entity, as lists show them.
    pub fn all(self, entity: &'a str) -> impl Iterator<Item = Item<'a>> + 'a {
        self.replica.all(entity)
    }

    /// The records that a query finds; texts in natural order.
    pub fn list(self, query: &Query) -> Page<'a> {
        self.replica.list(query)
    }

    /// The records that a query finds; texts in the order of a language.
    pub fn list_ordered(self, query: &Query, order: &TextOrder) -> Page<'a> {
        self.replica.list_ordered(query, order)
    }

    /// As [`Self::list_ordered`], of those records only that fit.
    pub fn list_fitting(
        self,
        query: &Query,
        order: &TextOrder,
        fits: &dyn Fn(&Item<'_>) -> bool,
    ) -> Page<'a> {
        self.replica.list_fitting(query, order, fits)
    }

    /// A record as the server last confirmed it.
    pub fn mirror(self, key: &RecordKey) -> Option<&'a Held> {
        self.replica.mirror(key)
    }

    /// All confirmed records, in no order.
    pub fn mirrors(self) -> impl Iterator<Item = (&'a RecordKey, &'a Held)> {
        self.replica.mirrors()
    }

    /// The confirmed records of an entity, in no order.
    pub fn mirrors_of(self, entity: &'a str) -> impl Iterator<Item = (&'a RecordKey, &'a Held)> {
        self.replica.mirrors_of(entity)
    }

    /// How many records of an entity were created here and are not confirmed yet.
    pub fn created_here(self, entity: &str) -> usize {
        self.replica.created_here(entity)
    }

    /// The id that the server gave to a record that was created here; any other key stays as it is.
    pub fn resolve(self, key: &RecordKey) -> RecordKey {
        self.replica.resolve(key)
    }

    /// Whether the user keeps this record on their devices.
    pub fn is_pinned(self, key: &RecordKey) -> bool {
        self.replica.is_pinned(key)
    }

    /// The record, the field and its new value that pin a record or let it go.
    pub fn with_pin(self, key: &RecordKey, pinned: bool) -> (RecordKey, &'static str, Vec<Value>) {
        self.replica.with_pin(key, pinned)
    }
}

/// The queue.
impl<'a> Snapshot<'a> {
    /// All writes that are kept, those that are sent included, oldest first.
    pub fn writes(self) -> impl Iterator<Item = &'a QueuedWrite> {
        self.replica.writes()
    }

    /// The writes that are not settled, oldest first.
    pub fn open_writes(self) -> impl Iterator<Item = &'a QueuedWrite> {
        self.replica.open_writes()
    }

    /// One write.
    pub fn write(self, queue_id: &str) -> Option<&'a QueuedWrite> {
        self.replica.write(queue_id)
    }

    /// The open writes of one record, oldest first.
    pub fn lane(self, key: &'a RecordKey) -> impl Iterator<Item = &'a QueuedWrite> {
        self.replica.lane(key)
    }

    /// How many writes wait to be sent.
    pub fn unsent(self) -> usize {
        self.replica.unsent()
    }

    /// The writes that the server refused.
    pub fn failed(self) -> impl Iterator<Item = &'a QueuedWrite> {
        self.replica.failed()
    }

    /// How many writes go if this one is discarded: it and those that depend on it; 0 if it cannot be discarded.
    pub fn discarded_with(self, queue_id: &str) -> usize {
        plan::discard(self.replica, queue_id).map_or(0, |(_, gone)| gone.len())
    }
}

/// Packs, user and sync.
impl<'a> Snapshot<'a> {
    /// The domain packs.
    pub fn packs(self) -> &'a Packs {
        self.replica.packs()
    }

    /// The signed-in user, once the server has said who it is.
    pub fn me(self) -> Option<&'a Me> {
        self.replica.me()
    }

    /// How the server knows this device, once somebody has signed in.
    pub fn device(self) -> Option<&'a DeviceRow> {
        self.replica.device()
    }

    /// The position in the server's change log up to which this device has everything.
    pub fn cursor(self) -> Option<&'a CursorRow> {
        self.replica.cursor()
    }

    /// The state of sync.
    pub fn sync(self) -> &'a SyncRow {
        self.replica.sync()
    }

    /// The commit that this is the state of.
    pub fn revision(self) -> Revision {
        self.replica.revision()
    }

    /// The commit at which the journal was last compacted.
    pub fn folded_at(self) -> Revision {
        self.replica.folded_at()
    }

    /// Whether all of what is stored was read: until then only lists can be shown.
    pub fn is_whole(self) -> bool {
        self.replica.is_whole()
    }

    /// What is stored and cannot be decrypted.
    pub fn quarantined(self) -> impl Iterator<Item = Quarantined> {
        self.replica.quarantined()
    }
}
