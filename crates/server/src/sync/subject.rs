//! What a conflict or a notice says of another record, its *subject*, is shown by the reader's access to that record.
//!
//! Both outlive their author's access: a work order is given to somebody else, and the conflict about it stays in the
//! inbox. Whoever may no longer read the subject sees what they wrote themselves, and nothing that others did since.

use holdfast_core::{
    Fields,
    pack::{Entity, Values},
    system,
};
use serde_json::{Value, json};

use super::{Context, open_conflicts};
use crate::records;
use crate::storage::model::{HistoryEntry, Membership, Stored, StoredRecord};
use crate::storage::port::{Result, Transaction};
use crate::storage::text::StoredText;
use holdfast_core::protocol::WireRecord;

/// Fields of a conflict that tell of the subject's present state.
const OF_CONFLICT: [&str; 6] = [
    "title",
    "siteId",
    "serverVersion",
    "resolution",
    "instead",
    "resolvedByName",
];

/// The index of conflicts and notices by the record that they are about.
const ABOUT: &str = "about";

/// Conflicts, and notices, about one record that are looked up when it comes into a user's sight.
const RENEWED: usize = 100;

/// Parts of a value in conflict that its author wrote or saw when they wrote it.
const OF_AUTHOR: [&str; 2] = ["base", "mine"];

/// Whether records of this entity are about other records.
pub(super) fn is_about_another(entity: &str) -> bool {
    matches!(entity, system::CONFLICT | system::NOTICE)
}

/// Whether the caller may read the record that this one is about; of a record about itself: yes.
///
/// # Errors
/// If the storage fails.
pub fn is_open<F: Values>(tx: &dyn Transaction, cx: &Context<'_>, record: &Stored<F>) -> Result<bool> {
    if !is_about_another(&record.entity) {
        return Ok(true);
    }
    let text = |name: &str| {
        let value = record.fields.value(name);
        value
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    let (entity, id) = (text("recordType"), text("recordId"));
    let Some(declared) = cx.packs.entity(&entity) else {
        return Ok(false);
    };
    let subject = tx.record_text(&entity, &id)?;
    Ok(subject.is_some_and(|subject| cx.readable(declared, &subject)))
}

/// The record as the caller may see it.
///
/// # Errors
/// If the storage fails.
pub fn visible(tx: &dyn Transaction, cx: &Context<'_>, record: StoredRecord) -> Result<StoredRecord> {
    if is_open(tx, cx, &record)? {
        return Ok(record);
    }
    Ok(redacted(record, &cx.caller.me.user_id))
}

/// The record without what it says of its subject; what this reader wrote stays.
pub fn redacted(mut record: StoredRecord, reader: &str) -> StoredRecord {
    redact(&record.entity, &mut record.fields, reader);
    record
}

/// As [`visible`], of a record with its values as they are stored.
pub(super) fn visible_text(tx: &dyn Transaction, cx: &Context<'_>, record: StoredText) -> Result<StoredText> {
    if is_open(tx, cx, &record)? {
        return Ok(record);
    }
    let mut read = record.read()?;
    redact(&read.entity, &mut read.fields, &cx.caller.me.user_id);
    StoredText::of(&read)
}

/// Enters a conflict or a notice under the record that it is about. A resolved conflict stays there.
pub(super) fn index(tx: &mut dyn Transaction, record: &StoredRecord) -> Result<()> {
    let text = |name: &str| {
        record
            .fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let key = index_key(
        &record.entity,
        text("recordType"),
        text("recordId"),
        text("userId"),
    );
    tx.put_key(&record.entity, ABOUT, &key, &record.id)
}

/// A notice has one reader, and is found by them; a conflict may be read by several users.
fn index_key(entity: &str, of: &str, id: &str, user: &str) -> String {
    match entity {
        system::NOTICE => json!([of, id, user]).to_string(),
        _ => json!([of, id]).to_string(),
    }
}

/// Ids of conflicts or notices (`entity`) about a record that comes into the caller's sight: what they were sent of them
/// may have been redacted. These are the caller's own open conflicts, and at most [`RENEWED`] others that their device
/// holds.
pub(super) fn about(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &str,
    record: &StoredText,
) -> Result<Vec<String>> {
    if is_about_another(&record.entity) {
        return Ok(Vec::new());
    }
    let me = &cx.caller.me.user_id;
    let mut ids = match entity {
        system::CONFLICT => open_conflicts::find_all(tx, (&record.entity, &record.id), me)?,
        _ => Vec::new(),
    };
    let key = index_key(entity, &record.entity, &record.id, me);
    for id in tx.key_holders(entity, ABOUT, &key, RENEWED)? {
        let is_held = || tx.membership(&cx.caller.device_id, entity, &id);
        if !ids.contains(&id) && is_held()? == Some(Membership::Held) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// The whole record as it goes to the caller's device.
pub(super) fn whole(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    record: &StoredRecord,
) -> Result<WireRecord> {
    let visible = visible(tx, cx, record.clone())?;
    Ok(records::whole(entity, &visible, &cx.caller.device_id))
}

/// The versions of a record as the caller may see them: of one about another that they may not read, who and when alone.
pub(super) fn visible_history(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    record: &StoredRecord,
    mut entries: Vec<HistoryEntry>,
) -> Result<Vec<HistoryEntry>> {
    if !is_open(tx, cx, record)? {
        entries.iter_mut().for_each(|entry| entry.changes.clear());
    }
    Ok(entries)
}

fn redact(entity: &str, fields: &mut Fields, reader: &str) {
    match entity {
        system::CONFLICT => redact_conflict(fields, reader),
        system::NOTICE => redact_notice(fields),
        _ => {}
    }
}

fn redact_conflict(fields: &mut Fields, reader: &str) {
    let own = fields.get("userId").and_then(Value::as_str) == Some(reader);
    OF_CONFLICT.iter().for_each(|name| {
        fields.remove(*name);
    });
    let Some(values) = fields.get_mut("values").and_then(Value::as_object_mut) else {
        fields.remove("values");
        return;
    };
    for value in values.values_mut() {
        match value.as_object_mut().filter(|_| own) {
            Some(parts) => parts.retain(|part, _| OF_AUTHOR.contains(&part.as_str())),
            None => *value = json!({}),
        }
    }
}

/// Each detail names which of its values is the reader's own ([`super::notices::Detail`]).
fn redact_notice(fields: &mut Fields) {
    let details = fields.get_mut("details").and_then(Value::as_array_mut);
    let mut seen = details.is_some();
    for detail in details.into_iter().flatten() {
        seen &= detail.get("seen") == Some(&Value::Bool(true));
        let own = detail.get("own").and_then(Value::as_str).map(str::to_owned);
        for part in ["kept", "lost"] {
            if own.as_deref() != Some(part) {
                detail[part] = Value::Null;
            }
        }
    }
    // The title is the one that its reader saw, or a later one.
    if !seen {
        fields.remove("title");
    }
    fields.remove("byName");
}
