use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use holdfast_core::Timestamp;

use super::identity_tables::IdentityTables;
use super::tables::{TABLES, Tables};
use crate::storage::log_time::{self, Run};
use crate::storage::model::{
    AuditFilter, AuditRow, HistoryBound, HistoryEntry, HistoryRange, Membership, NewestVersions, StoredRecord,
};
use crate::storage::port::{IdentityReader, IdentityWriter, Result, StorageError, Transaction};
use crate::storage::text::StoredText;

#[derive(Debug)]
pub(super) struct MemoryTransaction<'a> {
    tables: &'a mut Tables,
    savepoints: Vec<[usize; TABLES]>,
}

impl<'a> MemoryTransaction<'a> {
    pub fn new(tables: &'a mut Tables) -> Self {
        Self {
            tables,
            savepoints: Vec::new(),
        }
    }

    /// The tables, for writing; or the fault that was asked for.
    fn writing(&mut self) -> Result<&mut Tables> {
        match self.tables.fault_after {
            Some(0) => {
                self.tables.fault_after = None;
                Err(StorageError::Injected)
            }
            Some(writes) => {
                self.tables.fault_after = Some(writes - 1);
                Ok(self.tables)
            }
            None => Ok(self.tables),
        }
    }

    pub(super) fn identity_tables(&self) -> &IdentityTables {
        &self.tables.identity
    }

    pub(super) fn identity_tables_mut(&mut self) -> &mut IdentityTables {
        &mut self.tables.identity
    }

    /// The run of the change log's times that a position belongs to.
    fn log_run(&self, sequence: u64) -> Option<Run> {
        let (&sequence, &time) = self.tables.log_times.rows().range(..=sequence).next_back()?;
        Some(Run { sequence, time })
    }

    fn closed_savepoint(&mut self) -> Result<[usize; TABLES]> {
        self.savepoints
            .pop()
            .ok_or_else(|| StorageError::Inconsistent("no savepoint is open".into()))
    }

    fn versions_after(&self, entity: &str, id: &str, version: u64) -> Vec<HistoryEntry> {
        let key = pair(entity, id);
        let range = (Excluded((key.clone(), version)), Unbounded);
        let rows = self
            .tables
            .history
            .rows()
            .range(range)
            .take_while(|((of, _), _)| *of == key);
        rows.map(|(_, entry)| entry.clone()).collect()
    }
}

fn pair(first: &str, second: &str) -> (String, String) {
    (first.to_owned(), second.to_owned())
}

fn triple(first: &str, second: &str, third: &str) -> (String, String, String) {
    (first.to_owned(), second.to_owned(), third.to_owned())
}

