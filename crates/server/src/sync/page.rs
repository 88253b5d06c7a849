//! A page of a delta being filled: what a device is told about each record, against what it holds.

use std::collections::{BTreeMap, HashSet};

use holdfast_core::{
    pack::Entity,
    protocol::{Cursor, DeltaChanges},
    system,
};

use super::delta::Delta;
use super::dialogue::{self, Effect, Effects};
use super::row::TextRow;
use super::scope::Scope;
use super::subject;
use crate::storage::model::Membership;
use crate::storage::port::{Result, Transaction};
use crate::storage::text::StoredText;

/// What a device is told about one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Whole,
    Changed,
    Deleted,
    Revoked,
    Nothing,
}

/// `renewed`: what was shown of a held record before was redacted.
fn step(
    membership: Option<Membership>,
    deleted: bool,
    readable: bool,
    (wanted, renewed): (bool, bool),
    changed: bool,
) -> Step {
    use Membership::{Doubted, Held};
    match (membership, deleted, readable) {
        (Some(Held | Doubted), true, _) => Step::Deleted,
        (Some(Held | Doubted), false, false) => Step::Revoked,
        (Some(Held), false, true) if renewed => Step::Whole,
        (Some(Held), false, true) if changed => Step::Changed,
        (Some(Held), false, true) => Step::Nothing,
        // Whether it is there or not, it is after this.
        (Some(Doubted), false, true) => Step::Whole,
        (_, false, true) if wanted => Step::Whole,
        _ => Step::Nothing,
    }
}

/// Where a page ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageLimit {
    /// What a device is told.
    pub rows: usize,
    /// Records of the log or of a walk that are looked at for it.
    pub looked_at: usize,
}

/// A page being filled. Nothing of it is true of the device before the page's cursor is presented.
pub(super) struct Page<'s, 'a> {
    scope: &'s Scope<'a>,
    /// The position that the device is at.
    since: u64,
    /// For a device that holds nothing, whatever it held before.
    afresh: bool,
    /// Of a walk: what the caller may see of other records may have changed since they were told.
    walk: bool,
    changes: DeltaChanges<TextRow>,
    effects: Effects,
    pub rows: usize,
    looked_at: usize,
    /// Records on this page, so that none comes twice.
    done: HashSet<(String, String)>,
}

impl<'s, 'a> Page<'s, 'a> {
    pub fn new(scope: &'s Scope<'a>, since: u64, afresh: bool) -> Self {
        Self {
            scope,
            since,
            afresh,
            walk: false,
            changes: DeltaChanges::default(),
            effects: Effects::default(),
            rows: 0,
            looked_at: 0,
            done: HashSet::new(),
        }
    }

    /// A page of a walk after the caller's scope changed.
    pub fn of_walk(scope: &'s Scope<'a>, since: u64) -> Self {
        Self {
            walk: true,
            ..Self::new(scope, since, false)
        }
    }

    /// Whether it ends behind the record that was looked at just now.
    pub fn is_full(&mut self, limit: PageLimit) -> bool {
        self.looked_at += 1;
        self.rows >= limit.rows || self.looked_at >= limit.looked_at
    }

    /// The page's answer to whoever presented `asked`. Where nothing has moved the device stays where it is.
    pub fn finish(
        self,
        tx: &mut dyn Transaction,
        asked: &Cursor,
        next: Cursor,
        has_more: bool,
        remaining: Option<u64>,
    ) -> Result<Delta> {
        // A cursor of the first form is replaced by a signed one as soon as it is presented.
        let stays = !self.afresh && self.effects.is_empty() && next == *asked && !asked.is_unsigned();
        let cursor = if stays {
            next
        } else {
            let names = || self.scope.set.entities.iter().map(|entity| entity.name.clone());
            let afresh = self.afresh.then(|| names().collect());
            dialogue::answer(tx, &self.scope.cx, next, afresh, self.effects)?
        };
        Ok(Delta {
            sync_timestamp: self.scope.cx.now,
            cursor: cursor.to_string(),
            has_more,
            remaining,
            changes: self.changes,
        })
    }

    /// What the record is to the device, without what this page says.
    pub fn membership(&self, tx: &dyn Transaction, record: &StoredText) -> Result<Option<Membership>> {
        if self.afresh {
            return Ok(None);
        }
        tx.membership(&self.scope.cx.caller.device_id, &record.entity, &record.id)
    }

