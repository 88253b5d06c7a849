//! `POST /sync/push`: one batch, in one transaction, with a savepoint per operation.
//!
//! Each write is applied once: the ledger holds the first answer to every key of every device, and a resent write gets
//! it again. What could not be judged (a dependency that failed, a fault of the server) stays out of the ledger, so
//! that it can be resent.

use std::collections::BTreeMap;

use holdfast_core::record::Operation;
use holdfast_core::record::is_local_id;
use holdfast_core::{
    protocol::{ErrorCode, OperationResult, PushRequest, PushResponse, ResultStatus, WireOperation},
    record::FieldError,
};

use super::dialogue::{self, OpenAnswers, Said};
use super::{Answer, Context, Refusal, apply, cursors, limits, outcome, replay};
use crate::records::ids;
use crate::storage::port::{Result, StorageError, Transaction, in_savepoint};

const LEFT_OVER: &str = "The changes before this one took the server long; it is sent again.";

/// Carries out a batch.
///
/// # Errors
/// If the storage fails.
pub fn push(tx: &mut dyn Transaction, cx: &Context<'_>, request: &PushRequest) -> Answer<PushResponse> {
    push_while(tx, cx, request, || true)
}

/// As [`push`], as long as there is time. The first operation is carried out in any case; what is left over is to be
/// sent again, in its order, and is not counted as an attempt.
///
/// # Errors
/// If the storage fails.
pub fn push_while(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    request: &PushRequest,
    is_time_left: impl Fn() -> bool,
) -> Answer<PushResponse> {
    if request.device_id != cx.caller.device_id {
        return Ok(Err(Refusal::denied(
            "This session belongs to another device. Sign in again on this one.",
        )));
    }
    if let Err(refusal) = limits::check_batch(request) {
        return Ok(Err(refusal));
    }
    let cx = &Context {
        stamps_alike: request.stamps,
        ..*cx
    };
    // What a restored server lost is offered again, in the order it was made: what came after it has to wait.
    for proof in [&request.receipt, &request.cursor].into_iter().flatten() {
        if let Some(refusal) = cursors::judge_text(tx, cx, proof)? {
            return Ok(Err(refusal));
        }
    }
    let mut results: Vec<OperationResult> = Vec::with_capacity(request.operations.len());
    // Whether each operation of this batch, by queue id, was settled, and others may build on it.
    let mut settled: BTreeMap<&str, bool> = BTreeMap::new();
    let mut writes = Writes::default();
    let mut in_time = true;
    for operation in &request.operations {
        let unmet = operation
            .depends_on
            .iter()
            .any(|id| settled.get(id.as_str()) == Some(&false));
        in_time = in_time && (results.is_empty() || is_time_left());
        let mut result = match in_time {
            true => writes.one(tx, cx, operation, unmet)?,
            false => outcome::retry(operation, ErrorCode::DependencyFailed, LEFT_OVER),
        };
        let applied = matches!(result.status, ResultStatus::Success | ResultStatus::Conflict);
        settled.insert(&operation.queue_id, applied && !is_renamed(operation, &result));
        result.queue_id = result.queue_id.filter(|_| !request.by_position);
        results.push(result);
    }
    writes.finish(tx, cx)?;
    Ok(Ok(PushResponse {
        server_time: cx.now,
        receipt: Some(cursors::receipt(tx, cx)?),
        results,
    }))
}

/// Whether a record of a lost history came back under another id than it had there. What builds on it names the former id,
/// which is another record's by now: the device sends it again under the new one.
fn is_renamed(operation: &WireOperation, result: &OperationResult) -> bool {
    let given = &operation.entity_id;
    let renamed = result.entity_id.as_ref().is_some_and(|id| id != given);
    operation.operation == Operation::Create && renamed && !is_local_id(given)
}

/// Writes of one device being carried out, one after the other. They are to be [finished](Self::finish).
#[derive(Debug, Default)]
pub(super) struct Writes {
    /// What their answers say of records, and the open answers have still to be told.
    said: Vec<Said>,
    /// The open answers as they are, until they are told something.
    open: Option<OpenAnswers>,
}

