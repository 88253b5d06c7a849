//! The audit trail: every conflict, every automatic decision against somebody's value, every refusal of access. Entries
//! are only ever added, and [`chain`] shows whether somebody changed or removed one past the server.

pub mod chain;

use std::collections::BTreeMap;

use holdfast_core::{Timestamp, limits::MAX_CLOCK_OFFSET_MS, ports::Rng, protocol::WireOperation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Answer, Context, Refusal};
use crate::storage::model::{AuditFilter, AuditRow};
use crate::storage::port::{Result, StorageError, Transaction};
use crate::storage::text::StoredText;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditAction {
    /// Two changes of the same fields were put together, or one gave way by the field's strategy.
    Merge,
    /// A conflict waits for a person.
    Conflict,
    /// A person settled one.
    Resolve,
    /// A settlement was taken back.
    Undo,
    /// A losing value was put back.
    Restore,
    /// Somebody tried what their roles do not allow.
    Denied,
    /// Work was taken from somebody who may no longer see the record.
    AfterAccess,
    /// Records were read out of a file, in the names that it gives.
    Import,
}

/// One entry, as `GET /api/v1/audit` gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    pub audit_id: String,
    #[schema(value_type = String)]
    pub action: AuditAction,
    /// The conflict this is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict_id: Option<String>,
    pub entity_type: String,
    pub entity_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub detected_at: Timestamp,
    /// When the author made the write, by their device's clock, which `clock_offset_ms` brings to the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub acted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_ms: Option<i64>,
    /// Whose write it was.
    pub user_id: String,
    pub user_name: String,
    pub device_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_mutation_id: Option<String>,
    /// The version the author saw, and the one the server had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_version: Option<u64>,
    pub conflicting_fields: Vec<String>,
    /// `automatic`, `manual` or `restore`.
    pub resolution_strategy: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resolved_at: Option<Timestamp>,
    /// Strategy or choice by field.
    pub resolution: BTreeMap<String, String>,
    /// Values that do not stand, in order; restored by their position.
    pub losing: Vec<LosingValue>,
}

/// A value that gave way, or waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LosingValue {
    pub field: String,
    pub value: Value,
    /// User id of whoever wrote it.
    pub by: String,
    /// The value that stands.
    pub kept: Value,
}

impl AuditEntry {
    /// An entry about a record, by the caller, now; the rest is for the caller of this to fill in.
    pub(super) fn new(cx: &Context<'_>, action: AuditAction, entity: &str, id: &str) -> Self {
        Self {
            user_id: cx.caller.me.user_id.clone(),
            user_name: cx.caller.me.display_name.clone(),
            device_id: cx.caller.device_id.clone(),
            ..Self::blank(cx.rng, cx.now, action, (entity, id))
        }
    }

    /// An entry about records that somebody brought in at the server itself, and about no single one.
    pub(crate) fn of_import(rng: &dyn Rng, now: Timestamp, entity: &str, by: &str, records: usize) -> Self {
        Self {
            user_name: by.to_owned(),
            resolution: BTreeMap::from([("records".to_owned(), records.to_string())]),
            ..Self::blank(rng, now, AuditAction::Import, (entity, ""))
        }
    }

    /// An operator's import brought a deleted record back.
    pub(crate) fn of_revival(rng: &dyn Rng, now: Timestamp, record: (&str, &str), by: &str) -> Self {
        Self {
            user_name: by.to_owned(),
            resolution: BTreeMap::from([("record".to_owned(), "revived".to_owned())]),
            ..Self::blank(rng, now, AuditAction::Import, record)
        }
    }

    fn blank(rng: &dyn Rng, now: Timestamp, action: AuditAction, (entity, id): (&str, &str)) -> Self {
        Self {
            audit_id: rng.uuid(),
            action,
            conflict_id: None,
            entity_type: entity.to_owned(),
            entity_id: id.to_owned(),
            detected_at: now,
            acted_at: None,
            clock_offset_ms: None,
            user_id: String::new(),
            user_name: String::new(),
            device_id: String::new(),
            client_mutation_id: None,
            client_version: None,
            server_version: None,
            conflicting_fields: Vec::new(),
            resolution_strategy: "manual".into(),
            resolved_at: None,
            resolution: BTreeMap::new(),
            losing: Vec::new(),
        }
    }

