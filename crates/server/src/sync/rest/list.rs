//! Listing records.

use holdfast_core::{
    pack::{Entity, Field, Values, canonical_value, same_value},
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
    let mut filters = Vec::with_capacity(request.filters.len());
    for (name, text) in &request.filters {
        let Some(field) = entity.field(name) else {
            return Ok(Err(Refusal::malformed(format!(
                "{} has no field \"{name}\" to be filtered by.",
                entity.name
            ))));
        };
        filters.push(Wanted::of(field, text));
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
            let fits = filters.iter().all(|wanted| wanted.is_in(&record));
            if record.deleted || !fits || !cx.readable(entity, &record) {
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

/// A field and the value that it must have, as text and in the form in which the field's values are stored.
struct Wanted<'a> {
    field: &'a Field,
    text: &'a str,
    value: Value,
}

impl<'a> Wanted<'a> {
    fn of(field: &'a Field, text: &'a str) -> Self {
        let mut value = Value::from(text);
        canonical_value(&field.kind, &mut value);
        Self { field, text, value }
    }

    fn is_in(&self, record: &StoredText) -> bool {
        match record.fields.value(&self.field.name).as_deref() {
            Some(stored @ (Value::String(_) | Value::Number(_))) => {
                same_value(self.field, stored, &self.value)
            }
            Some(Value::Array(items)) => items.iter().any(|item| item.as_str() == Some(self.text)),
            Some(other) => serde_json::from_str::<Value>(self.text).is_ok_and(|wanted| wanted == *other),
            None => self.text.is_empty(),
        }
    }
}
