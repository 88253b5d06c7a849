//! A page of a delta being filled: what a device is told about each record, against what it holds.

use std::collections::{BTreeMap, HashSet};

use holdfast_core::{
    pack::Entity,
    protocol::{Cursor, Delta, DeltaChanges, WireRecord},
};
use serde_json::Value;

use super::scope::Scope;
use crate::records;
use crate::storage::model::{Act, Membership, StoredRecord};
use crate::storage::port::{Result, Transaction};

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
    pub fn consider_with_company(
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
