//! Instants as text.

use serde::{Deserialize, Deserializer, de::Error};

use crate::Timestamp;

/// Reads an instant as RFC 3339 writes it: `2026-11-21T08:30:00Z`.
pub fn parse(text: &str) -> Option<Timestamp> {
    let instant = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(instant.to_utc())
}

/// For `deserialize_with`: reads as [`parse`] does. chrono's own reader also takes what RFC 3339 does not write
/// (`08:30:0 Z`), so that who reads with it would take what a device refuses.
///
/// # Errors
/// If it is not an instant.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(format_args!("`{text}` is not an instant of RFC 3339")))
}

/// As [`read`], or nothing.
///
/// # Errors
/// If it is something else.
pub fn read_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    #[derive(Deserialize)]
    struct Instant(#[serde(deserialize_with = "read")] Timestamp);

    let instant = Option::<Instant>::deserialize(deserializer)?;
    Ok(instant.map(|Instant(instant)| instant))
}
