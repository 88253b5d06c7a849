//! When the server's history is not the one this device knows, or the two disagree (protocol W19, D10).

use std::collections::{BTreeMap, BTreeSet};

use super::identity;
use crate::{
    Timestamp, ordered,
    protocol::{Digest, DigestEntry},
    queue::{QueuedWrite, WriteStatus},
    record::RecordKey,
    replica::Replica,
    store::{Changes, Row, RowKey, SyncRow},
};

/// For how long an acknowledged write is kept, to be offered again.
const KEPT_DAYS: i64 = 7;

/// The server was restored from a backup: everything is read anew, and what it acknowledged in the last seven days is
/// offered again. The ledger of the restored server knows which of those it still has.
pub fn epoch_changed(replica: &Replica, now: Timestamp) -> Changes {
    let mut changes = Changes::default();
    changes.delete(RowKey::Cursor);
    offer_again(replica, &mut changes);
    // Versions of a lost history mean nothing in this one: what was seen is told by the base alone.
    for write in replica.open_writes() {
        changes.put(Row::Write(Box::new(write.clone())));
    }
    for row in &mut changes.put {
        if let Row::Write(write) = row {
            write.base_version = 0;
            note_seen(replica, write);
        }
    }
    changes.put(Row::Sync(SyncRow {
        epoch_changed_at: Some(now),
        receipt: None,
        history_kept: false,
        ..replica.sync().clone()
    }));
    changes
}

/// The server refused this device's cursor, and lost nothing: everything is read again, and nothing is offered again.
pub fn cursor_refused(replica: &Replica) -> Changes {
    let mut changes = Changes::default();
    changes.delete(RowKey::Cursor);
    changes.put(Row::Sync(SyncRow {
        receipt: None,
        history_kept: true,
        ..replica.sync().clone()
    }));
    changes
}

/// Whether an acknowledged write may still have to be offered again. Its days are counted to the device's last full
/// sync: while it is away it learns of no lost history, so nothing ages.
pub(super) fn is_kept(replica: &Replica, acknowledged: Timestamp) -> bool {
    let contact = replica.sync().last_synced_at;
    contact.is_none_or(|contact| contact - acknowledged <= chrono::Duration::days(KEPT_DAYS))
}

/// Puts what was acknowledged in the seven days before the last full sync into the queue again. Harmless where nothing
/// was lost: the ledger repeats its answers.
pub(super) fn offer_again(replica: &Replica, changes: &mut Changes) {
    let kept =
        |write: &&QueuedWrite| !write.is_open() && write.synced_at.is_some_and(|at| is_kept(replica, at));
    for write in replica.writes().filter(kept) {
        let mut again = QueuedWrite {
            status: WriteStatus::Pending,
            retries: 0,
            synced_at: None,
            ..write.clone()
        };
        note_seen(replica, &mut again);
        changes.put(Row::Write(Box::new(again)));
    }
}

/// Notes when the server last changed what a write's author saw, of its record and of those that it refers to. What was
/// noted once stays: what is held later may be another record.
fn note_seen(replica: &Replica, write: &mut QueuedWrite) {
    let held = |key: &RecordKey| {
        let held = replica.mirror(key).filter(|held| held.version() > 0);
        held.map(|held| held.updated_at())
    };
    write.seen_at = write.seen_at.or_else(|| held(&write.key()));
    identity::note_references(replica, write, held);
}

/// When the server last changed a record that is held, and that no page has confirmed since the device began to read
/// everything anew.
pub(super) fn seen_in_doubt(replica: &Replica, key: &RecordKey) -> Option<Timestamp> {
    let held = replica.mirror(key).filter(|held| held.version() > 0)?;
    let confirmed = replica
        .cursor()
        .is_some_and(|cursor| !cursor.partial || held.scan() >= cursor.scan);
    (!confirmed).then(|| held.updated_at())
}

/// Ids by entity that the device must fetch again, and mirrors that it must drop, according to the versions of a
/// digest. `None` for the versions means the hashes agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Collections whose hash differs: their versions must be asked for.
    pub collections: Vec<String>,
    pub refetch: BTreeMap<String, BTreeSet<String>>,
    pub surplus: Vec<RowKey>,
}

/// Compares a digest with what is held. Entries with versions tell which records differ; entries without only that.
/// Finished work that has had its days may be held or not.
pub fn digest_differences(replica: &Replica, digest: &Digest) -> Differences {
    let mut differences = Differences::default();
    let pinned = replica.pinned();
    for (collection, theirs) in &digest.entities {
        let Some(entity) = replica.packs().entity_by_collection(collection) else {
            continue;
        };
        let mirrors = || {
            replica
                .mirrors_of(&entity.name)
                .filter(|(_, held)| held.version() > 0)
        };
        let held = ordered::map(mirrors().map(|(key, held)| (key.entity_id.clone(), held.version())));
        // The server's time of the change on both sides: what left here has been here for as long at the least.
        let aged = mirrors()
            .filter(|(_, held)| entity.has_had_its_days(|| held.fields(), held.updated_at(), digest.as_of))
            .filter(|(key, _)| !pinned.contains(key))
            .map(|(key, _)| key.entity_id.clone());
        if DigestEntry::of(held.clone(), ordered::set(aged), false).sha256 == theirs.sha256 {
            continue;
        }
        differences.collections.push(entity.plural.clone());
        let Some(versions) = &theirs.versions else {
            continue;
        };
        let stale = versions
            .iter()
            .filter(|(id, version)| held.get(*id) != Some(version))
            .filter(|(id, _)| held.contains_key(*id) || !theirs.aged.contains(*id));
        for (id, _) in stale {
            ordered::add(&mut differences.refetch, &entity.name, id.clone());
        }
        let surplus = held.keys().filter(|id| !versions.contains_key(*id));
        differences
            .surplus
            .extend(surplus.map(|id| RowKey::Mirror(RecordKey::new(&entity.name, id))));
    }
    differences
}
