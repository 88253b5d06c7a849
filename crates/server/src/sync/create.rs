//! A new record.

use holdfast_core::{
    Fields,
    pack::{Entity, validate},
    protocol::{ErrorCode, OperationResult, WireOperation},
    record::{FieldError, Operation, is_local_id},
    stamps,
};

use super::authored::{self, Subject};
use super::reference_checks::{dangling, mistaken};
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