    /// Whether an earlier record of this walk brings this one along.
    pub fn expects(&self, tx: &dyn Transaction, record: &StoredText) -> Result<bool> {
        let here = self
            .effects
            .get(&record.entity)
            .and_then(|ids| ids.get(&record.id));
        Ok(here == Some(&Effect::Expected) || self.membership(tx, record)? == Some(Membership::Expected))
    }

    /// Has a record that lies ahead come along when the walk gets to it.
    pub fn expect(&mut self, tx: &dyn Transaction, record: &StoredText) -> Result<()> {
        // What is doubted comes whole in any case.
        let comes = matches!(self.membership(tx, record)?, None | Some(Membership::Expected));
        if !record.deleted && comes {
            self.note(record, Effect::Expected);
        }
        Ok(())
    }

    fn note(&mut self, record: &StoredText, effect: Effect) {
        let ids = self.effects.entry(record.entity.clone()).or_default();
        ids.insert(record.id.clone(), effect);
    }

    /// Tells what there is to tell of a record, and of those that come along with it.
    pub fn consider_with_company(&mut self, tx: &dyn Transaction, record: StoredText) -> Result<()> {
        let mut open = vec![(record, false)];
        while let Some((record, along)) = open.pop() {
            for (entity, id) in self.consider(tx, record, along)? {
                let known = self.done.contains(&(entity.name.clone(), id.clone()));
                if let Some(brought) = (!known)
                    .then(|| tx.record_text(&entity.name, &id))
                    .transpose()?
                    .flatten()
                {
                    open.push((brought, true));
                }
            }
        }
        Ok(())
    }

    /// Tells what there is to tell of a record; answers what it brings along, if it is on the page. `along`: another
    /// record brings it.
    pub fn consider(
        &mut self,
        tx: &dyn Transaction,
        record: StoredText,
        along: bool,
    ) -> Result<Vec<(&'a Entity, String)>> {
        let nothing = Ok(Vec::new());
        let Some(entity) = self.scope.set.get(&record.entity) else {
            return nothing;
        };
        let membership = self.membership(tx, &record)?;
        let held = membership == Some(Membership::Held);
        if record.deleted && !held && membership != Some(Membership::Doubted) {
            return nothing;
        }
        let readable = self.scope.readable(entity, &record);
        let wanted = along || (!held && readable && self.scope.wanted(entity, &record));
        let changed = record.sequence > self.since;
        let renewed = (along || self.walk) && held && subject::is_about_another(&record.entity);
        let step = step(membership, record.deleted, readable, (wanted, renewed), changed);
        let first_time = self.done.insert((record.entity.clone(), record.id.clone()));
        if !first_time {
            return nothing;
        }
        match step {
            Step::Whole => self.note(&record, Effect::Held),
            Step::Deleted | Step::Revoked => self.note(&record, Effect::Gone),
            // It was to come along, and may not be read any more.
            Step::Nothing if self.expects(tx, &record)? => self.note(&record, Effect::Gone),
            Step::Changed | Step::Nothing => {}
        }
        let mut brought = match step {
            Step::Whole | Step::Changed => self.scope.brings(&record),
            _ => Vec::new(),
        };
        // It may be in sight again without being sent: a device does not get all that its user may read.
        let in_sight = step == Step::Whole || (step == Step::Nothing && changed && readable && !held);
        // A device that holds nothing has seen nothing redacted.
        let renews = in_sight && !self.afresh;
        for name in [system::CONFLICT, system::NOTICE] {
            if let Some(entity) = self.scope.set.get(name).filter(|_| renews) {
                let about = subject::about(tx, &self.scope.cx, name, &record)?;
                brought.extend(about.into_iter().map(|id| (entity, id)));
            }
        }
        self.tell(tx, entity, record, step)?;
        Ok(brought)
    }

    fn tell(&mut self, tx: &dyn Transaction, entity: &Entity, record: StoredText, step: Step) -> Result<()> {
        let cx = &self.scope.cx;
        let row = match step {
            Step::Whole => TextRow::whole(tx, cx, record)?,
            // The device may have a redacted copy, which changed fields alone would leave as it is.
            Step::Changed if subject::is_about_another(&record.entity) => TextRow::whole(tx, cx, record)?,
            Step::Changed => match TextRow::changed(tx, cx, entity, &record, self.since)? {
                Some(row) => row,
                None => TextRow::whole(tx, cx, record)?,
            },
            Step::Deleted => return self.leaves(entity, &record, true),
            Step::Revoked => return self.leaves(entity, &record, false),
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

    fn leaves(&mut self, entity: &Entity, record: &StoredText, deleted: bool) -> Result<()> {
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
