//! Answers to operations.

use holdfast_core::{
    protocol::{ErrorCode, OperationResult, ResultStatus, WireError, WireOperation},
    record::FieldError,
};

pub(super) const NOT_THERE: &str = "This record is not there, or is no longer yours to see.";

fn of(operation: &WireOperation, status: ResultStatus) -> OperationResult {
    OperationResult {
        queue_id: Some(operation.queue_id.clone()),
        status,
        new_version: None,
        entity_id: None,
        record: None,
        merged: Vec::new(),
        superseded: Vec::new(),
        conflict: None,
        access_lost: false,
        error: None,
    }
}

/// Applied, or already so. `id`: the record's on the server.
pub(super) fn success(operation: &WireOperation, id: &str, version: u64) -> OperationResult {
    OperationResult {
        new_version: Some(version),
        entity_id: (operation.entity_id != id).then(|| id.to_owned()),
        ..of(operation, ResultStatus::Success)
    }
}

/// Not applied and not to be resent as it is.
pub(super) fn rejected(
    operation: &WireOperation,
    code: ErrorCode,
    message: impl Into<String>,
) -> OperationResult {
    OperationResult {
        error: Some(WireError::new(code, message)),
        ..of(operation, ResultStatus::Rejected)
    }
}

/// Refused for what stands in its fields.
pub(super) fn invalid(operation: &WireOperation, fields: Vec<FieldError>) -> OperationResult {
    let told: Vec<String> = fields
        .iter()
        .map(|error| format!("{} {}", error.field, error.message))
        .collect();
    let message = format!("Some fields need another look: {}.", told.join("; "));
    let error = WireError {
        fields,
        ..WireError::new(ErrorCode::ValidationError, message)
    };
    OperationResult {
        error: Some(error),
        ..of(operation, ResultStatus::Rejected)
    }
}

/// Not applied through no fault of its own.
pub(super) fn retry(operation: &WireOperation, code: ErrorCode, message: &str) -> OperationResult {
    OperationResult {
        error: Some(WireError::new(code, message)),
        ..of(operation, ResultStatus::Retry)
    }
}
