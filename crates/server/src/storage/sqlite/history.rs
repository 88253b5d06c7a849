//! Histories, read within bounds.

use rusqlite::{Connection, Row, params};

use super::rows::read_history;
use super::value::within;
use crate::storage::model::{HistoryBound, HistoryEntry, HistoryRange, NewestVersions};
use crate::storage::port::Result;

/// The versions after one, oldest first.
pub(super) fn page(
    connection: &Connection,
    (entity, id): (&str, &str),
    version: u64,
    bound: HistoryBound,
) -> Result<Vec<HistoryEntry>> {
    let sql =
        "SELECT * FROM history WHERE entity = ?1 AND id = ?2 AND version > ?3 ORDER BY version LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let versions = within(bound.versions as u64);
    let mut rows = statement.query(params![entity, id, within(version), versions])?;
    let mut read = Bounded::new(bound);
    while let Some(row) = rows.next()? {
        if !read.takes(row)? {
            break;
        }
    }
    Ok(read.entries)
}

/// The newest versions of a range, oldest first.
pub(super) fn newest(
    connection: &Connection,
    (entity, id): (&str, &str),
    range: HistoryRange,
    bound: HistoryBound,
) -> Result<NewestVersions> {
    let sql = "SELECT * FROM history WHERE entity = ?1 AND id = ?2 AND version > ?3 AND version < ?4 \
               ORDER BY version DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let (after, before) = (within(range.after), within(range.before));
    let mut rows = statement.query(params![entity, id, after, before])?;
    let (mut read, mut complete) = (Bounded::new(bound), true);
    while let Some(row) = rows.next()? {
        // Earlier versions have smaller positions.
        if row.get::<_, u64>("sequence")? <= range.since {
            break;
        }
        if !read.takes(row)? {
            complete = false;
            break;
        }
    }
    read.entries.reverse();
    let entries = read.entries;
    Ok(NewestVersions { entries, complete })
}

/// Versions read one by one, until they are too many or too much.
struct Bounded {
    entries: Vec<HistoryEntry>,
    left: HistoryBound,
}

impl Bounded {
    fn new(bound: HistoryBound) -> Self {
        let entries = Vec::new();
        Self { entries, left: bound }
    }

    /// Reads the version, if it still fits.
    fn takes(&mut self, row: &Row<'_>) -> Result<bool> {
        let size = row.get_ref("changes")?.as_bytes().map_or(0, <[u8]>::len);
        let fits = self.entries.is_empty() || size <= self.left.bytes;
        if self.left.versions == 0 || !fits {
            return Ok(false);
        }
        self.left.versions -= 1;
        self.left.bytes = self.left.bytes.saturating_sub(size);
        self.entries.push(read_history(row)?);
        Ok(true)
    }
}
