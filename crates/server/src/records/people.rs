//! The records of persons, kept in step with the accounts: `person` is what colleagues see, `user` the own profile.

use holdfast_core::{
    Fields, Timestamp,
    pack::{Entity, Packs},
    protocol::Me,
    system,
};
use serde_json::{Value, json};

use super::version::{Author, NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, StorageError, Transaction};

/// Entity of what colleagues see of a person.
pub const PERSON: &str = "person";

/// Brings the person's records up to date with the account; writes nothing if they are.
///
/// A changed role or site becomes a change of the `user` record, at which the person's devices learn of their new scope.
///
/// # Errors
/// If no pack declares these entities, or the storage fails.
pub fn keep(tx: &mut dyn Transaction, packs: &Packs, me: &Me, now: Timestamp) -> Result<()> {
    for (entity, values) in records_of(me) {
        keep_record(tx, packs, entity, &me.user_id, values, now)?;
    }
    Ok(())
}

/// Whether [`keep`] would write nothing.
///
/// # Errors
/// If no pack declares these entities, or the storage fails.
pub fn are_kept(tx: &dyn Transaction, packs: &Packs, me: &Me) -> Result<bool> {
    for (entity, values) in records_of(me) {
        let before = tx.record(entity, &me.user_id)?;
        if !is_current(
            before.as_ref(),
            &fields(packs, entity, &me.user_id, before.as_ref(), values)?,
        ) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The values of each record that the account decides.
fn records_of(me: &Me) -> [(&'static str, Value); 2] {
    let person = json!({ "displayName": me.display_name, "roles": me.roles, "sites": me.sites });
    let mut user = person.clone();
    user["username"] = Value::from(me.username.clone());
    [(PERSON, person), (system::USER, user)]
}

/// The record's fields as they are to be.
fn fields(
    packs: &Packs,
    entity: &str,
    id: &str,
    before: Option<&StoredRecord>,
    values: Value,
) -> Result<Fields> {
    let declared = declared(packs, entity)?;
    let mut fields = before.map_or_else(Fields::new, |record| record.fields.clone());
    if let Value::Object(values) = values {
        fields.extend(values);
    }
    fields.insert(declared.id_field.clone(), id.into());
    Ok(fields)
}

fn declared<'a>(packs: &'a Packs, entity: &str) -> Result<&'a Entity> {
    let declared = packs.entity(entity);
    declared.ok_or_else(|| StorageError::Inconsistent(format!("no pack declares {entity}")))
}

fn is_current(before: Option<&StoredRecord>, fields: &Fields) -> bool {
    before.is_some_and(|record| record.fields == *fields && !record.deleted)
}

fn keep_record(
    tx: &mut dyn Transaction,
    packs: &Packs,
    entity: &str,
    id: &str,
    values: Value,
    now: Timestamp,
) -> Result<()> {
    let before = tx.record(entity, id)?;
    let fields = fields(packs, entity, id, before.as_ref(), values)?;
    if is_current(before.as_ref(), &fields) {
        return Ok(());
    }
    let act = match &before {
        None => Act::Create,
        Some(record) if record.deleted => Act::Recreate,
        Some(_) => Act::Update,
    };
    let author = Author::server("accounts");
    NewVersion {
        entity: declared(packs, entity)?,
        id,
        before: before.as_ref(),
        fields,
        act,
        local_id: None,
        author,
        at: now,
    }
    .write(tx)?;
    Ok(())
}
