//! `GET /sync/delta` and `/sync/records`: what a device is told of others' changes. A delta writes nothing but what is
//! known of the device, so that it can be [prepared](super::prepared) on a snapshot.
//!
//! A device begins with a scan of everything it wants ([`super::walk`]), and then follows the change log: each answer
//! carries records changed after its cursor, as the fields that changed since the position that the device is at. The
//! log holds each record once, at its last change, and is written by one transaction at a time, so a position never
//! gains an entry before it.
//!
//! When the roles or sites of the caller changed, records may have come into scope, or left it, without having changed
//! themselves: then everything is walked through again, against what the device holds.

use holdfast_core::{protocol::Cursor, system};

use super::delta::{DEFAULT_LIMIT, Delta, DeltaRequest, MAXIMAL_LIMIT};
use super::page::{Page, PageLimit};
use super::row::TextRow;
use super::scope::{EntitySet, Scope};
use super::{Answer, Context, Refusal, cursors, dialogue, walk};
use crate::records::{self, epoch};
use crate::storage::model::{HistoryBound, HistoryRange};
use crate::storage::port::{Result, Transaction};

/// Ids that may be asked for at once.
pub const IDS_LIMIT: usize = 200;

/// Records that one request looks at. A caller who may see few of them gets short pages, and goes on.
const LOOKED_AT: usize = 5_000;

/// What is looked through of the caller's profile; with more, all is told anew.
const PROFILE: HistoryBound = HistoryBound {
    versions: 200,
    bytes: 1024 * 1024,
};

/// One page of changes.
pub fn delta(tx: &mut dyn Transaction, cx: &Context<'_>, request: &DeltaRequest) -> Answer<Delta> {
    delta_within(tx, cx, request, LOOKED_AT)
}

/// As [`delta`], looking at so many records.
pub(super) fn delta_within(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    request: &DeltaRequest,
    looked_at: usize,
) -> Answer<Delta> {
    let page = page(tx, cx, request, looked_at)?;
    Ok(page.map(|mut delta| {
        delta.changes.layout = request.layout;
        delta
    }))
}

fn page(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    request: &DeltaRequest,
    looked_at: usize,
) -> Answer<Delta> {
    let rows = request.limit.unwrap_or(DEFAULT_LIMIT);
    let limit = PageLimit { rows, looked_at };
    if !(1..=MAXIMAL_LIMIT).contains(&rows) {
        return Ok(Err(Refusal::malformed(format!(
            "limit must be 1 to {MAXIMAL_LIMIT}."
        ))));
    }
    let set = match EntitySet::parse(cx.packs, request.entities.as_deref()) {
        Ok(set) => set,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(receipt) = &request.receipt
        && let Some(refusal) = cursors::judge_text(tx, cx, receipt)?
    {
        return Ok(Err(refusal));
    }
    let epoch = epoch::current(tx, cx.rng)?;
    let scope = Scope::of(tx, cx, set)?;
    let Some(since) = &request.since else {
        return walk::begin(tx, scope, &epoch, limit).map(Ok);
    };
    let cursor = match since.parse::<Cursor>() {
        Ok(cursor) => cursor,
        Err(unreadable) => return Ok(Err(Refusal::malformed(unreadable.to_string()))),
    };
    if let Some(refusal) = check(tx, &scope, &cursor)? {
        return Ok(Err(refusal));
    }
    if !dialogue::present(tx, &cx.caller.device_id, &cursor)? {
        return Ok(Err(Refusal::overtaken_cursor()));
    }
    match &cursor.scan {
        Some(position) => walk::resume(tx, scope, &cursor, position, limit),
        None if scope_changed(tx, cx, cursor.sequence)? => walk::again(tx, scope, &cursor, limit).map(Ok),
        None => follow(tx, scope, &cursor, limit).map(Ok),
    }
}

/// Why a cursor is of no use here, if it is not.
fn check(tx: &mut dyn Transaction, scope: &Scope<'_>, cursor: &Cursor) -> Result<Option<Refusal>> {
    if let Some(refusal) = cursors::judge(tx, &scope.cx, cursor)? {
        return Ok(Some(refusal));
    }
    let other = cursor.entity_set != scope.set.hash;
    Ok(other.then(|| {
        Refusal::malformed("This cursor belongs to another set of entities. Start again without it.")
    }))
}

/// Whether roles or sites of the caller changed after a position.
fn scope_changed(tx: &dyn Transaction, cx: &Context<'_>, since: u64) -> Result<bool> {
    let range = HistoryRange {
        since,
        ..HistoryRange::ALL
    };
    let newest = tx.newest_versions(system::USER, &cx.caller.me.user_id, range, PROFILE)?;
    let decisive = ["roles", "sites"];
    Ok(!newest.complete
        || newest
            .entries
            .iter()
            .any(|entry| decisive.iter().any(|field| entry.changes.contains_key(*field))))
}

/// What changed after the cursor, in the order of the log.
fn follow(tx: &mut dyn Transaction, scope: Scope<'_>, cursor: &Cursor, limit: PageLimit) -> Result<Delta> {
    let end = tx.last_sequence()?;
    let mut page = Page::new(&scope, cursor.sequence, false);
    let mut position = cursor.sequence;
    'log: while position < end {
        for record in tx.changes_after(position, limit.rows)? {
            position = record.sequence;
            page.consider_with_company(tx, record)?;
            if page.is_full(limit) {
                break 'log;
            }
        }
    }
    let next = Cursor {
        sequence: position,
        ..cursor.clone()
    };
    page.finish(tx, cursor, next, position < end, None)
}

/// `GET /sync/records`: whole records of these ids that the caller may read; the others are absent. A device asks for
/// what it is taken to hold, so this changes nothing of that.
pub fn whole_records(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    plural: &str,
    ids: &[&str],
) -> Answer<Vec<TextRow>> {
    let Some(entity) = cx.packs.entity_by_plural(plural) else {
        return Ok(Err(Refusal::malformed(format!(
            "There are no \"{plural}\" here; ask for others."
        ))));
    };
    if ids.len() > IDS_LIMIT {
        return Ok(Err(Refusal::too_large(format!(
            "Ask for at most {IDS_LIMIT} ids at once."
        ))));
    }
    let mut found = Vec::new();
    for id in ids {
        let id = records::ids::resolve(tx, &cx.caller.device_id, &entity.name, id)?;
        let record = tx
            .record_text(&entity.name, &id)?
            .filter(|record| !record.deleted && cx.readable(entity, record));
        if let Some(record) = record {
            found.push(TextRow::whole(tx, cx, record)?);
        }
    }
    Ok(Ok(found))
}
