//! What a page of the server's change log changes (protocol R1–R9, D9).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    Timestamp,
    json::Malformed,
    ordered,
    pack::Entity,
    protocol::{Cause, WireError, WireRecord},
    queue::{QueuedWrite, WriteStatus},
    record::{Mirror, Operation, RecordKey},
    replica::{Held, Replica},
    store::{Changes, CursorRow, Row, RowKey, SyncRow, WholeRecord, WholeRecords, is_worth_a_page},
    system,
};

use super::{
    aliases,
    answers::{access_lost, mirror_of},
    incoming::{Incoming, IncomingRow, PullError},
    notices,
    recovery::offer_again,
};

/// Ids by entity of records of which the page brings only changes on a version that is not held (R4).
pub fn missing_records(replica: &Replica, incoming: &Incoming<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut missing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for IncomingRow {
        key, base_version, ..
    } in &incoming.rows
    {
        let builds_on_nothing = base_version.is_some_and(|base| {
            let held = replica.mirror(key).map(Held::version);
            held.is_none_or(|version| version < base)
        });
        if builds_on_nothing {
            ordered::add(&mut missing, &key.entity_type, key.entity_id.clone());
        }
    }
    missing
}

/// What an answer told of the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Server time minus device time, in milliseconds.
    pub offset_ms: i64,
    /// When the server answered, by its own clock.
    pub server_time: Timestamp,
}

/// Plans a page. `whole`: the records that [`missing_records`] named, by entity. `clock`: as the exchange measured it.
pub fn pull(
    replica: &Replica,
    incoming: &Incoming<'_>,
    whole: &[(String, WireRecord)],
    clock: Measured,
) -> Result<Changes, PullError> {
    let now = clock.server_time;
    let scan = scan_number(replica, incoming);
    let mut changes = Changes::default();
    // Without a cursor nothing tells that the server is still the one that acknowledged what was sent.
    let begins = replica.cursor().is_none();
    if begins && !replica.sync().history_kept {
        offer_again(replica, &mut changes);
    }
    let mut whole_rows = WholeRows::new(replica, incoming, scan, now);
    for row in &incoming.rows {
        if let Some(local_id) = &row.local_id {
            let local = RecordKey::new(&row.key.entity_type, local_id);
            if replica.resolve(&local) == local {
                aliases::adopt(replica, &mut changes, &local, &row.key.entity_id, None);
            }
        }
        match updated(replica, incoming, row, whole, now)? {
            Update::None => {}
            Update::Whole => whole_rows.take(&mut changes, row),
            Update::Merged(mut mirror) => {
                mirror.scan = scan;
                changes.put(Row::Mirror(mirror));
            }
        }
    }
    whole_rows.paged.finish(&mut changes);
    incoming
        .deleted
        .iter()
        .for_each(|key| deleted(replica, &mut changes, key, now));
    incoming
        .revoked
        .iter()
        .for_each(|key| revoked(replica, &mut changes, key, now));
    let complete = !incoming.has_more;
    if complete && incoming.scanning {
        drop_unconfirmed(replica, &mut changes, scan);
    }
    changes.put(Row::Cursor(CursorRow {
        cursor: incoming.cursor.clone(),
        partial: incoming.scanning && incoming.has_more,
        scan,
        pulled_at: now,
    }));
    let mut sync = SyncRow {
        history_kept: false,
        // What was stored is progress: on a line that breaks again and again the waits begin anew.
        network_failures: 0,
        clock_offset_ms: clock.offset_ms,
        ..replica.sync().clone()
    };
    if complete {
        sync = SyncRow {
            last_synced_at: Some(now),
            last_error: None,
            // The cursor is past what it proved.
            receipt: None,
            ..sync
        };
    }
    if complete || sync != *replica.sync() {
        changes.put(Row::Sync(sync));
    }
    Ok(changes)
}

/// A scan that begins takes the next number; its later pages, and deltas, go on with it.
fn scan_number(replica: &Replica, incoming: &Incoming<'_>) -> u32 {
    let highest = || {
        replica
            .mirrors()
            .map(|(_, held)| held.scan())
            .filter(|scan| *scan != u32::MAX)
            .max()
            .unwrap_or(0)
    };
    match replica.cursor() {
        Some(cursor) if cursor.partial == incoming.scanning || !incoming.scanning => cursor.scan,
        _ => highest() + 1,
    }
}

/// What a row of a page makes of the record it is about.
enum Update {
    /// What is held is as new.
    None,
    /// It is the record.
    Whole,
    Merged(Mirror),
}

