//! Where a walk through everything stands, as its cursor carries it.

use std::fmt;

use holdfast_core::protocol::Cursor;

/// Where a walk stands: `<E>/<remaining>/<entity>/<id>` in a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// The end of the log when the walk began.
    pub end: u64,
    /// Rows still to come, as far as was known at the beginning.
    pub remaining: u64,
    /// The last record passed; before all records, if the entity is empty.
    pub entity: String,
    pub id: String,
}

impl Position {
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '/');
        let end = parts.next()?.parse().ok()?;
        let remaining = parts.next()?.parse().ok()?;
        Some(Self {
            end,
            remaining,
            entity: parts.next()?.to_owned(),
            id: parts.next()?.to_owned(),
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.end, self.remaining, self.entity, self.id)
    }
}

/// The furthest position of the change log that a cursor speaks of: a walk's lies ahead of where it began.
pub(super) fn furthest(cursor: &Cursor) -> u64 {
    let walk = cursor.scan.as_deref().and_then(Position::parse);
    walk.map_or(0, |position| position.end).max(cursor.sequence)
}
