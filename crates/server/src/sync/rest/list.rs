//! Listing records.

use holdfast_core::{
    pack::{Entity, Values},
    protocol::WireRecord,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DEFAULT_PAGE, MAXIMAL_PAGE};
use crate::storage::port::Transaction;
use crate::storage::text::StoredText;
use crate::sync::{Answer, Context, Refusal, subject};

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
pub(in crate::sync) fn list_within(
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
            items.push(subject::whole(tx, cx, entity, &record.read()?)?);
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
