//! Drafts become records.

use std::collections::BTreeMap;

use holdfast_core::{
    Timestamp,
    pack::{Entity, Packs},
    stamps,
};
use serde_json::Value;

use super::drafts::{self, Draft};
use super::mapping::Mapping;
use super::place::{AUTHOR, Place, Put, note_missing, taken};
use super::positions::{self, Positions};
use super::revival::revive;
use super::rows::BrokenRow;
use crate::randomness::SystemRng;
use crate::records::defaults::complete;
use crate::records::{ids, unique, version::NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, StorageError, Transaction};
use crate::storage::text::StoredText;

/// Records that are read at once where all are looked at.
const READ_AT_ONCE: usize = 1_000;

/// Makes what the rows refer to, where it is not there.
pub(super) fn put_companions(
    tx: &mut dyn Transaction,
    packs: &Packs,
    mapping: &Mapping,
    now: Timestamp,
) -> Result<()> {
    for companion in &mapping.records {
        let entity = packs.entity(&companion.entity);
        let entity = entity
            .ok_or_else(|| StorageError::Inconsistent(format!("no pack declares {}", companion.entity)))?;
        if tx.record(&entity.name, &companion.id)?.is_some() {
            continue;
        }
        let (id, fields) = (
            companion.id.as_str(),
            complete(entity, companion.fields.clone(), None),
        );
        let act = Act::Create;
        NewVersion {
            entity,
            id,
            before: None,
            fields,
            act,
            local_id: None,
            author: AUTHOR,
            at: now,
        }
        .write(tx)?;
        ids::passed(tx, entity, id)?;
    }
    Ok(())
}

/// Deleted records whose key an import gave them, by that key.
pub(super) fn tombstones(
    tx: &dyn Transaction,
    entity: &Entity,
    mapping: &Mapping,
) -> Result<BTreeMap<String, String>> {
    let (mut found, mut after) = (BTreeMap::new(), None::<String>);
    loop {
        let chunk = tx.records_after(&entity.name, after.as_deref(), READ_AT_ONCE)?;
        let Some(last) = chunk.last() else {
            return Ok(found);
        };
        after = Some(last.id.clone());
        for tombstone in StoredText::read_all(&chunk)?
            .into_iter()
            .filter(|record| record.deleted)
        {
            let key = tombstone.fields.get(&mapping.key.field).and_then(Value::as_str);
            if let Some(key) = key.filter(|key| key.starts_with(&mapping.key.prefix)) {
                found.insert(key.to_owned(), tombstone.id.clone());
            }
        }
    }
}

/// Stores the drafts that are not there yet.
pub(super) fn put(
    tx: &mut dyn Transaction,
    (place, now): (Place<'_>, Timestamp),
    positions: &mut Positions,
    drafts: &[Draft],
) -> Result<Put> {
    let mut put = Put::default();
    for draft in drafts {
        let key = |position| drafts::key(place.mapping, &draft.digest, position);
        let has_record = |position| Ok(known(tx, place, &key(position))?.is_some());
        let Some(position) = positions.of(draft, has_record)? else {
            continue;
        };
        match known(tx, place, &key(position))? {
            None => create(tx, (place, now), (draft, position), &key(position), &mut put)?,
            Some(record) => {
                note(tx, place, &key(position), &record.id)?;
                match (record.deleted, place.revive) {
                    (true, true) => revive(tx, (place, now), &record, (draft, position), &mut put)?,
                    (deleted, _) => {
                        put.known += 1;
                        put.deleted += usize::from(deleted);
                    }
                }
            }
        }
    }
    Ok(put)
}

/// Under which name the storage keeps which record a row came to.
fn by_row(mapping: &Mapping) -> String {
    format!("imported:{}", mapping.key.field)
}

/// Keeps for good which record a row came to, so that the row is known whatever becomes of the record.
fn note(tx: &mut dyn Transaction, place: Place<'_>, key: &str, id: &str) -> Result<()> {
    let (entity, name) = (&place.entity.name, by_row(place.mapping));
    match tx.key_holder(entity, &name, key, None)?.as_deref() == Some(id) {
        true => Ok(()),
        false => tx.put_key(entity, &name, key, id),
    }
}

/// The record that a row of this key came to before.
fn known(tx: &dyn Transaction, place: Place<'_>, key: &str) -> Result<Option<StoredRecord>> {
    let Place { entity, mapping, .. } = place;
    let holder = unique::holder(tx, entity, &mapping.key.field, key)?;
    let noted = tx.key_holder(&entity.name, &by_row(mapping), key, None)?;
    let id = holder.or(noted).or_else(|| place.tombstones.get(key).cloned());
    match id {
        Some(id) => tx.record(&entity.name, &id),
        None => Ok(None),
    }
}

fn create(
    tx: &mut dyn Transaction,
    (place, now): (Place<'_>, Timestamp),
    (draft, position): (&Draft, usize),
    key: &str,
    put: &mut Put,
) -> Result<()> {
    let Place { entity, mapping, .. } = place;
    let mut fields = draft.fields.clone().unwrap_or_default();
    fields.insert(mapping.key.field.clone(), Value::from(key));
    if let Some(reason) = taken(tx, entity, None, &fields)? {
        let line = draft.line;
        put.broken.push(BrokenRow { line, reason });
        return Ok(());
    }
    note_missing(tx, place, &fields, put)?;
    let id = ids::assign(tx, entity, &SystemRng)?;
    stamps::receive_all(entity, &mut fields, now);
    NewVersion {
        entity,
        id: &id,
        before: None,
        fields,
        act: Act::Create,
        local_id: None,
        author: AUTHOR,
        at: now,
    }
    .write(tx)?;
    note(tx, place, key, &id)?;
    positions::note(tx, entity, mapping, draft, position)?;
    put.imported += 1;
    Ok(())
}
