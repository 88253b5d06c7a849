//! Plain REST over the same records: each write is one operation, so it goes through ledger, merge and conflicts like
//! a pushed one.

mod history;
mod list;
mod precondition;
mod request;

use std::collections::BTreeMap;

use holdfast_core::{
    limits::overlong,
    pack::Entity,
    protocol::{OperationResult, ResultStatus, WireOperation},
    record::meta,
};
use serde_json::Value;

pub use self::history::{HistoryPage, HistoryRequest, HistoryVersion, history};
#[cfg(test)]
pub(super) use self::list::list_within;
pub use self::list::{ListRequest, RecordPage, list};
pub use self::precondition::tag;
pub use self::request::RestWrite;
use super::push::Writes;
use super::{Answer, Context, Refusal, subject};
use crate::records::ids;
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};

/// Records of a page, if the reader does not say.
pub const DEFAULT_PAGE: usize = 100;
/// Records of a page at most.
pub const MAXIMAL_PAGE: usize = 500;

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

/// One record; `None` where it is not there or not readable.
pub fn get(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    id: &str,
) -> Result<Option<StoredRecord>> {
    let id = ids::resolve(tx, &cx.caller.device_id, &entity.name, id)?;
    let record = tx.record(&entity.name, &id)?;
    let record = record.filter(|record| !record.deleted && cx.readable(entity, record));
    record.map(|record| subject::visible(tx, cx, record)).transpose()
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
    // Of whoever may not do this at all nothing more is asked.
    let may = cx.may(&entity.name, write.operation.name());
    let named = match write.id.as_deref().filter(|_| may) {
        Some(id) => get(tx, cx, entity, id)?,
        None => None,
    };
    let version = match precondition::judge(tx, entity, &write, named.as_ref())? {
        Ok(version) => version,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let operation = operation(cx, entity, write, version);
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
                .filter(|record| !record.deleted && cx.readable(entity, record))
                .map(|record| subject::visible(tx, cx, record))
                .transpose()?;
            Ok(Ok(Written { result, record }))
        }
    }
}

fn operation(cx: &Context<'_>, entity: &Entity, write: RestWrite, version: Option<u64>) -> WireOperation {
    let RestWrite {
        operation,
        id,
        mut body,
        key,
        if_match: _,
    } = write;
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
        seen_at: None,
        seen_references: BTreeMap::new(),
    }
}
