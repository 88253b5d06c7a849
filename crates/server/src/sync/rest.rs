//! Plain REST over the same records: each write is one operation, so it goes through ledger, merge and conflicts like
//! a pushed one.

use holdfast_core::{
    Fields, Timestamp,
    limits::overlong,
    pack::{Entity, Values},
    protocol::{OperationResult, ResultStatus, WireOperation, WireRecord},
    queue::Operation,
    record::meta,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::push::Writes;
use super::{Answer, Context, Refusal, outcome};
use crate::records::{self, ids};
use crate::storage::model::{HistoryEntry, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::storage::text::StoredText;

/// Records of a page, if the reader does not say.
pub const DEFAULT_PAGE: usize = 100;
/// Records of a page at most.
pub const MAXIMAL_PAGE: usize = 500;

const CHUNK: usize = 500;
/// Records that one request looks at. A filter that fits few, or a caller who may see few, gets short pages.
const LOOKED_AT: usize = 5_000;

/// A page of records, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordPage {
    pub items: Vec<WireRecord>,
    /// Pass as `page` for the next ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page: Option<String>,
}

/// Which records to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRequest {
    pub page: Option<String>,
    pub limit: Option<usize>,
    /// Values that fields must have, as texts.
    pub filters: Vec<(String, String)>,
}

/// Which versions of a record to list: the first, those after one, or the last before one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryRequest {
    pub after: Option<u64>,
    pub before: Option<u64>,
    pub limit: Option<usize>,
}

/// Versions of a record, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage {
    pub versions: Vec<HistoryVersion>,
    /// Pass as `before` for earlier ones, if there are any.
    pub previous: Option<u64>,
    /// Pass as `after` for later ones, if there are any.
    pub next: Option<u64>,
}

/// One version, as `GET /{entity}/{id}/history` gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryVersion {
    pub version: u64,
    pub at: Timestamp,
    pub user_id: String,
    pub user_name: String,
    pub device_id: String,
    /// `create`, `update`, `delete`, `recreate`.
    pub act: crate::storage::model::Act,
    /// By field: `from`, `to`.
    pub changes: std::collections::BTreeMap<String, crate::storage::model::ValueChange>,
}

impl From<HistoryEntry> for HistoryVersion {
    fn from(entry: HistoryEntry) -> Self {
        let HistoryEntry {
            version,
            at,
            user_id,
            user_name,
            device_id,
            act,
            changes,
            ..
        } = entry;
        Self {
            version,
            at,
            user_id,
            user_name,
            device_id,
            act,
            changes,
        }
    }
}

/// The entity of a path's plural name, if the caller may read it.
pub fn entity<'a>(cx: &Context<'a>, plural: &str) -> std::result::Result<&'a Entity, Refusal> {
    let found = cx.packs.entity_by_plural(plural);
    let entity = found.ok_or_else(|| Refusal::not_found(format!("There are no \"{plural}\" here.")))?;
    match cx.may(&entity.name, "read") {
        true => Ok(entity),
        false => Err(Refusal::denied(format!(
            "Your role does not allow you to read {}.",
            entity.title_plural.to_lowercase()
        ))),
    }
}

/// Readable records that fit, from the one after `page`. A page may be short, or empty, and name a next one.
pub fn list(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    request: &ListRequest,
) -> Answer<RecordPage> {
    list_within(tx, cx, entity, request, LOOKED_AT)
}

/// As [`list`], looking at so many records.
pub(super) fn list_within(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    request: &ListRequest,
    looked_at: usize,
) -> Answer<RecordPage> {
    let limit = request.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAXIMAL_PAGE).contains(&limit) {
        return Ok(Err(Refusal::malformed(format!(
            "limit must be 1 to {MAXIMAL_PAGE}."
        ))));
    }
    if let Some((name, _)) = request
        .filters
        .iter()
        .find(|(name, _)| entity.field(name).is_none())
    {
        return Ok(Err(Refusal::malformed(format!(
            "{} has no field \"{name}\" to be filtered by.",
            entity.name
        ))));
    }
    let (mut after, mut left) = (request.page.clone(), looked_at);
    let mut items = Vec::new();
    loop {
        let chunk = tx.records_after(&entity.name, after.as_deref(), CHUNK.min(left + 1))?;
        if chunk.is_empty() {
            return Ok(Ok(RecordPage {
                items,
                next_page: None,
            }));
        }
        for record in chunk {
            if left == 0 {
                let next_page = Some(between(after.as_deref().unwrap_or_default(), &record.id));
                return Ok(Ok(RecordPage { items, next_page }));
            }
            left -= 1;
            after = Some(record.id.clone());
            if record.deleted || !fits(&record, &request.filters) || !cx.readable(entity, &record) {
                continue;
            }
            if items.len() == limit {
                let next_page = items
                    .last()
                    .and_then(|last: &WireRecord| last.id(&entity.id_field).map(str::to_owned));
                return Ok(Ok(RecordPage { items, next_page }));
            }
            items.push(records::whole(entity, &record.read()?));
        }
    }
}

/// A short text from `last` up to, but not at, `next`: where to go on, without naming a record that the caller may not
/// see, if there is such a text.
fn between(last: &str, next: &str) -> String {
    let alike = last.chars().zip(next.chars()).take_while(|(a, b)| a == b).count();
    let short: String = next.chars().take(alike + 1).collect();
    match short.as_str() < next {
        true => short,
        false => last.to_owned(),
    }
}

