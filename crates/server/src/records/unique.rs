//! Values that no two records of an entity may share, as its pack declares.

use holdfast_core::{Fields, pack::Entity, protocol::FieldError};
use serde_json::Value;

use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};

/// The values a record claims, as (name of the set, value). A set with a missing part claims nothing.
fn claims(entity: &Entity, fields: &Fields) -> Vec<(String, String)> {
    let claim = |set: &Vec<String>| {
        let values: Option<Vec<&Value>> = set.iter().map(|name| fields.get(name)).collect();
        Some((set.join(","), serde_json::to_string(&values?).ok()?))
    };
    entity.unique.iter().filter_map(claim).collect()
}

/// What another record already holds, reported at the last field of each set. A set that the write leaves as it was in
/// `before` refuses nothing. The holder is named only if the author `may_see` it.
///
/// # Errors
/// If the storage fails.
pub fn taken(
    tx: &dyn Transaction,
    entity: &Entity,
    before: Option<&StoredRecord>,
    after: &Fields,
    may_see: &dyn Fn(&StoredRecord) -> bool,
) -> Result<Vec<FieldError>> {
    let held = before.filter(|before| !before.deleted);
    let held = held
        .map(|before| claims(entity, &before.fields))
        .unwrap_or_default();
    let mut errors = Vec::new();
    for (name, value) in claims(entity, after)
        .into_iter()
        .filter(|claim| !held.contains(claim))
    {
        let holder = tx.key_holder(&entity.name, &name, &value)?;
        let Some(holder) = holder.filter(|holder| before.is_none_or(|before| before.id != *holder)) else {
            continue;
        };
        let visible = tx
            .record(&entity.name, &holder)?
            .is_some_and(|record| may_see(&record));
        let message = match visible {
            true => format!("is already used by {holder}; choose another"),
            false => "is already used by a record that you may not see; choose another".into(),
        };
        let field = name.rsplit(',').next().unwrap_or_default().to_owned();
        errors.push(FieldError { field, message });
    }
    Ok(errors)
}

/// Who holds a value of a field that is unique by itself.
///
/// # Errors
/// If the storage fails.
pub fn holder(tx: &dyn Transaction, entity: &Entity, field: &str, value: &str) -> Result<Option<String>> {
    let value = Value::Array(vec![value.into()]).to_string();
    tx.key_holder(&entity.name, field, &value)
}

/// Moves a record's claims from its former values to its present ones; `None` where it is not there.
pub fn claim(
    tx: &mut dyn Transaction,
    entity: &Entity,
    id: &str,
    before: Option<&Fields>,
    after: Option<&Fields>,
) -> Result<()> {
    if entity.unique.is_empty() {
        return Ok(());
    }
    for (name, value) in before.map(|fields| claims(entity, fields)).unwrap_or_default() {
        tx.drop_key(&entity.name, &name, &value)?;
    }
    for (name, value) in after.map(|fields| claims(entity, fields)).unwrap_or_default() {
        tx.put_key(&entity.name, &name, &value, id)?;
    }
    Ok(())
}
