//! A delta since a point in time, for readers that are no devices (reports, integrations): whole records, no
//! membership, no word of what left.

use holdfast_core::{
    Timestamp,
    protocol::{Cursor, DeltaChanges},
};

use super::cursors;
use super::pull::Delta;
use super::row::TextRow;
use super::scope::Scope;
use crate::storage::port::{Result, Transaction};
use crate::storage::text::StoredText;

const CHUNK: usize = 500;

/// Readable records changed after `time`, oldest change first. With more to come, `syncTimestamp` is the time to ask
/// from next; records that changed in the same millisecond are never parted.
pub(super) fn changed_since(
    tx: &mut dyn Transaction,
    scope: &Scope<'_>,
    epoch: &str,
    time: Timestamp,
    limit: usize,
) -> Result<Delta> {
    let mut changes = DeltaChanges::default();
    let (mut position, mut rows, mut last) = (0, 0, None);
    let mut has_more = false;
    'log: loop {
        let chunk = tx.changes_after(position, CHUNK)?;
        let Some(end) = chunk.last().map(|record| record.sequence) else {
            break;
        };
        let living = |record: &StoredText| record.updated_at > time && !record.deleted;
        for record in chunk.into_iter().filter(living) {
            let Some(entity) = scope
                .set
                .get(&record.entity)
                .filter(|entity| scope.readable(entity, &record))
            else {
                continue;
            };
            if rows >= limit && last != Some(record.updated_at) {
                has_more = true;
                break 'log;
            }
            rows += 1;
            last = Some(record.updated_at);
            let told = changes.records.entry(entity.collection()).or_default();
            told.push(TextRow::whole(tx, &scope.cx, record)?);
        }
        position = end;
    }
    let now = scope.cx.now;
    let cursor = Cursor {
        epoch: epoch.to_owned(),
        start: String::new(),
        entity_set: scope.set.hash.clone(),
        transaction: 0,
        sequence: position,
        answer: 0,
        scan: None,
        mac: String::new(),
    };
    let cursor = cursors::issue(tx, scope.cx.rng, &scope.cx.caller.device_id, cursor)?;
    let sync_timestamp = if has_more { last.unwrap_or(now) } else { now };
    Ok(Delta {
        sync_timestamp,
        cursor: cursor.to_string(),
        has_more,
        remaining: None,
        changes,
    })
}