impl Transaction for MemoryTransaction<'_> {
    fn savepoint(&mut self) -> Result<()> {
        let marks = self.tables.mark();
        self.savepoints.push(marks);
        Ok(())
    }

    fn release(&mut self) -> Result<()> {
        self.closed_savepoint().map(drop)
    }

    fn rollback(&mut self) -> Result<()> {
        let marks = self.closed_savepoint()?;
        self.tables.rewind(marks);
        Ok(())
    }

    fn meta(&self, name: &str) -> Result<Option<String>> {
        Ok(self.tables.meta.rows().get(name).cloned())
    }

    fn put_meta(&mut self, name: &str, value: &str) -> Result<()> {
        self.writing()?.meta.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    fn last_sequence(&self) -> Result<u64> {
        Ok(self
            .tables
            .log
            .rows()
            .last_key_value()
            .map_or(0, |(sequence, _)| *sequence))
    }

    fn record(&self, entity: &str, id: &str) -> Result<Option<StoredRecord>> {
        Ok(self.tables.records.rows().get(&pair(entity, id)).cloned())
    }

    fn record_text(&self, entity: &str, id: &str) -> Result<Option<StoredText>> {
        let record = self.tables.records.rows().get(&pair(entity, id));
        record.map(StoredText::of).transpose()
    }

    fn put_version(&mut self, record: &StoredRecord, entry: &HistoryEntry) -> Result<()> {
        let begun = Run::begun_at(record.sequence, record.updated_at, self.log_run(record.sequence));
        let tables = self.writing()?;
        if let Some(run) = begun {
            tables.log_times.insert(run.sequence, run.time);
        }
        let key = pair(&record.entity, &record.id);
        if let Some(former) = tables.records.rows().get(&key) {
            let sequence = former.sequence;
            tables.log.remove(&sequence);
        }
        tables.log.insert(record.sequence, key.clone());
        tables.history.insert((key.clone(), entry.version), entry.clone());
        tables.records.insert(key, record.clone());
        Ok(())
    }

    fn records_after(&self, entity: &str, after: Option<&str>, limit: usize) -> Result<Vec<StoredText>> {
        let start = Excluded(pair(entity, after.unwrap_or_default()));
        let rows = self.tables.records.rows().range((start, Unbounded));
        let of_entity = rows.take_while(|((of, _), _)| of == entity);
        of_entity
            .take(limit)
            .map(|(_, record)| StoredText::of(record))
            .collect()
    }

    fn changes_after(&self, sequence: u64, limit: usize) -> Result<Vec<StoredText>> {
        let rows = self
            .tables
            .log
            .rows()
            .range((Excluded(sequence), Unbounded))
            .take(limit);
        rows.filter_map(|(_, key)| self.tables.records.rows().get(key))
            .map(StoredText::of)
            .collect()
    }

    fn log_time(&self, sequence: u64) -> Result<Option<Timestamp>> {
        let run = self.log_run(sequence);
        Ok(run.map(|run| log_time::timestamp(run.time_of(sequence))))
    }

    fn position_at(&self, time: Timestamp) -> Result<u64> {
        let time = log_time::micros(time);
        let runs = self.tables.log_times.rows();
        let Some((&sequence, &begun)) = runs.iter().rev().find(|(_, begun)| **begun <= time) else {
            return Ok(0);
        };
        let end = match runs.range((Excluded(sequence), Unbounded)).next() {
            Some((next, _)) => *next,
            None => self.last_sequence()? + 1,
        };
        let run = Run {
            sequence,
            time: begun,
        };
        Ok(run.position_at(time, end))
    }

    fn history_page(
        &self,
        entity: &str,
        id: &str,
        version: u64,
        bound: HistoryBound,
    ) -> Result<Vec<HistoryEntry>> {
        let entries = self.versions_after(entity, id, version);
        Ok(bounded(entries.into_iter(), bound)?.0)
    }

    fn newest_versions(
        &self,
        entity: &str,
        id: &str,
        range: HistoryRange,
        bound: HistoryBound,
    ) -> Result<NewestVersions> {
        let mut entries = self.versions_after(entity, id, range.after);
        entries.retain(|entry| entry.sequence > range.since && entry.version < range.before);
        let (mut entries, complete) = bounded(entries.into_iter().rev(), bound)?;
        entries.reverse();
        Ok(NewestVersions { entries, complete })
    }

    fn key_holder(
        &self,
        entity: &str,
        name: &str,
        value: &str,
        besides: Option<&str>,
    ) -> Result<Option<String>> {
        let key = triple(entity, name, value);
        let holders = self.tables.keys.rows().range((key.clone(), String::new())..);
        let mut holders = holders.map(|(row, ())| row).take_while(|row| row.0 == key);
        let holder = holders.find(|row| Some(row.1.as_str()) != besides);
        Ok(holder.map(|row| row.1.clone()))
    }

    fn key_holders(&self, entity: &str, name: &str, value: &str, limit: usize) -> Result<Vec<String>> {
        let key = triple(entity, name, value);
        let holders = self.tables.keys.rows().range((key.clone(), String::new())..);
        let holders = holders.map(|(row, ())| row).take_while(|row| row.0 == key);
        Ok(holders.take(limit).map(|row| row.1.clone()).collect())
    }

    fn put_key(&mut self, entity: &str, name: &str, value: &str, id: &str) -> Result<()> {
        self.writing()?
            .keys
            .insert((triple(entity, name, value), id.to_owned()), ());
        Ok(())
    }

    fn drop_key(&mut self, entity: &str, name: &str, value: &str, id: &str) -> Result<()> {
        let row = (triple(entity, name, value), id.to_owned());
        self.writing()?.keys.remove(&row);
        Ok(())
    }

    fn clear_keys(&mut self, entity: &str, name: &str) -> Result<()> {
        let first = (triple(entity, name, ""), String::new());
        let keys = self.tables.keys.rows().range(first..).map(|(row, ())| row);
        let of_kind = keys.take_while(|(key, _)| key.0 == entity && key.1 == name);
        let gone: Vec<_> = of_kind.cloned().collect();
        let tables = self.writing()?;
        gone.iter().for_each(|row| tables.keys.remove(row));
        Ok(())
    }

    fn alias(&self, device: &str, entity: &str, local_id: &str) -> Result<Option<String>> {
        let key = triple(device, entity, local_id);
        Ok(self.tables.aliases.rows().get(&key).cloned())
    }

    fn put_alias(&mut self, device: &str, entity: &str, local_id: &str, id: &str) -> Result<()> {
        let key = triple(device, entity, local_id);
        self.writing()?.aliases.insert(key, id.to_owned());
        Ok(())
    }

    fn answer(&self, device: &str, key: &str) -> Result<Option<String>> {
        Ok(self.tables.ledger.rows().get(&pair(device, key)).cloned())
    }

    fn put_answer(&mut self, device: &str, key: &str, answer: &str) -> Result<()> {
        self.writing()?
            .ledger
            .insert(pair(device, key), answer.to_owned());
        Ok(())
    }

    fn membership(&self, device: &str, entity: &str, id: &str) -> Result<Option<Membership>> {
        Ok(self
            .tables
            .memberships
            .rows()
            .get(&(device.to_owned(), pair(entity, id)))
            .copied())
    }

    fn put_membership(&mut self, device: &str, entity: &str, id: &str, membership: Membership) -> Result<()> {
        self.writing()?
            .memberships
            .insert((device.to_owned(), pair(entity, id)), membership);
        Ok(())
    }

    fn drop_membership(&mut self, device: &str, entity: &str, id: &str) -> Result<()> {
        self.writing()?
            .memberships
            .remove(&(device.to_owned(), pair(entity, id)));
        Ok(())
    }

    fn clear_memberships(&mut self, device: &str, entity: &str) -> Result<()> {
        let tables = self.writing()?;
        let keys: Vec<_> = tables
            .memberships
            .rows()
            .keys()
            .filter(|(of, (e, _))| of == device && e == entity)
            .cloned()
            .collect();
        keys.iter().for_each(|key| tables.memberships.remove(key));
        Ok(())
    }

    fn held(&self, device: &str, entity: &str) -> Result<Vec<StoredRecord>> {
        let start = Excluded((device.to_owned(), pair(entity, "")));
        let rows = self.tables.memberships.rows().range((start, Unbounded));
        let rows = rows.take_while(|((of, (e, _)), _)| of == device && e == entity);
        let held = rows.filter(|(_, membership)| **membership == Membership::Held);
        let records = held.filter_map(|((_, key), _)| self.tables.records.rows().get(key));
        Ok(records.filter(|record| !record.deleted).cloned().collect())
    }

    fn dialogues(&self, device: &str) -> Result<BTreeMap<String, String>> {
        let start = Excluded(pair(device, ""));
        let rows = self.tables.dialogues.rows().range((start, Unbounded));
        let own = rows.take_while(|((of, _), _)| of == device);
        Ok(own.map(|((_, set), text)| (set.clone(), text.clone())).collect())
    }

    fn put_dialogue(&mut self, device: &str, entity_set: &str, dialogue: &str) -> Result<()> {
        self.writing()?
            .dialogues
            .insert(pair(device, entity_set), dialogue.to_owned());
        Ok(())
    }

    fn drop_dialogue(&mut self, device: &str, entity_set: &str) -> Result<()> {
        self.writing()?.dialogues.remove(&pair(device, entity_set));
        Ok(())
    }

    fn put_audit(&mut self, row: &AuditRow) -> Result<()> {
        let tables = self.writing()?;
        let number = tables
            .audit
            .rows()
            .last_key_value()
            .map_or(1, |(number, _)| number + 1);
        tables.audit.insert(
            number,
            AuditRow {
                number,
                ..row.clone()
            },
        );
        Ok(())
    }

    fn audit(&self, id: &str) -> Result<Option<AuditRow>> {
        Ok(self
            .tables
            .audit
            .rows()
            .values()
            .find(|row| row.id == id)
            .cloned())
    }

    fn audits(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
        let fits =
            |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|wanted| wanted == actual);
        let rows = self.tables.audit.rows().values().rev().filter(|row| {
            fits(&filter.entity, &row.entity)
                && fits(&filter.record_id, &row.record_id)
                && fits(&filter.user_id, &row.user_id)
                && filter.before.is_none_or(|before| row.number < before)
        });
        Ok(rows.take(filter.limit).cloned().collect())
    }

    fn identity(&self) -> &dyn IdentityReader {
        self
    }

    fn identity_mut(&mut self) -> Result<&mut dyn IdentityWriter> {
        Ok(self)
    }
}

/// The first entries, as far as they are within the bound; whether these are all.
fn bounded(
    entries: impl Iterator<Item = HistoryEntry>,
    bound: HistoryBound,
) -> Result<(Vec<HistoryEntry>, bool)> {
    let (mut taken, mut bytes) = (Vec::new(), 0);
    for entry in entries {
        let text = serde_json::to_string(&entry.changes);
        let size = text
            .map_err(|error| StorageError::Inconsistent(error.to_string()))?
            .len();
        if taken.len() == bound.versions || (!taken.is_empty() && bytes + size > bound.bytes) {
            return Ok((taken, false));
        }
        bytes += size;
        taken.push(entry);
    }
    Ok((taken, true))
}