    /// Names the write that led to it.
    #[must_use]
    pub(super) fn about(mut self, operation: &WireOperation, server_version: u64) -> Self {
        self.client_mutation_id = Some(operation.key().to_owned());
        let offset = operation.clock_offset_ms;
        // No clock is further off: a claim beyond it is no time to be written down.
        let plausible = offset.unsigned_abs() <= MAX_CLOCK_OFFSET_MS;
        self.acted_at = operation.queued_at.filter(|_| plausible);
        self.clock_offset_ms = self.acted_at.map(|_| offset);
        self.client_version = operation.split_payload().0;
        self.server_version = Some(server_version);
        self
    }

    pub(crate) fn write(&self, tx: &mut dyn Transaction) -> Result<()> {
        let entry =
            serde_json::to_string(self).map_err(|error| StorageError::Inconsistent(error.to_string()))?;
        let row = AuditRow {
            id: self.audit_id.clone(),
            number: 0,
            at: self.detected_at,
            entity: self.entity_type.clone(),
            record_id: self.entity_id.clone(),
            user_id: self.user_id.clone(),
            entry,
            hash: String::new(),
        };
        chain::append(tx, row)
    }
}

/// Entries, newest first, and what to pass as `before` for the next ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    pub items: Vec<AuditEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

pub fn read_entry(row: &AuditRow) -> Result<AuditEntry> {
    serde_json::from_str(&row.entry)
        .map_err(|error| StorageError::Inconsistent(format!("audit {}: {error}", row.id)))
}

/// The entry without its values, if the caller may not read the record that it is about.
fn visible(tx: &dyn Transaction, cx: &Context<'_>, row: &AuditRow) -> Result<AuditEntry> {
    let mut entry = read_entry(row)?;
    let declared = cx.packs.entity(&row.entity);
    let record = tx.record_text(&row.entity, &row.record_id)?;
    let readable = |record: &StoredText| declared.is_some_and(|entity| cx.readable(entity, record));
    // An entry about a record that never came to be (a create that was denied) holds no value of one.
    if record.is_some_and(|record| !readable(&record)) {
        for losing in &mut entry.losing {
            (losing.value, losing.kept) = (Value::Null, Value::Null);
        }
    }
    Ok(entry)
}

/// Entries that one request looks at. A filter that fits few of them gets short pages.
const LOOKED_AT: usize = 5_000;

/// Entries read from the store at once, where not all of them fit.
const CHUNK: usize = 500;

/// Lists the audit for those who may read it. A page may be short, or empty, and name a next one.
pub fn list(tx: &dyn Transaction, cx: &Context<'_>, filter: &AuditFilter) -> Answer<AuditPage> {
    list_within(tx, cx, filter, LOOKED_AT)
}

/// As [`list`], looking at so many entries.
pub(super) fn list_within(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    filter: &AuditFilter,
    looked_at: usize,
) -> Answer<AuditPage> {
    if !cx.caller.me.may("system", "audit", "read") {
        return Ok(Err(Refusal::denied("Only an administrator may read the audit.")));
    }
    // What an index finds is looked up, and the rest of the filter is held against it.
    let found_by = indexed(filter);
    let (mut items, mut left, mut before) = (Vec::new(), looked_at, filter.before);
    loop {
        let limit = if found_by == *filter { filter.limit } else { CHUNK }.min(left);
        let rows = tx.audits(&AuditFilter {
            before,
            limit,
            ..found_by.clone()
        })?;
        let is_last = rows.len() < limit;
        for row in rows {
            left -= 1;
            before = Some(row.number);
            if fits(filter, &row) {
                items.push(visible(tx, cx, &row)?);
            }
            if items.len() == filter.limit || left == 0 {
                return Ok(Ok(AuditPage { items, before }));
            }
        }
        if is_last {
            let before = None;
            return Ok(Ok(AuditPage { items, before }));
        }
    }
}

/// The part of a filter for which the storage has an index: a record, or else a person.
fn indexed(filter: &AuditFilter) -> AuditFilter {
    let mut indexed = filter.clone();
    match (&filter.entity, &filter.record_id) {
        (Some(_), Some(_)) => indexed.user_id = None,
        _ => (indexed.entity, indexed.record_id) = (None, None),
    }
    indexed
}

fn fits(filter: &AuditFilter, row: &AuditRow) -> bool {
    let fits =
        |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|wanted| wanted == actual);
    fits(&filter.entity, &row.entity)
        && fits(&filter.record_id, &row.record_id)
        && fits(&filter.user_id, &row.user_id)
}
