//! A new record.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use holdfast_core::{
    Fields, Timestamp,
    limits::MAX_FAULTS,
    pack::{Entity, validate},
    protocol::{ErrorCode, OperationResult, WireOperation},
    record::{FieldError, Operation, is_local_id},
    stamps,
};

use super::authored::{self, Subject};
use super::{Context, outcome, result, subject};
use crate::records::defaults::{Creation, complete};
use crate::records::{epoch, ids, references, unique, version::NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// Creates the record under an id of the server's, and keeps the id it came with as an alias.
pub(super) fn create(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
) -> Result<OperationResult> {
    let given = &operation.entity_id;
    if !is_local_id(given) && !ids::is_numbered(entity, given) {
        let message = "must be a UUID v4 in lower case, made by the device".into();
        let field = entity.id_field.clone();
        return Ok(outcome::invalid(operation, vec![FieldError { field, message }]));
    }
    let (_, payload) = operation.split_payload();
    let mut payload = references::resolve(tx, &cx.caller.device_id, entity, payload)?;
    let nothing = Fields::new();
    let new = Subject {
        base: &nothing,
        stored: &nothing,
        since: &[],
    };
    let mut errors = authored::stamp(cx, entity, operation, &mut payload, new);
    authored::signer(cx, operation).fill(entity, &mut payload);
    errors.extend(validate(entity, Operation::Create, &payload, &nothing));
    let creation = Creation {
        user_id: &cx.caller.me.user_id,
        at: cx.now,
    };
    let mut fields = complete(entity, payload, Some(creation));
    stamps::receive(entity, &nothing, &mut fields, cx.now);
    errors.extend(result::closed(cx, entity, None, &fields));
    errors.extend(unique::taken(tx, entity, None, &fields, &|holder| {
        cx.readable(entity, holder)
    })?);
    errors.extend(dangling(tx, cx, entity, &nothing, &fields)?);
    errors.extend(mistaken(tx, cx, entity, operation, (&nothing, &fields))?);
    if !errors.is_empty() {
        return Ok(outcome::invalid(operation, errors));
    }
    if !entity.readable_by(&fields, &cx.viewer()) {
        let code = ErrorCode::PermissionDenied;
        return Ok(outcome::rejected(operation, code, result::OUT_OF_REACH));
    }
    let record = store(tx, cx, entity, operation, fields)?;
    let mut result = outcome::success(operation, &record.id, record.version);
    result.record = Some(subject::whole(tx, cx, entity, &record)?);
    Ok(result)
}

/// A create that is offered again after the server was restored from a backup may carry the id this server gave it
/// before: it comes back under it, if the device proved that it knows the lost history. A UUID v4 is the device's own id,
/// and its alias from now on. Any other text that looks like an id of the server's names nothing: the record gets a fresh
/// id.
fn store(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    fields: Fields,
) -> Result<StoredRecord> {
    let given = &operation.entity_id;
    let device = &cx.caller.device_id;
    let free = tx.record_text(&entity.name, given)?.is_none();
    let returns = free && ids::may_return(tx, entity, device, given)?;
    let id = if returns {
        given.clone()
    } else {
        ids::assign(tx, entity, cx.rng)?
    };
    // The fresh id may happen to be the one of then.
    if returns || id == *given && epoch::has_returned(tx, device)? {
        ids::note_returned(tx, entity, &id)?;
    }
    let local_id = (!returns && is_local_id(given)).then(|| given.clone());
    if let Some(local_id) = &local_id {
        tx.put_alias(device, &entity.name, local_id, &id)?;
    }
    let (act, author, at) = (Act::Create, cx.author(), cx.now);
    NewVersion {
        entity,
        id: &id,
        before: None,
        fields,
        act,
        local_id,
        author,
        at,
    }
    .write(tx)
}

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
