//! Which version of a record a request builds on: `If-Match`, or `_version` in the body.

use holdfast_core::{
    pack::{Entity, Field, Strategy, same_value},
    protocol::{IfMatch, entity_tag},
    record::{Operation, meta},
};
use serde_json::Value;

use super::request::RestWrite;
use crate::records::starts;
use crate::storage::model::{HistoryBound, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::sync::Refusal;

/// The entity tag of a record as it is.
///
/// # Errors
/// If the storage fails.
pub fn tag(tx: &dyn Transaction, record: &StoredRecord) -> Result<String> {
    Ok(entity_tag(
        &starts::history_at(tx, record.sequence)?,
        record.version,
    ))
}

/// The newest of the versions that these tags name and that the record has or had in this history.
fn newest_known(tx: &dyn Transaction, record: &StoredRecord, tags: &[(String, u64)]) -> Result<Option<u64>> {
    let mut versions: Vec<u64> = tags.iter().map(|(_, version)| *version).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.dedup();
    for version in versions {
        let Some(sequence) = sequence_of(tx, record, version)? else {
            continue;
        };
        let history = starts::history_at(tx, sequence)?;
        if tags.contains(&(history, version)) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

/// Where in the change log a version of a record was written; `None`, if the record never had it.
fn sequence_of(tx: &dyn Transaction, record: &StoredRecord, version: u64) -> Result<Option<u64>> {
    if !(1..=record.version).contains(&version) {
        return Ok(None);
    }
    if version == record.version {
        return Ok(Some(record.sequence));
    }
    let only = HistoryBound {
        versions: 1,
        bytes: usize::MAX,
    };
    let entries = tx.history_page(&record.entity, &record.id, version - 1, only)?;
    Ok(entries
        .first()
        .filter(|entry| entry.version == version)
        .map(|entry| entry.sequence))
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
    let in_body = write.body.get(meta::VERSION).map(meta::version);
    if in_body == Some(None) {
        let message = "_version must be the record's version, a whole number.";
        return Ok(Err(Refusal::malformed(message)));
    }
    let in_body = in_body.flatten();
    let Some(record) = record.filter(|_| write.operation != Operation::Create) else {
        return Ok(Ok(in_body));
    };
    let is_known = |version: &u64| (1..=record.version).contains(version);
    let known = match &write.if_match {
        IfMatch::OneOf(tags) => Some(newest_known(tx, record, tags)?),
        IfMatch::Any => return Ok(Ok(Some(record.version))),
        IfMatch::Absent => in_body.map(|version| Some(version).filter(is_known)),
    };
    Ok(match known {
        Some(Some(version)) => Ok(Some(version)),
        Some(None) => Err(Refusal::precondition_failed(
            "This record has never had that version. Read it again, then decide.",
        )),
        None if needs_one(entity, write, record) => Err(Refusal::precondition_required(
            "Send If-Match with the ETag of the version you saw, so that nobody's newer change is lost unseen.",
        )),
        None => Ok(None),
    })
}

/// Whether what is there would be lost unseen: by a deletion, or in a field of which a person decides.
fn needs_one(entity: &Entity, write: &RestWrite, record: &StoredRecord) -> bool {
    let is_manual = |field: &Field| {
        let rules = field.strategy_rules.iter().map(|rule| rule.strategy);
        field
            .strategy
            .into_iter()
            .chain(rules)
            .any(|strategy| strategy == Strategy::Manual)
    };
    let by_hand = |name: &String| entity.field(name).filter(|field| is_manual(field));
    let changes = |(name, value): (&String, &Value)| {
        let stored = record.fields.get(name).unwrap_or(&Value::Null);
        by_hand(name).is_some_and(|field| !same_value(field, stored, value))
    };
    write.operation == Operation::Delete || write.body.iter().any(changes)
}
