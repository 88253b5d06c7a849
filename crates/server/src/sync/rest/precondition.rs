//! Which version of a record a request builds on: `If-Match`, or `_version` in the body.
//!
//! A tag names the history that its version belongs to. After a restored backup the same number may mean another content,
//! so a tag of a lost history never matches.

use holdfast_core::{
    Fields,
    pack::{Entity, Field, Strategy},
    queue::Operation,
    record::meta,
};
use serde_json::Value;

use super::RestWrite;
use crate::records::epoch;
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};
use crate::sync::Refusal;

/// More tags than this are not looked at.
const MOST_TAGS: usize = 100;

/// What `If-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing: the header is absent.
    Absent,
    /// `*`: that the record is there.
    Any,
    /// One of these versions, each of the epoch before it. Weak tags and those that this server never wrote are left out:
    /// they match nothing.
    OneOf(Vec<(String, u64)>),
}

impl IfMatch {
    /// Of the header's values, in order.
    ///
    /// # Errors
    /// [`Refusal::malformed`] if one is no list of entity tags (RFC 9110, section 8.8.3).
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> std::result::Result<Self, Refusal> {
        let malformed = || Refusal::malformed("If-Match must be * or the ETag of the record, in its quotes.");
        let mut found = Self::Absent;
        let mut count = 0;
        for value in values {
            let value = std::str::from_utf8(value).map_err(|_| malformed())?.trim();
            if value == "*" && found == Self::Absent {
                found = Self::Any;
                continue;
            }
            if matches!(found, Self::Any) {
                return Err(malformed());
            }
            let Self::OneOf(tags) = &mut found else {
                found = Self::OneOf(read_tags(value, &mut count).ok_or_else(malformed)?);
                continue;
            };
            tags.extend(read_tags(value, &mut count).ok_or_else(malformed)?);
        }
        Ok(found)
    }
}

/// The tags of a header's value; `None` if it is no list of tags, or an endless one.
fn read_tags(mut text: &str, count: &mut usize) -> Option<Vec<(String, u64)>> {
    let mut tags = Vec::new();
    loop {
        *count += 1;
        let weak = text.strip_prefix("W/");
        let (opaque, rest) = weak.unwrap_or(text).strip_prefix('"')?.split_once('"')?;
        if *count > MOST_TAGS || !opaque.chars().all(|c| c == '!' || c > '"' && c != '\u{7f}') {
            return None;
        }
        let named = opaque.split_once('.').filter(|_| weak.is_none());
        let version = |(epoch, version): (&str, &str)| Some((epoch.to_owned(), version.parse().ok()?));
        tags.extend(named.and_then(version));
        match rest.trim_start() {
            "" => return Some(tags),
            rest => text = rest.strip_prefix(',')?.trim_start(),
        }
    }
}

/// The entity tag of a record at a version.
///
/// # Errors
/// If the storage fails.
pub fn tag(tx: &dyn Transaction, version: u64) -> Result<String> {
    let epoch = tx.meta(epoch::EPOCH)?.unwrap_or_default();
    Ok(format!("\"{epoch}.{version}\""))
}

/// The version that a write builds on; `None` leaves it to what the record is now.
///
/// `record`: what the write names, if it is there and the caller may see it. Of what is not, nothing is judged here.
pub(super) fn judge(
    tx: &dyn Transaction,
    entity: &Entity,
    write: &RestWrite,
    record: Option<&StoredRecord>,
) -> Result<std::result::Result<Option<u64>, Refusal>> {
    let in_body = match write
        .body
        .get(meta::VERSION)
        .map(|value| (value, meta::version(value)))
    {
        Some((_, None)) => {
            let message = "_version must be the record's version, a whole number.";
            return Ok(Err(Refusal::malformed(message)));
        }
        Some((_, version)) => version,
        None => None,
    };
    let Some(record) = record.filter(|_| write.operation != Operation::Create) else {
        return Ok(Ok(in_body));
    };
    let is_known = |version: &u64| (1..=record.version).contains(version);
    let known = match &write.if_match {
        IfMatch::OneOf(tags) => {
            let epoch = tx.meta(epoch::EPOCH)?.unwrap_or_default();
            let current = tags
                .iter()
                .filter(|(of, _)| *of == epoch)
                .map(|(_, version)| *version);
            Some(current.filter(is_known).max())
        }
        IfMatch::Any => return Ok(Ok(Some(record.version))),
        IfMatch::Absent => in_body.map(|version| Some(version).filter(is_known)),
    };
    Ok(match known {
        Some(Some(version)) => Ok(Some(version)),
        Some(None) => Err(Refusal::precondition_failed(
            "The record is not at this version, nor was it. Read it again, and decide anew.",
        )),
        None if needs_one(entity, write, record) => Err(Refusal::precondition_required(
            "Say which version you saw, by If-Match: this cannot be taken back by a merge.",
        )),
        None => Ok(None),
    })
}

/// Whether what is there would be lost unseen: by a deletion, or in a field of which a person decides.
fn needs_one(entity: &Entity, write: &RestWrite, record: &StoredRecord) -> bool {
    let by_hand = |field: &Field| {
        let rules = field.strategy_rules.iter().map(|rule| rule.strategy);
        field
            .strategy
            .into_iter()
            .chain(rules)
            .any(|strategy| strategy == Strategy::Manual)
    };
    let changes =
        |fields: &Fields, (name, value): (&String, &Value)| fields.get(name).unwrap_or(&Value::Null) != value;
    write.operation == Operation::Delete
        || write.body.iter().any(|(name, value)| {
            entity.field(name).is_some_and(by_hand) && changes(&record.fields, (name, value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(values: &[&str]) -> Option<IfMatch> {
        IfMatch::parse(values.iter().map(|value| value.as_bytes())).ok()
    }

    #[test]
    fn tags_are_read_as_the_standard_writes_them() {
        let one_of = |tags: &[(&str, u64)]| {
            let tags = tags
                .iter()
                .map(|(epoch, version)| ((*epoch).to_owned(), *version));
            Some(IfMatch::OneOf(tags.collect()))
        };
        let table = [
            (vec![], Some(IfMatch::Absent)),
            (vec!["*"], Some(IfMatch::Any)),
            (vec![" * "], Some(IfMatch::Any)),
            (vec!["\"e.3\""], one_of(&[("e", 3)])),
            (vec!["\"e.3\", \"e.4\""], one_of(&[("e", 3), ("e", 4)])),
            (vec!["\"e.3\"", "\"f.4\""], one_of(&[("e", 3), ("f", 4)])),
            (vec!["\"3\""], one_of(&[])),
            (vec!["W/\"e.3\""], one_of(&[])),
            (vec!["\"e.-1\", \"e.x\", \"\""], one_of(&[])),
            (vec![""], None),
            (vec!["3"], None),
            (vec!["\"e.3"], None),
            (vec!["\"e.3\" \"e.4\""], None),
            (vec!["\"e.3\","], None),
            (vec!["*, \"e.3\""], None),
            (vec!["*", "\"e.3\""], None),
            (vec!["\"e 3\""], None),
            (vec!["w/\"e.3\""], None),
        ];
        for (values, expected) in table {
            assert_eq!(parse(&values), expected, "{values:?}");
        }
        let endless = vec!["\"e.1\""; MOST_TAGS + 1].join(",");
        assert_eq!(parse(&[&endless]), None);
    }
}