fn fits(record: &StoredText, filters: &[(String, String)]) -> bool {
    filters
        .iter()
        .all(|(name, wanted)| match record.fields.value(name).as_deref() {
            Some(Value::String(text)) => text == wanted,
            Some(Value::Array(items)) => items.iter().any(|item| item.as_str() == Some(wanted)),
            Some(other) => serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *other),
            None => wanted.is_empty(),
        })
}

/// One record; `None` where it is not there or not readable.
pub fn get(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    id: &str,
) -> Result<Option<StoredRecord>> {
    let id = ids::resolve(tx, &entity.name, id)?;
    Ok(tx
        .record(&entity.name, &id)?
        .filter(|record| !record.deleted && cx.readable(entity, record)))
}

/// Versions of a readable record, oldest first; of a deleted one too.
pub fn history(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    id: &str,
    request: &HistoryRequest,
) -> Answer<HistoryPage> {
    let limit = request.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAXIMAL_PAGE).contains(&limit) || (request.after.is_some() && request.before.is_some()) {
        return Ok(Err(Refusal::malformed(format!(
            "limit must be 1 to {MAXIMAL_PAGE}, and only one of after and before may be given."
        ))));
    }
    let id = ids::resolve(tx, &entity.name, id)?;
    let record = tx
        .record(&entity.name, &id)?
        .filter(|record| cx.readable(entity, record));
    let Some(record) = record else {
        return Ok(Err(Refusal::not_found(outcome::NOT_THERE)));
    };
    // Versions are numbered without a gap.
    let (after, limit) = match request.before {
        Some(before) => {
            let last = before.saturating_sub(1).min(record.version);
            let first = last.saturating_sub(limit as u64);
            (first, (last - first) as usize)
        }
        None => (request.after.unwrap_or(0), limit),
    };
    let entries = tx.history_page(&entity.name, &id, after, limit)?;
    let (first, last) = (entries.first(), entries.last());
    let previous = first.map(|entry| entry.version).filter(|first| *first > 1);
    let next = last
        .map(|entry| entry.version)
        .filter(|last| *last < record.version);
    Ok(Ok(HistoryPage {
        previous,
        next,
        versions: entries.into_iter().map(Into::into).collect(),
    }))
}

/// A write by REST.
#[derive(Debug, Clone, PartialEq)]
pub struct RestWrite {
    pub operation: Operation,
    /// The record's id; of a new one, the id it was given by its author, if it was given one.
    pub id: Option<String>,
    pub body: Fields,
    /// The `Idempotency-Key`; a random one, if absent.
    pub key: Option<String>,
    /// The version of `If-Match`; over `_version` in the body.
    pub version: Option<u64>,
}

/// What a write by REST came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub result: OperationResult,
    /// The record as it is now; `None` if it is gone, or not the caller's to see.
    pub record: Option<StoredRecord>,
}

/// Carries out a write. Refusals of the operation are refusals of the request.
pub fn write(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    write: RestWrite,
) -> Answer<Written> {
    let key = write.key.as_deref().map(|key| ("Idempotency-Key", key));
    if let Some(fault) = overlong(key).pop() {
        let message = format!("{} {}.", fault.field, fault.message);
        return Ok(Err(Refusal::malformed(message)));
    }
    let operation = operation(cx, entity, write);
    let mut writes = Writes::default();
    let result = writes.one(tx, cx, &operation, false)?;
    writes.finish(tx, cx)?;
    match (result.status, &result.error) {
        (ResultStatus::Rejected | ResultStatus::Retry, Some(error)) => {
            Ok(Err(Refusal::of_operation(error.clone())))
        }
        _ => {
            let id = result.entity_id.as_deref().unwrap_or(&operation.entity_id);
            // A key that was used before answers for whichever record is named now.
            let record = tx
                .record(&entity.name, id)?
                .filter(|record| !record.deleted && cx.readable(entity, record));
            Ok(Ok(Written { result, record }))
        }
    }
}

fn operation(cx: &Context<'_>, entity: &Entity, write: RestWrite) -> WireOperation {
    let RestWrite {
        operation,
        id,
        mut body,
        key,
        version,
    } = write;
    let version = version.or_else(|| body.get(meta::VERSION).and_then(Value::as_u64));
    let local_id = body
        .get(meta::LOCAL_ID)
        .and_then(Value::as_str)
        .map(str::to_owned);
    body.retain(|name, _| !name.starts_with('_') && name != meta::UPDATED_AT && *name != entity.id_field);
    let (domain, kind) = match cx.packs.pack_of(&entity.name) {
        Some(pack) => (pack.name.clone(), pack.kind_of(&entity.name, operation, &body)),
        None => (String::new(), String::new()),
    };
    if let Some(version) = version {
        body.insert(meta::VERSION.into(), version.into());
    }
    let key = key.unwrap_or_else(|| cx.rng.uuid());
    WireOperation {
        queue_id: key,
        client_mutation_id: None,
        client_mutation_ids: Vec::new(),
        kind,
        domain,
        entity_type: entity.name.clone(),
        entity_id: id.or(local_id).unwrap_or_else(|| cx.rng.uuid()),
        operation,
        payload: body,
        base: None,
        queued_at: Some(cx.now),
        clock_offset_ms: 0,
        depends_on: Vec::new(),
    }
}
