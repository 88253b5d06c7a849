//! Instants as text.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};

use chrono::Datelike;

use crate::Timestamp;

/// Reads an instant as RFC 3339 writes it: `2026-11-21T08:30:00Z`. One that has no year of four digits in UTC could not be
/// read again once it is written, and is none.
pub fn parse(text: &str) -> Option<Timestamp> {
    let instant = chrono::DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (0..=9999).contains(&instant.year()).then_some(instant)
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

/// An instant inside another value.
#[derive(Deserialize)]
struct Instant(#[serde(deserialize_with = "read")] Timestamp);

/// As [`read`], for the values of a map.
///
/// # Errors
/// If one of them is not an instant.
pub fn read_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Timestamp>, D::Error> {
    let instants = BTreeMap::<String, Instant>::deserialize(deserializer)?;
    let instants = instants.into_iter();
    Ok(instants.map(|(name, Instant(instant))| (name, instant)).collect())
}

/// As [`read`], or nothing.
///
/// # Errors
/// If it is something else.
pub fn read_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let instant = Option::<Instant>::deserialize(deserializer)?;
    Ok(instant.map(|Instant(instant)| instant))
}
