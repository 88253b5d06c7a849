//! One operation: where its record stands, whether its author may, and so what becomes of it.
//!
//! What is authorised is the effect, not the word that was sent for it: a create that names, by its local id, a record which
//! this device made is a change of it. Any other create makes a record of its own. This holds for an id of the server's form,
//! too: the ledger never forgets a key, so a create that it does not know offers a record of a lost history, and the record
//! that stands under the id today is another one.

use holdfast_core::{
    pack::{Entity, Pack, canonical},
    protocol::{ErrorCode, OperationResult, ResultStatus, WireOperation},
    record::{FieldError, Operation, meta},
    system,
};

use super::access_refusal::denied;
use super::{Context, after_access, conflicts, create, delete, outcome, subject, update};
use crate::records::ids;
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};

/// The record of an operation, as it stands.
enum Target {
    /// There never was one.
    Absent,
    /// There is one, which the author may not see.
    Hidden(StoredRecord),
    Live(StoredRecord),
    Deleted(StoredRecord),
}

/// Applies an operation. What it stores, it stores in the open savepoint.
pub(super) fn apply(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
) -> Result<OperationResult> {
    let entity = match declared(cx, operation) {
        Ok(entity) => entity,
        Err(message) => return Ok(outcome::rejected(operation, ErrorCode::ValidationError, message)),
    };
    let mut stored = operation.clone();
    canonical(entity, &mut stored.payload);
    stored.base.iter_mut().for_each(|base| canonical(entity, base));
    let mut result = carry_out(tx, cx, entity, &stored)?;
    let accepted = matches!(result.status, ResultStatus::Success | ResultStatus::Conflict);
    // A device that wrote its values in another form cannot tell what became of them.
    if accepted && stored.payload != operation.payload && result.record.is_none() && !result.access_lost {
        let id = result.entity_id.as_deref().unwrap_or(&operation.entity_id);
        let record = tx.record(&entity.name, id)?.filter(|record| !record.deleted);
        let whole = record.map(|record| subject::whole(tx, cx, entity, &record));
        result.record = whole.transpose()?;
    }
    Ok(result)
}

/// Applies an operation with its values in canonical form.
fn carry_out(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
) -> Result<OperationResult> {
    let version = operation.payload.get(meta::VERSION);
    if version.is_some_and(|version| meta::version(version).is_none()) {
        let (field, message) = (meta::VERSION.to_owned(), "must be a whole number".to_owned());
        return Ok(outcome::invalid(operation, vec![FieldError { field, message }]));
    }
    let target = locate(tx, cx, entity, operation)?;
    match (operation.operation, target) {
        (_, Target::Hidden(record)) => {
            let taken = after_access::take(tx, cx, entity, operation, &record)?;
            Ok(taken.unwrap_or_else(|| not_there(operation)))
        }
        (Operation::Update | Operation::Delete, Target::Absent) => Ok(not_there(operation)),
        (Operation::Create, Target::Live(record)) => update::again(tx, cx, entity, operation, &record),
        (kind, _) if !cx.may(&entity.name, kind.name()) => denied(tx, cx, entity, operation, kind.name()),
        (Operation::Create, Target::Absent) => create::create(tx, cx, entity, operation),
        (Operation::Update, Target::Live(record)) if entity.name == system::CONFLICT => {
            conflicts::settle(tx, cx, entity, operation, &record)
        }
        (Operation::Update, Target::Live(record)) => update::update(tx, cx, entity, operation, &record),
        (Operation::Delete, Target::Live(record)) => delete::delete(tx, cx, entity, operation, &record),
        (Operation::Create | Operation::Update, Target::Deleted(record)) => {
            conflicts::open_deleted(tx, cx, entity, operation, &record)
        }
        (Operation::Delete, Target::Deleted(record)) => {
            Ok(outcome::success(operation, &record.id, record.version))
        }
    }
}

/// The operation's entity, if the packs declare it, its kind and its operation.
fn declared<'a>(cx: &Context<'a>, operation: &WireOperation) -> std::result::Result<&'a Entity, String> {
    let name = &operation.entity_type;
    let unknown =
        || format!("This server knows no record type \"{name}\". Update the app, or ask your administrator.");
    let entity = cx.packs.entity(name).ok_or_else(unknown)?;
    let pack = cx.packs.pack_of(name).ok_or_else(unknown)?;
    if !operation.domain.is_empty() && operation.domain != pack.name {
        return Err(format!(
            "\"{name}\" does not belong to the domain \"{}\" but to \"{}\".",
            operation.domain, pack.name
        ));
    }
    if !entity.allows(operation.operation) {
        return Err(format!("{} cannot be changed in this way.", entity.title_plural));
    }
    check_kind(pack, operation)?;
    Ok(entity)
}

fn check_kind(pack: &Pack, operation: &WireOperation) -> std::result::Result<(), String> {
    let kind = &operation.kind;
    let plain = format!(
        "{}_{}",
        operation.entity_type.replace('-', "_"),
        operation.operation.name()
    );
    if kind.is_empty() || *kind == plain {
        return Ok(());
    }
    let fits = |declared: &holdfast_core::pack::WriteKind| {
        declared.entity == operation.entity_type && declared.operation == operation.operation
    };
    match pack.kinds.iter().find(|declared| declared.name == *kind) {
        Some(declared) if fits(declared) => Ok(()),
        Some(_) => Err(format!(
            "\"{kind}\" is not a change of \"{}\".",
            operation.entity_type
        )),
        None => Err(format!(
            "The domain \"{}\" declares no change \"{kind}\". Update the app.",
            pack.name
        )),
    }
}

fn locate(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
) -> Result<Target> {
    let device = &cx.caller.device_id;
    if operation.operation == Operation::Create && ids::is_numbered(entity, &operation.entity_id) {
        return Ok(Target::Absent);
    }
    let id = ids::resolve(tx, device, &entity.name, &operation.entity_id)?;
    let Some(record) = tx.record(&entity.name, &id)? else {
        return Ok(Target::Absent);
    };
    // Also where its author may not see the record: that it is there is not for them to learn.
    let of_another = record.maker.as_ref() != Some(device);
    if operation.operation == Operation::Create && of_another {
        return Ok(Target::Absent);
    }
    if let Some(seen_at) = operation.seen_at
        && operation.operation != Operation::Create
        && ids::is_another(tx, entity, &record, seen_at)?
    {
        return Ok(Target::Absent);
    }
    Ok(match (cx.readable(entity, &record), record.deleted) {
        (false, _) => Target::Hidden(record),
        (true, true) => Target::Deleted(record),
        (true, false) => Target::Live(record),
    })
}

fn not_there(operation: &WireOperation) -> OperationResult {
    outcome::rejected(operation, ErrorCode::NotFound, outcome::NOT_THERE)
}
