//! What a device's request would change of what is known of that device, worked out on a snapshot.
//!
//! A [`Draft`] reads a snapshot and keeps changes of the device's memberships and dialogues to itself: the work that
//! finds them out holds no write transaction. Its [`Changes`] are stored afterwards in a short one. Any other write is
//! refused as [`StorageError::NeedsWriter`]: such work has to be done in a write transaction from the beginning.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use holdfast_core::Timestamp;

use super::model::{
    AuditFilter, AuditRow, HistoryBound, HistoryEntry, HistoryRange, Membership, NewestVersions, StoredRecord,
};
use super::port::{IdentityReader, IdentityWriter, Result, StorageError, Transaction};
use super::text::StoredText;

/// Dialogues of a device, as JSON, by the name of the entity set.
type Dialogues = BTreeMap<String, String>;

/// A snapshot, with changes of one device over it.
pub struct Draft<'a> {
    snapshot: &'a dyn Transaction,
    device: &'a str,
    changes: Changes,
}

/// What is to be stored of a draft.
#[derive(Debug, Default)]
pub struct Changes {
    /// Entities of which all memberships of the snapshot go.
    cleared: BTreeSet<String>,
    /// By entity, then id; `None` for one that goes.
    memberships: HashMap<String, HashMap<String, Option<Membership>>>,
    dialogues: BTreeMap<String, Option<String>>,
    /// What the changes were worked out from.
    seen: Dialogues,
}

impl Changes {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.cleared.is_empty() && self.memberships.is_empty() && self.dialogues.is_empty()
    }

    /// Stores them; `false`, and stores nothing, if the device was told something else since the snapshot.
    pub fn store(self, tx: &mut dyn Transaction, device: &str) -> Result<bool> {
        if tx.dialogues(device)? != self.seen {
            return Ok(false);
        }
        for entity in &self.cleared {
            tx.clear_memberships(device, entity)?;
        }
        for (entity, ids) in &self.memberships {
            for (id, membership) in ids {
                match membership {
                    Some(membership) => tx.put_membership(device, entity, id, *membership)?,
                    None if self.cleared.contains(entity) => {}
                    None => tx.drop_membership(device, entity, id)?,
                }
            }
        }
        for (entity_set, dialogue) in &self.dialogues {
            match dialogue {
                Some(dialogue) => tx.put_dialogue(device, entity_set, dialogue)?,
                None => tx.drop_dialogue(device, entity_set)?,
            }
        }
        Ok(true)
    }
}

impl<'a> Draft<'a> {
    /// A draft of changes of this device.
    pub fn new(snapshot: &'a dyn Transaction, device: &'a str) -> Result<Self> {
        let changes = Changes {
            seen: snapshot.dialogues(device)?,
            ..Changes::default()
        };
        Ok(Self {
            snapshot,
            device,
            changes,
        })
    }

    pub fn into_changes(self) -> Changes {
        self.changes
    }

    /// The changes of this device; of another there are none.
    fn of(&mut self, device: &str) -> Result<&mut Changes> {
        match device == self.device {
            true => Ok(&mut self.changes),
            false => Err(StorageError::NeedsWriter),
        }
    }

    fn set(&mut self, device: &str, entity: &str, id: &str, membership: Option<Membership>) -> Result<()> {
        let entities = &mut self.of(device)?.memberships;
        let ids = match entities.get_mut(entity) {
            Some(ids) => ids,
            None => entities.entry(entity.to_owned()).or_default(),
        };
        ids.insert(id.to_owned(), membership);
        Ok(())
    }
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("device", &self.device)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

const REFUSED: Result<()> = Err(StorageError::NeedsWriter);

impl Transaction for Draft<'_> {
    fn membership(&self, device: &str, entity: &str, id: &str) -> Result<Option<Membership>> {
        if device == self.device {
            let changed = self.changes.memberships.get(entity).and_then(|ids| ids.get(id));
            if let Some(membership) = changed {
                return Ok(*membership);
            }
            if self.changes.cleared.contains(entity) {
                return Ok(None);
            }
        }
        self.snapshot.membership(device, entity, id)
    }

    fn put_membership(&mut self, device: &str, entity: &str, id: &str, membership: Membership) -> Result<()> {
        self.set(device, entity, id, Some(membership))
    }

    fn drop_membership(&mut self, device: &str, entity: &str, id: &str) -> Result<()> {
        self.set(device, entity, id, None)
    }

    fn clear_memberships(&mut self, device: &str, entity: &str) -> Result<()> {
        let changes = self.of(device)?;
        changes.memberships.remove(entity);
        changes.cleared.insert(entity.to_owned());
        Ok(())
    }

    fn held(&self, device: &str, entity: &str) -> Result<Vec<StoredRecord>> {
        let changed = self.changes.memberships.contains_key(entity) || self.changes.cleared.contains(entity);
        match changed && device == self.device {
            true => Err(StorageError::NeedsWriter),
            false => self.snapshot.held(device, entity),
        }
    }

