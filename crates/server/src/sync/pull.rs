//! `GET /sync/delta` and `/sync/records`: what a device is told of others' changes.
//!
//! A device begins with a scan of everything it wants ([`super::walk`]), and then follows the change log: each answer
//! carries records changed after its cursor, as the fields that changed since the position that the device is at. The
//! log holds each record once, at its last change, and is written by one transaction at a time, so a position never
//! gains an entry before it.
//!
//! When the roles or sites of the caller changed, records may have come into scope, or left it, without having changed
//! themselves: then everything is walked through again, against what the device holds.

use std::collections::{BTreeMap, HashSet};

use holdfast_core::{
    Timestamp,
    pack::Entity,
    protocol::{Cursor, Delta, DeltaChanges, WireRecord},
    system,
};
use serde_json::Value;

use super::scope::{self, EntitySet, Scope};
use super::{Answer, Context, Refusal, readers, walk};
use crate::records::{self, epoch};
use crate::storage::model::{Act, Membership, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// Rows of a page, if the device does not say.
pub const DEFAULT_LIMIT: usize = 500;
/// Rows of a page at most.
pub const MAXIMAL_LIMIT: usize = 1_000;
/// Ids that may be asked for at once.
pub const IDS_LIMIT: usize = 200;

/// What a device asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeltaRequest {
    /// A cursor, or an RFC 3339 time; a scan begins, if absent.
    pub since: Option<String>,
    /// Plural names, comma-separated; all entities, if absent.
    pub entities: Option<String>,
    pub limit: Option<usize>,
}

/// One page of changes.
pub fn delta(tx: &mut dyn Transaction, cx: &Context<'_>, request: &DeltaRequest) -> Answer<Delta> {
    let limit = request.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAXIMAL_LIMIT).contains(&limit) {
        return Ok(Err(Refusal::malformed(format!(
            "limit must be 1 to {MAXIMAL_LIMIT}."
        ))));
    }
    let set = match EntitySet::parse(cx.packs, request.entities.as_deref()) {
        Ok(set) => set,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let epoch = epoch::current(tx, cx.rng)?;
    let scope = Scope::of(tx, cx, set)?;
    let Some(since) = &request.since else {
        return walk::begin(tx, scope, &epoch, limit).map(Ok);
    };
    let cursor = match since.parse::<Cursor>() {
        Ok(cursor) => cursor,
        Err(unreadable) => match since.parse::<Timestamp>() {
            Ok(time) => return readers::changed_since(tx, &scope, &epoch, time, limit).map(Ok),
            Err(_) => return Ok(Err(Refusal::malformed(unreadable.to_string()))),
        },
    };
    if let Some(refusal) = check(tx, &scope, &cursor, &epoch)? {
        return Ok(Err(refusal));
    }
    if cursor.scan.is_none() {
        tx.rewind_memberships(&cx.caller.device_id, cursor.sequence)?;
    }
    match &cursor.scan {
        Some(position) => walk::resume(tx, scope, &cursor, position, limit),
        None if scope_changed(tx, cx, cursor.sequence)? => walk::again(tx, scope, &cursor, limit).map(Ok),
        None => follow(tx, scope, &cursor, limit).map(Ok),
    }
}

/// Why a cursor is of no use here, if it is not. A cursor that knows more than this database does tells that history
/// was lost, and begins a new epoch.
fn check(
    tx: &mut dyn Transaction,
    scope: &Scope<'_>,
    cursor: &Cursor,
    epoch: &str,
) -> Result<Option<Refusal>> {
    let gone = || {
        Refusal::gone(
            "The server was restored from a backup. Start again without a cursor; nothing unsent is lost.",
        )
    };
    if cursor.epoch != epoch {
        return Ok(Some(gone()));
    }
    if cursor.sequence > tx.last_sequence()? {
        let entities: Vec<&str> = scope
            .cx
            .packs
            .entities()
            .map(|(_, entity)| entity.name.as_str())
            .collect();
        epoch::renew(tx, scope.cx.rng, &entities)?;
        return Ok(Some(gone()));
    }
    let other = cursor.entity_set != scope.set.hash;
    Ok(other.then(|| {
        Refusal::malformed("This cursor belongs to another set of entities. Start again without it.")
    }))
}

