//! Writing a version: the one way in which a record changes.

use std::collections::BTreeMap;

use holdfast_core::{
    Fields, Timestamp,
    pack::{Entity, canonical, settle_sets},
};
use serde_json::Value;

use super::{unique, unique_keys};
use crate::storage::model::{Act, HistoryEntry, StoredRecord, ValueChange};
use crate::storage::port::{Result, StorageError, Transaction};

/// Who writes, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    pub user_id: &'a str,
    pub name: &'a str,
    pub roles: &'a [String],
    pub device_id: &'a str,
}

impl Author<'static> {
    /// The server itself, in the name of what it does: an import, the accounts.
    pub const fn server(name: &'static str) -> Self {
        Self {
            user_id: "",
            name,
            roles: &[],
            device_id: "",
        }
    }
}

/// A version about to be written. Without `before` the record is new.
#[derive(Debug)]
pub struct NewVersion<'a> {
    pub entity: &'a Entity,
    pub id: &'a str,
    pub before: Option<&'a StoredRecord>,
    /// All fields as they will be; those of a tombstone are its last ones.
    pub fields: Fields,
    pub act: Act,
    pub local_id: Option<String>,
    pub author: Author<'a>,
    pub at: Timestamp,
}

impl NewVersion<'_> {
    /// Stores the version at the next position of the change log, with its history and unique values.
    ///
    /// # Errors
    /// If a field is not declared, if other packs than these decide how unique values are compared, or if the storage fails.
    pub fn write(self, tx: &mut dyn Transaction) -> Result<StoredRecord> {
        let Self {
            entity,
            id,
            before,
            mut fields,
            act,
            local_id,
            author,
            at,
        } = self;
        fields.retain(|_, value| !value.is_null());
        canonical(entity, &mut fields);
        refuse_undeclared(entity, before, &fields)?;
        unique_keys::require(tx, entity)?;
        settle_sets(entity, &mut fields);
        fields.insert(entity.id_field.clone(), id.into());
        let deleted = act == Act::Delete;
        let former = before
            .filter(|record| !record.deleted)
            .map(|record| &record.fields);
        unique::claim(tx, entity, id, former, (!deleted).then_some(&fields))?;
        let none = Fields::new();
        let mut changes = changes(before.map_or(&none, |record| &record.fields), &fields);
        changes.remove(&entity.id_field);
        let (local_id, maker) = match (local_id, before) {
            (Some(local_id), _) => (Some(local_id), Some(author.device_id.to_owned())),
            (None, Some(before)) => (before.local_id.clone(), before.maker.clone()),
            (None, None) => (None, None),
        };
        let record = StoredRecord {
            entity: entity.name.clone(),
            id: id.to_owned(),
            version: before.map_or(0, |record| record.version) + 1,
            sequence: tx.last_sequence()? + 1,
            updated_at: at,
            updated_by: author.user_id.to_owned(),
            local_id,
            deleted,
            maker,
            fields,
        };
        tx.put_version(&record, &entry(&record, author, act, changes))?;
        Ok(record)
    }
}

/// The one gate in front of every stored version: what is new in it must be a field that the pack declares. A value that an
/// earlier version of the pack let in, and that is left alone, stays.
fn refuse_undeclared(entity: &Entity, before: Option<&StoredRecord>, fields: &Fields) -> Result<()> {
    let as_before = |name: &String, value: &Value| before.is_some_and(|b| b.fields.get(name) == Some(value));
    let stranger = fields.iter().find(|(name, value)| {
        **name != entity.id_field && entity.field(name).is_none() && !as_before(name, value)
    });
    match stranger {
        None => Ok(()),
        Some((name, _)) => Err(StorageError::Undeclared {
            entity: entity.name.clone(),
            field: name.clone(),
        }),
    }
}

fn entry(
    record: &StoredRecord,
    author: Author<'_>,
    act: Act,
    changes: BTreeMap<String, ValueChange>,
) -> HistoryEntry {
    HistoryEntry {
        entity: record.entity.clone(),
        id: record.id.clone(),
        version: record.version,
        sequence: record.sequence,
        at: record.updated_at,
        user_id: author.user_id.to_owned(),
        user_name: author.name.to_owned(),
        roles: author.roles.to_vec(),
        device_id: author.device_id.to_owned(),
        act,
        changes,
    }
}

fn changes(before: &Fields, after: &Fields) -> BTreeMap<String, ValueChange> {
    let names = before.keys().chain(after.keys());
    let value = |fields: &Fields, name: &String| fields.get(name).cloned().unwrap_or(Value::Null);
    let changed = names.filter(|name| before.get(*name) != after.get(*name));
    changed
        .map(|name| {
            (
                name.clone(),
                ValueChange {
                    from: value(before, name),
                    to: value(after, name),
                },
            )
        })
        .collect()
}
