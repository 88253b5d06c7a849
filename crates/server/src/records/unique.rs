//! Values that no two records of an entity may share, as its pack declares ([`Entity::claims`]).

use holdfast_core::{Fields, pack::Entity, record::FieldError};

use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};

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
        .map(|before| entity.claims(&before.fields))
        .unwrap_or_default();
    let own = before.map(|before| before.id.as_str());
    let mut errors = Vec::new();
    let claims = entity.claims(after).into_iter();
    for claim in claims.filter(|claim| !held.contains(claim)) {
        let Some(holder) = tx.key_holder(&entity.name, &claim.set, &claim.key, own)? else {
            continue;
        };
        let visible = tx
            .record(&entity.name, &holder)?
            .is_some_and(|record| may_see(&record));
        let message = match visible {
            true => format!("is already used by {holder}; choose another"),
            false => "is already used by a record that you may not see; choose another".into(),
        };
        let field = claim.set.rsplit(',').next().unwrap_or_default().to_owned();
        errors.push(FieldError { field, message });
    }
    Ok(errors)
}

/// Who holds a value of a field that is unique by itself.
///
/// # Errors
/// If the storage fails.
pub fn holder(tx: &dyn Transaction, entity: &Entity, field: &str, value: &str) -> Result<Option<String>> {
    let fields = Fields::from_iter([(field.to_owned(), value.into())]);
    let claim = entity
        .claims(&fields)
        .into_iter()
        .find(|claim| claim.set == field);
    match claim {
        Some(claim) => tx.key_holder(&entity.name, &claim.set, &claim.key, None),
        None => Ok(None),
    }
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
    for claim in before.map(|fields| entity.claims(fields)).unwrap_or_default() {
        tx.drop_key(&entity.name, &claim.set, &claim.key, id)?;
    }
    for claim in after.map(|fields| entity.claims(fields)).unwrap_or_default() {
        tx.put_key(&entity.name, &claim.set, &claim.key, id)?;
    }
    Ok(())
}
