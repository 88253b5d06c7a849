//! The storage port in SQLite.

use std::collections::BTreeMap;

use holdfast_core::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::history;
use super::rows::{read_audit, read_record};
use super::value::{Json, Millis, within};
use crate::storage::log_time::{self, Run};
use crate::storage::model::{
    AuditFilter, AuditRow, HistoryBound, HistoryEntry, HistoryRange, Membership, NewestVersions, StoredRecord,
};
use crate::storage::port::{IdentityReader, IdentityWriter, Result, Transaction};
use crate::storage::text::StoredText;

const RECORD: &str = "SELECT * FROM records WHERE entity = ?1 AND id = ?2";

/// The tables of records as one transaction (or one read snapshot) sees them.
#[derive(Debug)]
pub(crate) struct SqliteTransaction<'a> {
    connection: &'a Connection,
    depth: usize,
}

impl<'a> SqliteTransaction<'a> {
    pub fn new(connection: &'a Connection) -> Self {
        Self { connection, depth: 0 }
    }

    pub(super) fn one<T>(
        &self,
        sql: &str,
        key: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self
            .connection
            .prepare_cached(sql)?
            .query_row(key, read)
            .optional()?)
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        key: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(key, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Runs a statement; says how many rows it changed.
    pub(super) fn execute(&self, sql: &str, values: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(values)?)
    }

    pub(super) fn run(&self, sql: &str, values: impl Params) -> Result<()> {
        self.execute(sql, values).map(drop)
    }

    fn nested(&self, command: &str) -> Result<()> {
        self.run(&format!("{command} nested_{}", self.depth), [])
    }

    /// The run of the change log's times that a position belongs to.
    fn log_run(&self, sequence: u64) -> Result<Option<Run>> {
        let sql = "SELECT sequence, time FROM log_times WHERE sequence <= ?1 ORDER BY sequence DESC LIMIT 1";
        self.one(sql, [within(sequence)], read_run)
    }
}

fn read_run(row: &rusqlite::Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        sequence: row.get(0)?,
        time: row.get(1)?,
    })
}

