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

/// Whether it is written in UTC, as the server stores instants: `2026-11-21T08:30:00Z`.
pub fn is_in_utc(text: &str) -> bool {
    text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T')
}

/// A text that orders among others as the instants do; one that is no instant stays as it is.
///
/// Of an instant in UTC, nothing is read: a list sorts by thousands of them.
pub fn sortable(text: &str) -> String {
    let utc = match is_in_utc(text) {
        true => text.to_owned(),
        false => match parse(text) {
            Some(instant) => in_utc(instant),
            None => return text.to_owned(),
        },
    };
    let instant = utc.trim_end_matches('Z');
    match instant.contains('.') {
        true => instant.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => instant.to_owned(),
    }
}

/// An instant with as many digits as it needs.
pub fn in_utc(instant: Timestamp) -> String {
    instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Reads an HTTP date: `Tue, 01 Dec 2026 02:40:54 GMT` (RFC 9110 §5.6.7). The two obsolete forms are not read.
pub fn parse_http(text: &str) -> Option<Timestamp> {
    Some(chrono::DateTime::parse_from_rfc2822(text).ok()?.to_utc())
}

/// An instant as an HTTP date, without its fraction of a second.
pub fn in_http(instant: Timestamp) -> String {
    instant.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
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
