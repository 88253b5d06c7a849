//! What is wrong with the references that a write gives a record.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use holdfast_core::{
    Fields, Timestamp, limits::MAX_FAULTS, pack::Entity, protocol::WireOperation, record::FieldError,
};

use super::Context;
use crate::records::{ids, references};
use crate::storage::port::{Result, Transaction};

/// References in `after`, not in `before`, to records that are not there or that the caller may not see.
pub(super) fn dangling(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    before: &Fields,
    after: &Fields,
) -> Result<Vec<FieldError>> {
    let old = references::of(entity, before);
    // Whether each record may be named. Of many references most are to the same few records.
    let mut known: HashMap<(&str, &str), bool> = old
        .iter()
        .map(|reference| ((reference.entity.as_str(), reference.id.as_str()), true))
        .collect();
    let new = references::of(entity, after);
    let mut errors = Vec::new();
    for reference in &new {
        let place = known.entry((&reference.entity, &reference.id));
        let good = match place {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => *place.insert(may_be_named(tx, cx, &reference.entity, &reference.id)?),
        };
        if !good {
            let message =
                "refers to a record that is not there or that you may not see; choose another".into();
            errors.push(FieldError {
                field: reference.path.clone(),
                message,
            });
        }
        if errors.len() >= MAX_FAULTS {
            break;
        }
    }
    Ok(errors)
}

/// References in `after`, not in `before`, to other records than those that their author saw under the same ids.
pub(super) fn mistaken(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    (before, after): (&Fields, &Fields),
) -> Result<Vec<FieldError>> {
    let mut errors = Vec::new();
    if operation.seen_references.is_empty() {
        return Ok(errors);
    }
    let name = |reference: &references::Reference| format!("{}/{}", reference.entity, reference.id);
    let old = references::of(entity, before);
    let old: HashSet<String> = old.iter().map(name).collect();
    // Whether each record is another. Of many references most are to the same few records.
    let mut known: HashMap<String, bool> = HashMap::new();
    for new in references::of(entity, after) {
        let name = name(&new);
        let Some(seen_at) = operation
            .seen_references
            .get(&name)
            .filter(|_| !old.contains(&name))
        else {
            continue;
        };
        let is_another = match known.entry(name) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => *place.insert(is_another(tx, cx, &new, *seen_at)?),
        };
        if errors.len() < MAX_FAULTS && is_another {
            let message =
                "refers to a record that the server lost, and whose number another has now; choose again";
            let (field, message) = (new.path, message.to_owned());
            errors.push(FieldError { field, message });
        }
    }
    Ok(errors)
}

fn is_another(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    reference: &references::Reference,
    seen_at: Timestamp,
) -> Result<bool> {
    let declared = cx.packs.entity(&reference.entity);
    match declared.zip(tx.record(&reference.entity, &reference.id)?) {
        Some((entity, record)) => ids::is_another(tx, entity, &record, seen_at),
        None => Ok(false),
    }
}

/// Whether the record is there and the caller may see it.
fn may_be_named(tx: &dyn Transaction, cx: &Context<'_>, entity: &str, id: &str) -> Result<bool> {
    let record = tx.record_text(entity, id)?.filter(|record| !record.deleted);
    let named = cx.packs.entity(entity).zip(record);
    Ok(named.is_some_and(|(entity, record)| cx.readable(entity, &record)))
}