/// Whether roles or sites of the caller changed after a position.
fn scope_changed(tx: &dyn Transaction, cx: &Context<'_>, since: u64) -> Result<bool> {
    let entries = tx.history_since(system::USER, &cx.caller.me.user_id, since)?;
    let decisive = ["roles", "sites"];
    Ok(entries
        .iter()
        .any(|entry| decisive.iter().any(|field| entry.changes.contains_key(*field))))
}

/// What changed after the cursor, in the order of the log.
fn follow(tx: &mut dyn Transaction, scope: Scope<'_>, cursor: &Cursor, limit: usize) -> Result<Delta> {
    let end = tx.last_sequence()?;
    let mut page = Page::new(&scope, cursor.sequence);
    let mut position = cursor.sequence;
    'log: while position < end {
        for record in tx.changes_after(position, limit)? {
            position = record.sequence;
            page.consider_with_company(tx, &record, position)?;
            if page.rows >= limit {
                break 'log;
            }
        }
    }
    let next = Cursor {
        sequence: position,
        ..cursor.clone()
    };
    Ok(page.finish(next, position < end, None))
}

/// What a device is told about one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Whole,
    Changed,
    Deleted,
    Revoked,
    Nothing,
}

fn step(held: bool, deleted: bool, readable: bool, wanted: bool, changed: bool) -> Step {
    match (held, deleted, readable) {
        (true, true, _) => Step::Deleted,
        (true, false, false) => Step::Revoked,
        (true, false, true) if changed => Step::Changed,
        (false, false, true) if wanted => Step::Whole,
        _ => Step::Nothing,
    }
}

/// A page being filled.
pub(super) struct Page<'s, 'a> {
    scope: &'s Scope<'a>,
    /// The position that the device is at.
    since: u64,
    changes: DeltaChanges,
    pub rows: usize,
    /// Records on this page, so that none comes twice.
    done: HashSet<(String, String)>,
}

impl<'s, 'a> Page<'s, 'a> {
    pub fn new(scope: &'s Scope<'a>, since: u64) -> Self {
        Self {
            scope,
            since,
            changes: DeltaChanges::default(),
            rows: 0,
            done: HashSet::new(),
        }
    }

    /// The position that the device is at.
    pub fn since(&self) -> u64 {
        self.since
    }

    pub fn finish(self, next: Cursor, has_more: bool, remaining: Option<u64>) -> Delta {
        Delta {
            sync_timestamp: self.scope.cx.now,
            cursor: next.to_string(),
            has_more,
            remaining,
            changes: self.changes,
        }
    }

    /// Tells what there is to tell of a record, and of those that come along with it. `at`: a position past the
    /// device's, and not past the answer's.
    fn consider_with_company(
        &mut self,
        tx: &mut dyn Transaction,
        record: &StoredRecord,
        at: u64,
    ) -> Result<()> {
        let mut open = vec![(record.clone(), false)];
        while let Some((record, along)) = open.pop() {
            if !self.consider(tx, &record, along, at)? {
                continue;
            }
            for (entity, id) in self.scope.brings(&record) {
                let known = self.done.contains(&(entity.name.clone(), id.clone()));
                if let Some(brought) = (!known)
                    .then(|| tx.record(&entity.name, &id))
                    .transpose()?
                    .flatten()
                {
                    open.push((brought, true));
                }
            }
        }
        Ok(())
    }

