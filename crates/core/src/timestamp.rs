//! Instants as text.

use crate::Timestamp;

/// Reads an instant as RFC 3339 writes it: `2026-11-21T08:30:00Z`.
pub fn parse(text: &str) -> Option<Timestamp> {
    let instant = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(instant.to_utc())
}
