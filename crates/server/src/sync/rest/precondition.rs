//! Which version of a record a request builds on: `If-Match`, or `_version` in the body.

use holdfast_core::{
    merge::same_value,
    pack::{Entity, Field, Strategy},
    protocol::{IfMatch, entity_tag},
    queue::Operation,
    record::meta,
};
use serde_json::Value;

use super::RestWrite;
use crate::records::epoch;
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};
use crate::sync::Refusal;

/// The entity tag of a record at a version.
///
/// # Errors
/// If the storage fails.
pub fn tag(tx: &dyn Transaction, version: u64) -> Result<String> {
    Ok(entity_tag(&present_epoch(tx)?, version))
}

fn present_epoch(tx: &dyn Transaction) -> Result<String> {
    Ok(tx.meta(epoch::EPOCH)?.unwrap_or_default())
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
        IfMatch::OneOf(tags) => {
            let epoch = present_epoch(tx)?;
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
