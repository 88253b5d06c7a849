//! Walking through everything: a device's first sync, and the one after its owner's scope changed.
//!
//! A walk goes through the records in a fixed order (by entity, then id) and tells of each what the device must know
//! against what it held at position S when the walk began. Its pages' cursors keep S and carry the position reached and
//! E, the end of the log at the beginning; the last page's cursor is at E, and what changed meanwhile comes in the
//! delta from there.
//!
//! What a sent record brings along is expected when it lies ahead, and comes when the walk gets there; what was passed
//! already is told at once.

use std::collections::HashSet;

use holdfast_core::protocol::Cursor;

use super::delta::Delta;
use super::page::{Page, PageLimit};
use super::scope::Scope;
use super::walk_position::Position;
use super::{Answer, Refusal};
use crate::storage::model::Membership;
use crate::storage::port::{Result, Transaction};
use crate::storage::text::StoredText;

/// Records read from the store at once.
const CHUNK: usize = 500;

/// A first sync: the device holds nothing, as far as this set of entities goes.
pub(super) fn begin(
    tx: &mut dyn Transaction,
    scope: Scope<'_>,
    epoch: &str,
    limit: PageLimit,
) -> Result<Delta> {
    let cursor = Cursor {
        epoch: epoch.to_owned(),
        start: String::new(),
        entity_set: scope.set.hash.clone(),
        transaction: 0,
        sequence: 0,
        answer: 0,
        scan: None,
        mac: String::new(),
    };
    set_out(tx, &scope, Page::new(&scope, 0, true), &cursor, limit)
}

/// A walk that begins at the device's cursor.
pub(super) fn again(
    tx: &mut dyn Transaction,
    scope: Scope<'_>,
    cursor: &Cursor,
    limit: PageLimit,
) -> Result<Delta> {
    let page = Page::of_walk(&scope, cursor.sequence);
    set_out(tx, &scope, page, cursor, limit)
}

fn set_out(
    tx: &mut dyn Transaction,
    scope: &Scope<'_>,
    page: Page<'_, '_>,
    cursor: &Cursor,
    limit: PageLimit,
) -> Result<Delta> {
    let start = Position {
        end: tx.last_sequence()?,
        remaining: count(tx, scope, &page, cursor.sequence)?,
        entity: String::new(),
        id: String::new(),
    };
    fill(tx, scope, page, cursor, start, limit)
}

/// The page behind a position.
pub(super) fn resume(
    tx: &mut dyn Transaction,
    scope: Scope<'_>,
    cursor: &Cursor,
    position: &str,
    limit: PageLimit,
) -> Answer<Delta> {
    match Position::parse(position).filter(|position| scope.set.get(&position.entity).is_some()) {
        Some(position) => {
            let page = Page::of_walk(&scope, cursor.sequence);
            fill(tx, &scope, page, cursor, position, limit).map(Ok)
        }
        None => Ok(Err(Refusal::malformed(
            "The cursor is not one this server made. Start again without it.",
        ))),
    }
}

fn fill(
    tx: &mut dyn Transaction,
    scope: &Scope<'_>,
    mut page: Page<'_, '_>,
    cursor: &Cursor,
    start: Position,
    limit: PageLimit,
) -> Result<Delta> {
    let mut at = start.clone();
    while let Some(chunk) = next_chunk(tx, scope, &at)? {
        for record in chunk {
            at.entity.clone_from(&record.entity);
            at.id.clone_from(&record.id);
            visit(tx, scope, &mut page, record, &at)?;
            if page.is_full(limit) {
                at.remaining = start.remaining.saturating_sub(page.rows as u64);
                let next = Cursor {
                    scan: Some(at.to_string()),
                    ..cursor.clone()
                };
                return page.finish(tx, cursor, next, true, Some(at.remaining));
            }
        }
    }
    let next = Cursor {
        sequence: at.end,
        scan: None,
        ..cursor.clone()
    };
    let has_more = tx.last_sequence()? > at.end;
    page.finish(tx, cursor, next, has_more, Some(0))
}

/// The records behind a position; `None` at the end of the last entity.
fn next_chunk(tx: &dyn Transaction, scope: &Scope<'_>, at: &Position) -> Result<Option<Vec<StoredText>>> {
    let first = if at.entity.is_empty() {
        0
    } else {
        scope.set.position(&at.entity)
    };
    for entity in scope.set.entities.iter().skip(first) {
        let after = (entity.name == at.entity).then_some(at.id.as_str());
        let chunk = tx.records_after(&entity.name, after, CHUNK)?;
        if !chunk.is_empty() {
            return Ok(Some(chunk));
        }
    }
    Ok(None)
}

/// Tells of a record, and sees to what it brings along.
fn visit(
    tx: &dyn Transaction,
    scope: &Scope<'_>,
    page: &mut Page<'_, '_>,
    record: StoredText,
    at: &Position,
) -> Result<()> {
    let expected = page.expects(tx, &record)?;
    let mut open = vec![(record, expected)];
    while let Some((record, along)) = open.pop() {
        for (entity, id) in page.consider(tx, record, along)? {
            let Some(brought) = tx
                .record_text(&entity.name, &id)?
                .filter(|brought| scope.readable(entity, brought))
            else {
                continue;
            };
            if is_ahead(scope, &brought, at) {
                page.expect(tx, &brought)?;
            } else {
                open.push((brought, true));
            }
        }
    }
    Ok(())
}

fn is_ahead(scope: &Scope<'_>, record: &StoredText, at: &Position) -> bool {
    let place = |entity: &str, id: &str| (scope.set.position(entity), id.to_owned());
    place(&record.entity, &record.id) > place(&at.entity, &at.id)
}

/// Rows that a walk from here will bring, for a progress bar.
fn count(tx: &dyn Transaction, scope: &Scope<'_>, page: &Page<'_, '_>, since: u64) -> Result<u64> {
    let mut brought: HashSet<(String, String)> = HashSet::new();
    let mut rows = 0;
    let mut at = Position {
        end: 0,
        remaining: 0,
        entity: String::new(),
        id: String::new(),
    };
    while let Some(chunk) = next_chunk(tx, scope, &at)? {
        for record in &chunk {
            let Some(entity) = scope.set.get(&record.entity) else {
                continue;
            };
            if record.deleted || !scope.readable(entity, record) {
                continue;
            }
            let along = brought.contains(&(record.entity.clone(), record.id.clone()));
            let held = page.membership(tx, record)? == Some(Membership::Held);
            let told = if held {
                record.sequence > since
            } else {
                along || scope.wanted(entity, record)
            };
            if told {
                rows += 1;
                brought.extend(
                    scope
                        .brings(record)
                        .into_iter()
                        .map(|(entity, id)| (entity.name.clone(), id)),
                );
            }
        }
        if let Some(last) = chunk.last() {
            at.entity.clone_from(&last.entity);
            at.id.clone_from(&last.id);
        }
    }
    Ok(rows)
}
