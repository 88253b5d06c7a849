//! A new record.

use holdfast_core::{
    Fields,
    pack::{Entity, validate},
    protocol::{ErrorCode, FieldError, OperationResult, WireOperation},
    queue::Operation,
};

use super::{Context, outcome};
use crate::records::defaults::{Creation, complete};
use crate::records::{self, ids, references, unique, version::NewVersion};
use crate::storage::model::{Act, StoredRecord};
use crate::storage::port::{Result, Transaction};

/// Creates the record under an id of the server's, and keeps the id it came with as an alias.
pub(super) fn create(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
) -> Result<OperationResult> {
    let (_, payload) = operation.split_payload();
    let payload = references::resolve(tx, entity, payload)?;
    let mut errors = validate(entity, Operation::Create, &payload, &Fields::new());
    let creation = Creation {
        user_id: &cx.caller.me.user_id,
        at: cx.now,
    };
    let fields = complete(entity, payload, Some(creation));
    errors.extend(unique::taken(tx, entity, None, &fields)?);
    errors.extend(dangling(tx, cx, entity, &Fields::new(), &fields)?);
    if !errors.is_empty() {
        return Ok(outcome::invalid(operation, errors));
    }
    if !entity.readable_by(&fields, &cx.viewer()) {
        let message =
            "You could not see this record once it is created; choose a site or an owner of your own.";
        return Ok(outcome::rejected(operation, ErrorCode::PermissionDenied, message));
    }
    let record = store(tx, cx, entity, operation, fields)?;
    let mut result = outcome::success(operation, &record.id, record.version);
    result.record = Some(records::whole(entity, &record));
    Ok(result)
}

/// A create that is offered again after the server was restored from a backup may carry the id this server gave it
/// before: it comes back under it. Any other id is a device's own, and an alias from now on.
fn store(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    fields: Fields,
) -> Result<StoredRecord> {
    let given = &operation.entity_id;
    let known = ids::was_assigned(tx, entity, given)?;
    let id = if known {
        given.clone()
    } else {
        ids::assign(tx, entity, cx.rng)?
    };
    let local_id = (!known && !given.is_empty()).then(|| given.clone());
    if let Some(local_id) = &local_id {
        tx.put_alias(&entity.name, local_id, &id)?;
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
    let mut errors = Vec::new();
    for reference in references::of(entity, after) {
        if old
            .iter()
            .any(|known| known.entity == reference.entity && known.id == reference.id)
        {
            continue;
        }
        let named = cx.packs.entity(&reference.entity);
        let record = tx
            .record(&reference.entity, &reference.id)?
            .filter(|record| !record.deleted);
        let good = named
            .zip(record)
            .is_some_and(|(named, record)| cx.readable(named, &record));
        if !good {
            let message =
                "refers to a record that is not there or that you may not see; choose another".into();
            errors.push(FieldError {
                field: reference.path,
                message,
            });
        }
    }
    Ok(errors)
}
