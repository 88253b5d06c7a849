//! How much a push may ask for, before any of it costs work: counts, lengths and sizes, in time that grows with the
//! request. How much one write may say is [`holdfast_core::limits`]', where the device asks, too.

use holdfast_core::{
    limits::{
        MAX_COALESCED, MAX_COALESCED_IN_BATCH, MAX_DEPENDENCIES, MAX_FAULTS, MAX_OPERATIONS,
        MAX_SEEN_REFERENCES, fault, overlong, oversized,
    },
    protocol::{OperationResult, PushRequest, WireOperation, WireRecord},
    record::FieldError,
};

use super::{Refusal, outcome};
use crate::storage::port::{Result, StorageError};

/// Bytes of a ledger's answer up to which each key of a coalesced operation gets a whole copy.
const SHORT_ANSWER: usize = 4_096;

/// Refuses a batch that is too large as a whole.
pub(super) fn check_batch(request: &PushRequest) -> std::result::Result<(), Refusal> {
    if request.operations.len() > MAX_OPERATIONS {
        return Err(Refusal::too_large(format!(
            "A batch holds at most {MAX_OPERATIONS} operations; send smaller ones."
        )));
    }
    let keys: usize = request
        .operations
        .iter()
        .map(|operation| operation.client_mutation_ids.len())
        .sum();
    match keys > MAX_COALESCED_IN_BATCH {
        true => Err(Refusal::too_large(format!(
            "A batch names at most {MAX_COALESCED_IN_BATCH} keys in clientMutationIds; send smaller ones."
        ))),
        false => Ok(()),
    }
}

/// The refusal of an operation that is too large. It depends on nothing but the operation, so no ledger remembers it.
pub(super) fn refusal(operation: &WireOperation) -> Option<OperationResult> {
    let mut faults = counts(operation);
    faults.extend(overlong(names(operation)));
    faults.extend(oversized(&operation.payload));
    faults.truncate(MAX_FAULTS);
    (!faults.is_empty()).then(|| outcome::invalid(operation, faults))
}

fn counts(operation: &WireOperation) -> Vec<FieldError> {
    let WireOperation {
        client_mutation_ids,
        depends_on,
        seen_references,
        ..
    } = operation;
    [
        ("clientMutationIds", client_mutation_ids.len(), MAX_COALESCED),
        ("dependsOn", depends_on.len(), MAX_DEPENDENCIES),
        ("seenReferences", seen_references.len(), MAX_SEEN_REFERENCES),
    ]
    .into_iter()
    .filter(|(_, count, most)| count > most)
    .map(|(field, count, most)| fault(field, format!("may have {most} items, and has {count}")))
    .collect()
}

fn names(operation: &WireOperation) -> impl Iterator<Item = (&str, &str)> {
    let single = [
        ("queueId", operation.queue_id.as_str()),
        ("clientMutationId", operation.key()),
        ("kind", &operation.kind),
        ("domain", &operation.domain),
        ("entityType", &operation.entity_type),
        ("entityId", &operation.entity_id),
    ];
    let coalesced = operation.client_mutation_ids.iter();
    let coalesced = coalesced.map(|key| ("clientMutationIds", key.as_str()));
    let awaited = operation.depends_on.iter().map(|id| ("dependsOn", id.as_str()));
    single.into_iter().chain(coalesced).chain(awaited)
}

/// What the ledger remembers of an answer: under the operation's own key, and under those of the edits that it stands
/// for. Records are told as they are when it is given again, so none is stored; the edits may be many, so a long answer
/// leaves out the values that gave way.
pub(super) fn remembered(result: &OperationResult) -> Result<(String, String)> {
    let mut own = OperationResult {
        record: None,
        ..result.clone()
    };
    if let Some(conflict) = &mut own.conflict {
        conflict.record = WireRecord::default();
    }
    let answer = text(&own)?;
    own.superseded.clear();
    let brief = match answer.len() > SHORT_ANSWER {
        true => text(&own)?,
        false => answer.clone(),
    };
    Ok((answer, brief))
}

fn text(result: &OperationResult) -> Result<String> {
    serde_json::to_string(result).map_err(|error| StorageError::Inconsistent(error.to_string()))
}