impl Writes {
    /// Carries out one operation, or answers what it was answered before.
    pub(super) fn one(
        &mut self,
        tx: &mut dyn Transaction,
        cx: &Context<'_>,
        operation: &WireOperation,
        unmet_dependency: bool,
    ) -> Result<OperationResult> {
        let mut refused_before = false;
        if let Some(answer) = tx.answer(&cx.caller.device_id, operation.key())? {
            let first: OperationResult = serde_json::from_str(&answer).map_err(|error| {
                StorageError::Inconsistent(format!("ledger {}: {error}", operation.key()))
            })?;
            // A refusal of access is judged anew: access may have been given meanwhile.
            refused_before = code(&first) == Some(ErrorCode::NotFound);
            if !refused_before {
                self.tell(tx, cx)?;
                let device = &cx.caller.device_id;
                let open = match &self.open {
                    Some(open) => open,
                    None => self.open.insert(OpenAnswers::of(tx, device)?),
                };
                return replay::answered_again(tx, cx, operation, first, open);
            }
        }
        if let Some(refused) = limits::refusal(operation) {
            return Ok(refused);
        }
        if unmet_dependency {
            let message =
                "A change that this one builds on was not accepted; it is sent again after that one.";
            return Ok(outcome::retry(operation, ErrorCode::DependencyFailed, message));
        }
        match in_savepoint(tx, |tx| settle(tx, cx, operation, refused_before)) {
            Ok((result, said)) => {
                self.said.extend(said);
                Ok(result)
            }
            // What slipped through to the last gate is the author's to correct: sending it again changes nothing.
            Err(StorageError::Undeclared { field, .. }) => {
                let message = "is not a field of this record".into();
                Ok(outcome::invalid(operation, vec![FieldError { field, message }]))
            }
            Err(error) => {
                tracing::error!(key = operation.key(), %error, "an operation failed and was rolled back");
                let message = "The server failed on this change; it will be sent again.";
                Ok(outcome::retry(operation, ErrorCode::ServerError, message))
            }
        }
    }

    pub(super) fn finish(mut self, tx: &mut dyn Transaction, cx: &Context<'_>) -> Result<()> {
        self.tell(tx, cx)
    }

    fn tell(&mut self, tx: &mut dyn Transaction, cx: &Context<'_>) -> Result<()> {
        let said = std::mem::take(&mut self.said);
        if !said.is_empty() {
            self.open = None;
        }
        dialogue::amend(tx, &cx.caller.device_id, &said)
    }
}

/// Applies the operation and enters its answer into the ledger, under the keys of writes folded into it too.
fn settle(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    operation: &WireOperation,
    refused_before: bool,
) -> Result<(OperationResult, Option<Said>)> {
    let result = apply::apply(tx, cx, operation)?;
    let id = result.entity_id.as_deref().unwrap_or(&operation.entity_id);
    let accepted = matches!(result.status, ResultStatus::Success | ResultStatus::Conflict);
    let mut said = None;
    if accepted && !result.access_lost {
        said = Some(dialogue::hold(
            tx,
            &cx.caller.device_id,
            &operation.entity_type,
            id,
        )?);
    }
    let dropped = result.access_lost || code(&result) == Some(ErrorCode::NotFound);
    match code(&result) {
        Some(ErrorCode::PermissionDenied) => return Ok((result, said)),
        // A copy that arrives late says nothing of what the device holds by now.
        Some(ErrorCode::NotFound) if refused_before => return Ok((result, said)),
        _ if dropped => {
            let id = ids::resolve(tx, &cx.caller.device_id, &operation.entity_type, id)?;
            said = Some(dialogue::doubt(
                tx,
                &cx.caller.device_id,
                &operation.entity_type,
                &id,
            )?);
        }
        _ => {}
    }
    let (answer, brief) = limits::remembered(&result)?;
    for key in &operation.client_mutation_ids {
        tx.put_answer(&cx.caller.device_id, key, &brief)?;
    }
    tx.put_answer(&cx.caller.device_id, operation.key(), &answer)?;
    Ok((result, said))
}

fn code(result: &OperationResult) -> Option<ErrorCode> {
    result.error.as_ref().map(|error| error.code)
}
