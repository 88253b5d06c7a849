//! The records of persons, kept in step with the accounts: `person` is what colleagues see, `user` the own profile.

use holdfast_core::{Fields, Timestamp, pack::Packs, protocol::Me, system};
use serde_json::{Value, json};

use super::version::{Author, NewVersion};
use crate::storage::model::Act;
use crate::storage::port::{Result, StorageError, Transaction};

/// Entity of what colleagues see of a person.
pub const PERSON: &str = "person";

/// Brings the person's records up to date with the account; writes nothing if they are.
///
/// A changed role or site becomes a change of the `user` record, at which the person's devices learn of their new scope.
pub fn keep(tx: &mut dyn Transaction, packs: &Packs, me: &Me, now: Timestamp) -> Result<()> {
    let person = json!({ "displayName": me.display_name, "roles": me.roles, "sites": me.sites });
    keep_record(tx, packs, PERSON, &me.user_id, person.clone(), now)?;
    let mut user = person;
    user["username"] = Value::from(me.username.clone());
    keep_record(tx, packs, system::USER, &me.user_id, user, now)
}

fn keep_record(
    tx: &mut dyn Transaction,
    packs: &Packs,
    entity: &str,
    id: &str,
    values: Value,
    now: Timestamp,
) -> Result<()> {
    let declared = packs.entity(entity);
    let declared =
        declared.ok_or_else(|| StorageError::Inconsistent(format!("no pack declares {entity}")))?;
    let before = tx.record(entity, id)?;
    let mut fields = before
        .as_ref()
        .map_or_else(Fields::new, |record| record.fields.clone());
    if let Value::Object(values) = values {
        fields.extend(values);
    }
    fields.insert(declared.id_field.clone(), id.into());
    if before
        .as_ref()
        .is_some_and(|record| record.fields == fields && !record.deleted)
    {
        return Ok(());
    }
    let act = match &before {
        None => Act::Create,
        Some(record) if record.deleted => Act::Recreate,
        Some(_) => Act::Update,
    };
    let author = Author::server("accounts");
    NewVersion {
        entity: declared,
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