fn updated(
    replica: &Replica,
    incoming: &Incoming<'_>,
    row: &IncomingRow<'_>,
    whole: &[(String, WireRecord)],
    now: Timestamp,
) -> Result<Update, PullError> {
    let (key, version) = (&row.key, row.version);
    let Some(base) = row.base_version else {
        // A whole row; in a scan even an older one, for the server's history may have been set back.
        // What a reader sees of a conflict follows their access to its record, and not its version alone.
        let seen_otherwise = |held: &Held| key.entity_type == system::CONFLICT && held.version() == version;
        let is_current = |held: &Held| held.version() >= version && !seen_otherwise(held);
        let current = !incoming.scanning && replica.mirror(key).is_some_and(is_current);
        return Ok(if current { Update::None } else { Update::Whole });
    };
    match replica.mirror(key) {
        Some(held) if held.version() >= version => Ok(Update::None),
        Some(held) if held.version() >= base => {
            let mirror = held.mirror();
            let mut fields = mirror.fields.clone();
            let entity = replica.packs().entity(&key.entity_type);
            let id_field = entity.map(|entity| entity.id_field.as_str()).unwrap_or_default();
            fields.extend(row.record().fields(id_field));
            fields.retain(|_, value| !value.is_null());
            let updated_at = row.updated_at().unwrap_or(now);
            Ok(Update::Merged(Mirror {
                fields,
                version,
                updated_at,
                reached_at: now,
                ..(*mirror).clone()
            }))
        }
        _ => {
            let mut candidates = whole.iter().filter(|(entity, _)| *entity == key.entity_type);
            let found = candidates.find_map(|(_, record)| {
                mirror_of(replica, &key.entity_type, record, now).filter(|mirror| mirror.key == *key)
            });
            let missing = || PullError::Missing(key.clone());
            found.map(Update::Merged).ok_or_else(missing)
        }
    }
}

/// Records that a page brings whole. Those of an entity that has many go into the store's pages, the others stand by
/// themselves.
struct WholeRows<'a> {
    replica: &'a Replica,
    scan: u32,
    now: Timestamp,
    numerous: BTreeSet<&'a str>,
    /// What the page also takes away is told by rows, which know no two answers.
    gone: BTreeSet<&'a RecordKey>,
    paged: WholeRecords<'a>,
}

impl<'a> WholeRows<'a> {
    fn new(replica: &'a Replica, incoming: &'a Incoming<'_>, scan: u32, now: Timestamp) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &incoming.rows {
            *counts.entry(&row.key.entity_type).or_default() += usize::from(row.base_version.is_none());
        }
        let numerous = counts.into_iter().filter(|(_, count)| is_worth_a_page(*count));
        Self {
            replica,
            scan,
            now,
            numerous: ordered::set(numerous.map(|(entity, _)| entity)),
            gone: ordered::set(incoming.deleted.iter().chain(&incoming.revoked)),
            paged: WholeRecords::new(replica.packs(), replica.next_page(), scan, now),
        }
    }

    fn take(&mut self, changes: &mut Changes, row: &IncomingRow<'_>) {
        let entity_type = row.key.entity_type.as_str();
        let Some(entity) = self.replica.packs().entity(entity_type) else {
            return;
        };
        let paged = self.numerous.contains(entity_type) && !self.gone.contains(&row.key);
        if !(paged && self.add(changes, entity, row).is_ok()) {
            // What fits no page stands by itself.
            let mirror = mirror_of(self.replica, entity_type, &row.record(), self.now);
            if let Some(mut mirror) = mirror {
                mirror.scan = self.scan;
                changes.put(Row::Mirror(mirror));
            }
        }
    }

    fn add(
        &mut self,
        changes: &mut Changes,
        entity: &'a Entity,
        row: &IncomingRow<'_>,
    ) -> Result<(), Malformed> {
        let record = WholeRecord {
            id: &row.key.entity_id,
            version: row.version,
            updated_at: row.updated_at.filter(|_| row.updated_at().is_some()),
            local_id: row.local_id.as_deref(),
        };
        self.paged.add(changes, entity, record, row.own(&entity.id_field))
    }
}

/// R5, R6: without open writes the record goes and its going is told; with them, they wait for the server's word.
fn deleted(replica: &Replica, changes: &mut Changes, key: &RecordKey, now: Timestamp) {
    if replica.mirror(key).is_none() {
        return;
    }
    let built_in = replica
        .packs()
        .pack_of(&key.entity_type)
        .is_some_and(|pack| pack.name == system::NAME);
    if replica.lane(key).next().is_none() && !built_in {
        changes.put(notices::local_notice(
            replica,
            "deleted",
            key,
            Value::Array(Vec::new()),
            now,
        ));
    }
    changes.delete(RowKey::Mirror(key.clone()));
}

/// Whether the server may still take the write of somebody who can no longer see its record.
fn may_be_taken(replica: &Replica, write: &QueuedWrite) -> bool {
    let entity = replica.packs().entity(&write.entity_type);
    let pending = matches!(write.status, WriteStatus::Pending | WriteStatus::Syncing);
    pending
        && write.operation == Operation::Update
        && entity.is_some_and(|entity| entity.after_access.is_some())
}

fn revoked(replica: &Replica, changes: &mut Changes, key: &RecordKey, now: Timestamp) {
    let step = access_lost(replica, key, &WireError::of(Cause::AccessLost), now, |write| {
        may_be_taken(replica, write)
    });
    step.put.into_iter().for_each(|row| changes.put(row));
    step.delete.into_iter().for_each(|key| changes.delete(key));
}

/// At the end of a scan: what it did not bring is no longer there for this device.
fn drop_unconfirmed(replica: &Replica, changes: &mut Changes, scan: u32) {
    let mut confirmed = ordered::set(changes.put.iter().map(|row| row.key().text()));
    for page in &changes.pages {
        confirmed.extend((0..page.rows()).map(|row| RowKey::Mirror(page.key(row)).text()));
    }
    let unconfirmed = replica
        .mirrors()
        .filter(|(_, held)| held.scan() < scan && held.version() > 0);
    for (key, _) in unconfirmed {
        let key = RowKey::Mirror(key.clone());
        if !confirmed.contains(&key.text()) {
            changes.delete(key);
        }
    }
}
