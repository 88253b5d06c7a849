use holdfast_core::protocol::{ErrorCode, FieldError, WireError};

use crate::storage::port::StorageError;

/// A request that was understood and is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    pub error: WireError,
}

/// The answer to a request: the transaction is to be committed whether or not it was refused.
pub type Answer<T> = Result<Result<T, Refusal>, StorageError>;

impl Refusal {
    fn new(status: u16, code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            status,
            error: WireError::new(code, message),
        }
    }

    /// The request cannot be read: an unknown entity, a cursor of another entity set.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, ErrorCode::ValidationError, message)
    }

    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(403, ErrorCode::PermissionDenied, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, ErrorCode::NotFound, message)
    }

    /// What was sent builds on a state that is gone.
    pub fn stale(message: impl Into<String>) -> Self {
        Self::new(409, ErrorCode::VersionConflict, message)
    }

    pub fn gone(message: impl Into<String>) -> Self {
        Self::new(410, ErrorCode::Gone, message)
    }

    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(413, ErrorCode::ValidationError, message)
    }

    pub fn invalid(message: impl Into<String>, fields: Vec<FieldError>) -> Self {
        let error = WireError {
            code: ErrorCode::ValidationError,
            message: message.into(),
            fields,
        };
        Self { status: 422, error }
    }

    /// An operation's error as the refusal of the request that was nothing but this operation.
    pub fn of_operation(error: WireError) -> Self {
        let status = match error.code {
            ErrorCode::ValidationError => 422,
            ErrorCode::PermissionDenied => 403,
            ErrorCode::NotFound => 404,
            ErrorCode::VersionConflict => 409,
            ErrorCode::AuthError => 401,
            ErrorCode::Gone => 410,
            ErrorCode::RateLimited => 429,
            ErrorCode::NetworkError | ErrorCode::ServerError | ErrorCode::DependencyFailed => 503,
        };
        Self { status, error }
    }
}