impl Transaction for SqliteTransaction<'_> {
    fn savepoint(&mut self) -> Result<()> {
        self.depth += 1;
        self.nested("SAVEPOINT")
    }

    fn release(&mut self) -> Result<()> {
        self.nested("RELEASE")?;
        self.depth -= 1;
        Ok(())
    }

    fn rollback(&mut self) -> Result<()> {
        self.nested("ROLLBACK TO")?;
        self.release()
    }

    fn meta(&self, name: &str) -> Result<Option<String>> {
        self.one("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
    }

    fn put_meta(&mut self, name: &str, value: &str) -> Result<()> {
        self.run("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", [name, value])
    }

    fn last_sequence(&self) -> Result<u64> {
        let last = self.one("SELECT max(sequence) FROM records", [], |row| {
            row.get::<_, Option<u64>>(0)
        })?;
        Ok(last.flatten().unwrap_or(0))
    }

    fn record(&self, entity: &str, id: &str) -> Result<Option<StoredRecord>> {
        self.one(RECORD, [entity, id], read_record)
    }

    fn record_text(&self, entity: &str, id: &str) -> Result<Option<StoredText>> {
        self.one(RECORD, [entity, id], read_record)
    }

    fn put_version(&mut self, record: &StoredRecord, entry: &HistoryEntry) -> Result<()> {
        self.run(
            "INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (entity, id) DO UPDATE \
             SET fields = ?3, version = ?4, sequence = ?5, updated_at = ?6, updated_by = ?7, local_id = ?8, deleted = ?9, \
             maker = ?10",
            params![
                record.entity,
                record.id,
                Json(&record.fields),
                record.version,
                record.sequence,
                Millis(record.updated_at),
                record.updated_by,
                record.local_id,
                record.deleted,
                record.maker
            ],
        )?;
        self.run(
            "INSERT INTO history VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                entry.entity,
                entry.id,
                entry.version,
                entry.sequence,
                Millis(entry.at),
                entry.user_id,
                entry.user_name,
                Json(&entry.roles),
                entry.device_id,
                entry.act,
                Json(&entry.changes)
            ],
        )?;
        let last = self.log_run(record.sequence)?;
        match Run::begun_at(record.sequence, record.updated_at, last) {
            Some(run) => self.run(
                "INSERT INTO log_times VALUES (?1, ?2)",
                params![run.sequence, run.time],
            ),
            None => Ok(()),
        }
    }

    fn records_after(&self, entity: &str, after: Option<&str>, limit: usize) -> Result<Vec<StoredText>> {
        let sql = "SELECT * FROM records WHERE entity = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        self.all(
            sql,
            params![entity, after.unwrap_or_default(), limit],
            read_record,
        )
    }

    fn changes_after(&self, sequence: u64, limit: usize) -> Result<Vec<StoredText>> {
        let sql = "SELECT * FROM records WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
        self.all(sql, params![within(sequence), limit], read_record)
    }

    fn log_time(&self, sequence: u64) -> Result<Option<Timestamp>> {
        let run = self.log_run(sequence)?;
        Ok(run.map(|run| log_time::timestamp(run.time_of(sequence))))
    }

    fn position_at(&self, time: Timestamp) -> Result<u64> {
        let time = log_time::micros(time);
        let sql = "SELECT sequence, time FROM log_times WHERE time <= ?1 ORDER BY time DESC LIMIT 1";
        let Some(run) = self.one(sql, [time], read_run)? else {
            return Ok(0);
        };
        let sql = "SELECT min(sequence) FROM log_times WHERE sequence > ?1";
        let next = self.one(sql, [run.sequence], |row| row.get::<_, Option<u64>>(0))?;
        let end = match next.flatten() {
            Some(next) => next,
            None => self.last_sequence()? + 1,
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
        history::page(self.connection, (entity, id), version, bound)
    }

    fn newest_versions(
        &self,
        entity: &str,
        id: &str,
        range: HistoryRange,
        bound: HistoryBound,
    ) -> Result<NewestVersions> {
        history::newest(self.connection, (entity, id), range, bound)
    }

    fn key_holder(
        &self,
        entity: &str,
        name: &str,
        value: &str,
        besides: Option<&str>,
    ) -> Result<Option<String>> {
        let sql = "SELECT id FROM unique_values \
                   WHERE entity = ?1 AND name = ?2 AND value = ?3 AND id IS NOT ?4 ORDER BY id LIMIT 1";
        self.one(sql, (entity, name, value, besides), |row| row.get(0))
    }

    fn key_holders(&self, entity: &str, name: &str, value: &str, limit: usize) -> Result<Vec<String>> {
        let sql = "SELECT id FROM unique_values WHERE entity = ?1 AND name = ?2 AND value = ?3 ORDER BY id LIMIT ?4";
        self.all(sql, params![entity, name, value, within(limit as u64)], |row| {
            row.get(0)
        })
    }

    fn put_key(&mut self, entity: &str, name: &str, value: &str, id: &str) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO unique_values VALUES (?1, ?2, ?3, ?4)",
            [entity, name, value, id],
        )
    }

    fn drop_key(&mut self, entity: &str, name: &str, value: &str, id: &str) -> Result<()> {
        self.run(
            "DELETE FROM unique_values WHERE entity = ?1 AND name = ?2 AND value = ?3 AND id = ?4",
            [entity, name, value, id],
        )
    }

    fn clear_keys(&mut self, entity: &str, name: &str) -> Result<()> {
        self.run(
            "DELETE FROM unique_values WHERE entity = ?1 AND name = ?2",
            [entity, name],
        )
    }

    fn alias(&self, device: &str, entity: &str, local_id: &str) -> Result<Option<String>> {
        self.one(
            "SELECT id FROM aliases WHERE device = ?1 AND entity = ?2 AND local_id = ?3",
            [device, entity, local_id],
            |row| row.get(0),
        )
    }

    fn put_alias(&mut self, device: &str, entity: &str, local_id: &str, id: &str) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO aliases VALUES (?1, ?2, ?3, ?4)",
            [device, entity, local_id, id],
        )
    }

    fn answer(&self, device: &str, key: &str) -> Result<Option<String>> {
        self.one(
            "SELECT answer FROM ledger WHERE device = ?1 AND key = ?2",
            [device, key],
            |row| row.get(0),
        )
    }

    fn put_answer(&mut self, device: &str, key: &str, answer: &str) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO ledger VALUES (?1, ?2, ?3)",
            [device, key, answer],
        )
    }

    fn membership(&self, device: &str, entity: &str, id: &str) -> Result<Option<Membership>> {
        let sql = "SELECT membership FROM memberships WHERE device = ?1 AND entity = ?2 AND id = ?3";
        self.one(sql, [device, entity, id], |row| row.get(0))
    }

    fn put_membership(&mut self, device: &str, entity: &str, id: &str, membership: Membership) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO memberships VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, params![device, entity, id, membership])
    }

    fn drop_membership(&mut self, device: &str, entity: &str, id: &str) -> Result<()> {
        self.run(
            "DELETE FROM memberships WHERE device = ?1 AND entity = ?2 AND id = ?3",
            [device, entity, id],
        )
    }

    fn clear_memberships(&mut self, device: &str, entity: &str) -> Result<()> {
        self.run(
            "DELETE FROM memberships WHERE device = ?1 AND entity = ?2",
            [device, entity],
        )
    }

    fn held(&self, device: &str, entity: &str) -> Result<Vec<StoredRecord>> {
        let sql = "SELECT r.* FROM memberships m JOIN records r ON r.entity = m.entity AND r.id = m.id \
                   WHERE m.device = ?1 AND m.entity = ?2 AND m.membership = ?3 AND r.deleted = 0 ORDER BY r.id";
        self.all(sql, params![device, entity, Membership::Held], read_record)
    }

    fn dialogues(&self, device: &str) -> Result<BTreeMap<String, String>> {
        let sql = "SELECT entity_set, dialogue FROM dialogues WHERE device = ?1";
        let dialogues = self.all(sql, [device], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(dialogues.into_iter().collect())
    }

    fn put_dialogue(&mut self, device: &str, entity_set: &str, dialogue: &str) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO dialogues VALUES (?1, ?2, ?3)",
            [device, entity_set, dialogue],
        )
    }

    fn drop_dialogue(&mut self, device: &str, entity_set: &str) -> Result<()> {
        self.run(
            "DELETE FROM dialogues WHERE device = ?1 AND entity_set = ?2",
            [device, entity_set],
        )
    }

    fn put_audit(&mut self, row: &AuditRow) -> Result<()> {
        self.run(
            "INSERT INTO audit (id, at, entity, record_id, user_id, entry, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                row.id,
                Millis(row.at),
                row.entity,
                row.record_id,
                row.user_id,
                row.entry,
                row.hash
            ],
        )
    }

    fn audit(&self, id: &str) -> Result<Option<AuditRow>> {
        self.one("SELECT * FROM audit WHERE id = ?1", [id], read_audit)
    }

    fn audits(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
        let AuditFilter {
            entity,
            record_id,
            user_id,
            before,
            limit,
        } = filter;
        // One statement for each kind of filter: a condition on a value that may be absent uses no index.
        let parts = [
            ("entity = ?1", entity.is_some()),
            ("record_id = ?2", record_id.is_some()),
            ("user_id = ?3", user_id.is_some()),
        ];
        let parts: Vec<&str> = parts
            .into_iter()
            .filter_map(|(part, is_given)| is_given.then_some(part))
            .collect();
        let conditions = parts
            .iter()
            .map(|part| format!("{part} AND "))
            .collect::<String>();
        let sql = format!("SELECT * FROM audit WHERE {conditions}number < ?4 ORDER BY number DESC LIMIT ?5");
        let before = before.map_or(i64::MAX, within);
        self.all(
            &sql,
            params![entity, record_id, user_id, before, limit],
            read_audit,
        )
    }

    fn identity(&self) -> &dyn IdentityReader {
        self
    }

    fn identity_mut(&mut self) -> Result<&mut dyn IdentityWriter> {
        Ok(self)
    }
}
