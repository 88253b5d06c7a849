//! The versions of a record.

use holdfast_core::{Timestamp, pack::Entity};
use serde::{Deserialize, Serialize};

use super::{DEFAULT_PAGE, MAXIMAL_PAGE};
use crate::records::ids;
use crate::storage::model::{HistoryBound, HistoryEntry, HistoryRange};
use crate::storage::port::Transaction;
use crate::sync::{Answer, Context, Refusal, outcome, subject};

/// Bytes of changes that one page holds, beyond its first version.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

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
    let id = ids::resolve(tx, &cx.caller.device_id, &entity.name, id)?;
    let record = tx
        .record(&entity.name, &id)?
        .filter(|record| cx.readable(entity, record));
    let Some(record) = record else {
        return Ok(Err(Refusal::not_found(outcome::NOT_THERE)));
    };
    let bound = HistoryBound {
        versions: limit,
        bytes: PAGE_BYTES,
    };
    let entries = match request.before {
        Some(before) => {
            let before = before.min(record.version.saturating_add(1));
            let range = HistoryRange {
                before,
                ..HistoryRange::ALL
            };
            tx.newest_versions(&entity.name, &id, range, bound)?.entries
        }
        None => tx.history_page(&entity.name, &id, request.after.unwrap_or(0), bound)?,
    };
    let (first, last) = (entries.first(), entries.last());
    let previous = first.map(|entry| entry.version).filter(|first| *first > 1);
    let next = last
        .map(|entry| entry.version)
        .filter(|last| *last < record.version);
    let entries = subject::visible_history(tx, cx, &record, entries)?;
    Ok(Ok(HistoryPage {
        previous,
        next,
        versions: entries.into_iter().map(Into::into).collect(),
    }))
}
