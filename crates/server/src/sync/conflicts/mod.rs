//! Conflicts: what no strategy settles waits here for a person. See the table "The life of a conflict" in
//! `docs/protocol.md`.
//!
//! A conflict is a record of entity `conflict`; there is at most one open per record, author and reason, and it grows
//! when the same author meets another conflict on the record. Its `values` hold, by field, base, mine and theirs; once
//! it is settled also what the record held before and after, which is what taking it back needs. A conflict about the
//! record as a whole (deleted, or about to be) stands under the field `record`.

mod aftermath;
mod choice;
mod instead;
mod late;
mod open;
mod overwritten;
mod parts;
mod resolve;
mod signed;
mod undo;

pub(super) use open::{open, open_deleted, open_deletion};

use holdfast_core::{
    Fields,
    pack::{Entity, validate},
    protocol::{ErrorCode, OperationResult, WireOperation},
    record::Operation,
};
use serde_json::Value;

use super::{Context, outcome};
use crate::storage::model::StoredRecord;
use crate::storage::port::{Result, Transaction};

/// Settles a conflict or takes its settlement back, as the payload asks.
pub(super) fn settle(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    operation: &WireOperation,
    conflict: &StoredRecord,
) -> Result<OperationResult> {
    let (_, payload) = operation.split_payload();
    let errors = validate(entity, Operation::Update, &payload, &Fields::new());
    if !errors.is_empty() {
        return Ok(outcome::invalid(operation, errors));
    }
    let instead = match instead::read(&payload) {
        Ok(instead) => instead,
        Err(error) => return Ok(outcome::invalid(operation, vec![error])),
    };
    match (payload.get("resolution"), payload.get("undo")) {
        (Some(Value::Object(choices)), _) => {
            resolve::resolve(tx, cx, operation, conflict, (choices, &instead))
        }
        (_, Some(Value::Bool(true))) => undo::undo(tx, cx, operation, conflict, &instead),
        _ => {
            let message = "Say how the conflict is settled: a choice for each of its fields.";
            Ok(outcome::rejected(operation, ErrorCode::ValidationError, message))
        }
    }
}