    /// Tells what there is to tell of a record; whether it is on the page. `along`: another record brings it.
    pub fn consider(
        &mut self,
        tx: &mut dyn Transaction,
        record: &StoredRecord,
        along: bool,
        at: u64,
    ) -> Result<bool> {
        let Some(entity) = self.scope.set.get(&record.entity) else {
            return Ok(false);
        };
        let device = &self.scope.cx.caller.device_id;
        let membership = tx.membership(device, &record.entity, &record.id)?;
        let held = membership.is_some_and(|membership| membership.held_at(self.since));
        if !held && record.deleted {
            return Ok(false);
        }
        let readable = self.scope.readable(entity, record);
        let wanted = along || (!held && readable && self.scope.wanted(entity, record));
        let step = step(
            held,
            record.deleted,
            readable,
            wanted,
            record.sequence > self.since,
        );
        let first_time = self.done.insert((record.entity.clone(), record.id.clone()));
        if !first_time {
            return Ok(false);
        }
        self.tell(tx, entity, record, step)?;
        let sent = membership.map_or(at, |membership| membership.sent);
        let next = match step {
            Step::Whole => Some(Membership { sent: at, left: None }),
            Step::Deleted | Step::Revoked => Some(Membership { sent, left: Some(at) }),
            // A page of a walk that was lost may have said that it leaves.
            Step::Changed | Step::Nothing => held.then_some(Membership { sent, left: None }),
        };
        if let Some(next) = next.filter(|next| membership != Some(*next)) {
            tx.put_membership(device, &record.entity, &record.id, next)?;
        }
        Ok(matches!(step, Step::Whole | Step::Changed))
    }

    fn tell(
        &mut self,
        tx: &dyn Transaction,
        entity: &Entity,
        record: &StoredRecord,
        step: Step,
    ) -> Result<()> {
        let row = match step {
            Step::Whole => records::whole(entity, record),
            Step::Changed => changed_row(tx, entity, record, self.since)?,
            Step::Deleted => return self.leaves(entity, record, true),
            Step::Revoked => return self.leaves(entity, record, false),
            Step::Nothing => return Ok(()),
        };
        self.rows += 1;
        self.changes
            .records
            .entry(entity.collection())
            .or_default()
            .push(row);
        Ok(())
    }

    fn leaves(&mut self, entity: &Entity, record: &StoredRecord, deleted: bool) -> Result<()> {
        self.rows += 1;
        let ids: &mut BTreeMap<String, Vec<String>> = if deleted {
            &mut self.changes.deleted_ids
        } else {
            &mut self.changes.revoked_ids
        };
        ids.entry(entity.collection())
            .or_default()
            .push(record.id.clone());
        Ok(())
    }
}

/// The fields that changed after a position; the whole record, if it was created or came back since.
fn changed_row(
    tx: &dyn Transaction,
    entity: &Entity,
    record: &StoredRecord,
    since: u64,
) -> Result<WireRecord> {
    let entries = tx.history_since(&record.entity, &record.id, since)?;
    let only_updates = entries.iter().all(|entry| entry.act == Act::Update);
    let Some(first) = entries.first().filter(|_| only_updates) else {
        return Ok(records::whole(entity, record));
    };
    let names = entries.iter().flat_map(|entry| entry.changes.keys());
    let fields = names
        .map(|name| {
            (
                name.clone(),
                record.fields.get(name).cloned().unwrap_or(Value::Null),
            )
        })
        .collect();
    let (id_field, base) = (&entity.id_field, Some(first.version - 1));
    Ok(WireRecord::assemble(
        id_field,
        &record.id,
        &fields,
        record.version,
        base,
        record.updated_at,
        None,
    ))
}

/// `GET /sync/records`: whole records of these ids that the caller may read; the others are absent. The device holds
/// them from now on.
pub fn whole_records(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    plural: &str,
    ids: &[&str],
) -> Answer<Vec<WireRecord>> {
    let Some(entity) = cx.packs.entity_by_plural(plural) else {
        return Ok(Err(Refusal::malformed(format!(
            "There are no \"{plural}\" here; ask for others."
        ))));
    };
    if ids.len() > IDS_LIMIT {
        return Ok(Err(Refusal::too_large(format!(
            "Ask for at most {IDS_LIMIT} ids at once."
        ))));
    }
    let mut found = Vec::new();
    for id in ids {
        let id = records::ids::resolve(tx, &entity.name, id)?;
        let record = tx
            .record(&entity.name, &id)?
            .filter(|record| !record.deleted && cx.readable(entity, record));
        if let Some(record) = record {
            scope::hold(tx, &cx.caller.device_id, &entity.name, &record.id)?;
            found.push(records::whole(entity, &record));
        }
    }
    Ok(Ok(found))
}
