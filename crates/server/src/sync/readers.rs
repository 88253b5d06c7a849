//! A delta since a point in time, for readers that are no devices (reports, integrations): whole records, no
//! membership, no word of what left.
//!
//! A time is a position in the change log (see [`crate::storage::log_time`]), and from there a reader goes on by `cursor`
//! or by `syncTimestamp` of each page. Both name the position that the page came to, also within one millisecond, and
//! whatever the clock did meanwhile: each change is told at least once.

use std::{fmt, str::FromStr};

use holdfast_core::{protocol::DeltaChanges, timestamp};

use super::delta::{DEFAULT_LIMIT, Delta, DeltaRequest, MAXIMAL_LIMIT};
use super::row::TextRow;
use super::scope::{EntitySet, Scope};
use super::{Answer, Context, Refusal};
use crate::records::{epoch, starts};
use crate::storage::port::{Result, Transaction};

const CHUNK: usize = 500;
/// Records that one request looks at; a reader who may see few of them gets short pages, and goes on.
const LOOKED_AT: usize = 5_000;

/// How far a reader has come in one history of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Position {
    /// With the start under which it was written: `<epoch>-<start>`.
    epoch: String,
    sequence: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reader.{}.{}", self.epoch, self.sequence)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (epoch, sequence) = text
            .strip_prefix("reader.")
            .and_then(|rest| rest.rsplit_once('.'))
            .ok_or(())?;
        Ok(Self {
            epoch: epoch.to_owned(),
            sequence: sequence.parse().map_err(|_| ())?,
        })
    }
}

/// Whether a reader asks so, and no device.
pub fn asks(since: Option<&str>) -> bool {
    since.is_some_and(|since| since.parse::<Position>().is_ok() || timestamp::parse(since).is_some())
}

/// A page for a reader. Nothing is stored.
pub fn read(tx: &dyn Transaction, cx: &Context<'_>, request: &DeltaRequest) -> Answer<Delta> {
    let limit = request.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAXIMAL_LIMIT).contains(&limit) {
        return Ok(Err(Refusal::malformed(format!(
            "limit must be 1 to {MAXIMAL_LIMIT}."
        ))));
    }
    let set = match EntitySet::parse(cx.packs, request.entities.as_deref()) {
        Ok(set) => set,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let scope = Scope::of(tx, cx, set)?;
    let epoch = tx.meta(epoch::EPOCH)?.unwrap_or_default();
    let since = request.since.as_deref().unwrap_or_default();
    let mut page = match (since.parse::<Position>(), timestamp::parse(since)) {
        (Ok(position), _) if is_of_this_history(tx, &position)? => {
            page(tx, &scope, position, limit, LOOKED_AT)?
        }
        (Ok(_), _) => {
            return Ok(Err(Refusal::gone(
                "The server was restored from a backup. Start again with a time.",
            )));
        }
        (Err(()), Some(time)) => {
            let sequence = tx.position_at(time)?;
            page(tx, &scope, Position { epoch, sequence }, limit, LOOKED_AT)?
        }
        (Err(()), None) => return Ok(Err(Refusal::malformed("since must be a cursor or a time."))),
    };
    page.changes.layout = request.layout;
    Ok(Ok(page))
}

/// Whether a position is one of this history, and not of one that was lost with a restored backup.
fn is_of_this_history(tx: &dyn Transaction, position: &Position) -> Result<bool> {
    if position.sequence > tx.last_sequence()? {
        return Ok(false);
    }
    // Earlier versions of the server named the epoch alone. The page's cursor names the start, too.
    let names_epoch = tx
        .meta(epoch::EPOCH)?
        .is_some_and(|epoch| epoch == position.epoch);
    Ok(names_epoch || position.epoch == starts::history_at(tx, position.sequence)?)
}

/// At most `limit` readable records from behind a position, oldest change first, having looked at no more than `looked_at`.
///
/// `syncTimestamp` is the log's time of the position that the page comes to: as exact as the cursor.
fn page(
    tx: &dyn Transaction,
    scope: &Scope<'_>,
    mut position: Position,
    limit: usize,
    looked_at: usize,
) -> Result<Delta> {
    let mut changes = DeltaChanges::default();
    let (mut rows, mut left) = (0, looked_at);
    let mut has_more = false;
    'log: loop {
        let chunk = tx.changes_after(position.sequence, CHUNK.min(left + 1))?;
        if chunk.is_empty() {
            break;
        }
        for record in chunk {
            if rows >= limit || left == 0 {
                has_more = true;
                break 'log;
            }
            left -= 1;
            position.sequence = record.sequence;
            let entity = scope.set.get(&record.entity).filter(|_| !record.deleted);
            if let Some(entity) = entity.filter(|entity| scope.readable(entity, &record)) {
                rows += 1;
                let told = changes.records.entry(entity.collection()).or_default();
                told.push(TextRow::whole(tx, &scope.cx, record)?);
            }
        }
    }
    Ok(Delta {
        // Before the first change any time misses nothing; the epoch is one that no clock is behind.
        sync_timestamp: tx.log_time(position.sequence)?.unwrap_or_default(),
        // Which start wrote it tells a position from the one that has its number after a loss that nobody noticed.
        cursor: Position {
            epoch: starts::history_at(tx, position.sequence)?,
            ..position
        }
        .to_string(),
        has_more,
        remaining: None,
        changes,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A page from the beginning or from a cursor, having looked at so many records.
    pub fn page_looking_at(
        tx: &dyn Transaction,
        cx: &Context<'_>,
        since: &str,
        limit: usize,
        looked_at: usize,
    ) -> Result<Delta> {
        let Ok(set) = EntitySet::parse(cx.packs, None) else {
            panic!("all entities are a set");
        };
        let epoch = tx.meta(epoch::EPOCH)?.unwrap_or_default();
        let position = since.parse().unwrap_or(Position { epoch, sequence: 0 });
        page(tx, &Scope::of(tx, cx, set)?, position, limit, looked_at)
    }

    #[test]
    fn a_reader_asks_with_a_time_or_a_position_and_nothing_else() {
        let position = Position {
            epoch: "2f6c.1".into(),
            sequence: 42,
        };
        assert_eq!(position.to_string().parse(), Ok(position));
        for since in [
            "reader.2f6c.0",
            "2026-11-30T07:00:00Z",
            "2026-11-30T07:00:00.123456789+01:00",
        ] {
            assert!(asks(Some(since)), "{since}");
        }
        for since in [
            "",
            "reader.",
            "reader.e.-1",
            "reader.e.18446744073709551616",
            "yesterday",
            "10000-01-01T00:00:00Z",
        ] {
            assert!(!asks(Some(since)), "{since}");
        }
        assert!(!asks(None));
    }
}