    fn dialogues(&self, device: &str) -> Result<Dialogues> {
        if device != self.device {
            return self.snapshot.dialogues(device);
        }
        let mut dialogues = self.changes.seen.clone();
        for (entity_set, dialogue) in &self.changes.dialogues {
            match dialogue {
                Some(dialogue) => dialogues.insert(entity_set.clone(), dialogue.clone()),
                None => dialogues.remove(entity_set),
            };
        }
        Ok(dialogues)
    }

    fn put_dialogue(&mut self, device: &str, entity_set: &str, dialogue: &str) -> Result<()> {
        let dialogues = &mut self.of(device)?.dialogues;
        dialogues.insert(entity_set.to_owned(), Some(dialogue.to_owned()));
        Ok(())
    }

    fn drop_dialogue(&mut self, device: &str, entity_set: &str) -> Result<()> {
        self.of(device)?.dialogues.insert(entity_set.to_owned(), None);
        Ok(())
    }

    fn meta(&self, name: &str) -> Result<Option<String>> {
        self.snapshot.meta(name)
    }

    fn last_sequence(&self) -> Result<u64> {
        self.snapshot.last_sequence()
    }

    fn record(&self, entity: &str, id: &str) -> Result<Option<StoredRecord>> {
        self.snapshot.record(entity, id)
    }

    fn record_text(&self, entity: &str, id: &str) -> Result<Option<StoredText>> {
        self.snapshot.record_text(entity, id)
    }

    fn records_after(&self, entity: &str, after: Option<&str>, limit: usize) -> Result<Vec<StoredText>> {
        self.snapshot.records_after(entity, after, limit)
    }

    fn changes_after(&self, sequence: u64, limit: usize) -> Result<Vec<StoredText>> {
        self.snapshot.changes_after(sequence, limit)
    }

    fn log_time(&self, sequence: u64) -> Result<Option<Timestamp>> {
        self.snapshot.log_time(sequence)
    }

    fn position_at(&self, time: Timestamp) -> Result<u64> {
        self.snapshot.position_at(time)
    }

    fn history_page(
        &self,
        entity: &str,
        id: &str,
        version: u64,
        bound: HistoryBound,
    ) -> Result<Vec<HistoryEntry>> {
        self.snapshot.history_page(entity, id, version, bound)
    }

    fn newest_versions(
        &self,
        entity: &str,
        id: &str,
        range: HistoryRange,
        bound: HistoryBound,
    ) -> Result<NewestVersions> {
        self.snapshot.newest_versions(entity, id, range, bound)
    }

    fn key_holder(
        &self,
        entity: &str,
        name: &str,
        value: &str,
        besides: Option<&str>,
    ) -> Result<Option<String>> {
        self.snapshot.key_holder(entity, name, value, besides)
    }

    fn key_holders(&self, entity: &str, name: &str, value: &str, limit: usize) -> Result<Vec<String>> {
        self.snapshot.key_holders(entity, name, value, limit)
    }

    fn alias(&self, device: &str, entity: &str, local_id: &str) -> Result<Option<String>> {
        self.snapshot.alias(device, entity, local_id)
    }

    fn answer(&self, device: &str, key: &str) -> Result<Option<String>> {
        self.snapshot.answer(device, key)
    }

    fn audit(&self, id: &str) -> Result<Option<AuditRow>> {
        self.snapshot.audit(id)
    }

    fn audits(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
        self.snapshot.audits(filter)
    }

    fn identity(&self) -> &dyn IdentityReader {
        self.snapshot.identity()
    }

    fn identity_mut(&mut self) -> Result<&mut dyn IdentityWriter> {
        Err(StorageError::NeedsWriter)
    }

    fn savepoint(&mut self) -> Result<()> {
        REFUSED
    }

    fn release(&mut self) -> Result<()> {
        REFUSED
    }

    fn rollback(&mut self) -> Result<()> {
        REFUSED
    }

    fn put_meta(&mut self, _name: &str, _value: &str) -> Result<()> {
        REFUSED
    }

    fn put_version(&mut self, _record: &StoredRecord, _entry: &HistoryEntry) -> Result<()> {
        REFUSED
    }

    fn put_key(&mut self, _entity: &str, _name: &str, _value: &str, _id: &str) -> Result<()> {
        REFUSED
    }

    fn drop_key(&mut self, _entity: &str, _name: &str, _value: &str, _id: &str) -> Result<()> {
        REFUSED
    }

    fn clear_keys(&mut self, _entity: &str, _name: &str) -> Result<()> {
        REFUSED
    }

    fn put_alias(&mut self, _device: &str, _entity: &str, _local_id: &str, _id: &str) -> Result<()> {
        REFUSED
    }

    fn put_answer(&mut self, _device: &str, _key: &str, _answer: &str) -> Result<()> {
        REFUSED
    }

    fn put_audit(&mut self, _row: &AuditRow) -> Result<()> {
        REFUSED
    }
}

#[cfg(test)]
mod tests;
