//! Values that no two records of an entity may share, as its pack declares.

use holdfast_core::{Fields, pack::Entity, protocol::FieldError};
use serde_json::Value;

use crate::storage::port::{Result, Transaction};

/// The values a record claims, as (name of the set, value). A set with a missing part claims nothing.
fn claims(entity: &Entity, fields: &Fields) -> Vec<(String, String)> {
    let claim = |set: &Vec<String>| {
        let values: Option<Vec<&Value>> = set.iter().map(|name| fields.get(name)).collect();
        Some((set.join(","), serde_json::to_string(&values?).ok()?))
    };
    entity.unique.iter().filter_map(claim).collect()
}

/// What another record already holds, told at the last field of each set.
pub fn taken(
    tx: &dyn Transaction,
    entity: &Entity,
    id: Option<&str>,
    fields: &Fields,
) -> Result<Vec<FieldError>> {
    let mut errors = Vec::new();
    for (name, value) in claims(entity, fields) {
        let holder = tx.key_holder(&entity.name, &name, &value)?;
        if let Some(holder) = holder.filter(|holder| Some(holder.as_str()) != id) {
            let field = name.rsplit(',').next().unwrap_or_default().to_owned();
            errors.push(FieldError {
                field,
                message: format!("is already used by {holder}; choose another"),
            });
        }
    }
    Ok(errors)
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
