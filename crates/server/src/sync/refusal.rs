use holdfast_core::{
    protocol::{ErrorCode, ErrorEnvelope, WireError},
    record::FieldError,
};

use crate::storage::port::StorageError;

/// A request that was understood and is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    pub error: WireError,
    /// Whether the device is to offer again what was acknowledged; see [`ErrorEnvelope::offer_again`].
    pub offer_again: Option<bool>,
}

/// The answer to a request: the transaction is to be committed whether or not it was refused.
pub type Answer<T> = Result<Result<T, Refusal>, StorageError>;

impl Refusal {
    fn new(status: u16, code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            status,
            error: WireError::new(code, message),
            offer_again: None,
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

    /// The version that the request builds on is not the record's, nor was it ever.
    pub fn precondition_failed(message: impl Into<String>) -> Self {
        Self::new(412, ErrorCode::VersionConflict, message)
    }

    /// The request has to say which version it builds on (RFC 6585).
    pub fn precondition_required(message: impl Into<String>) -> Self {
        Self::new(428, ErrorCode::VersionConflict, message)
    }

    /// What was asked for was there, and is gone for good.
    pub fn gone(message: impl Into<String>) -> Self {
        Self::new(410, ErrorCode::Gone, message)
    }

    /// The database was restored from a backup: what the device was told is accepted may be missing.
    pub fn history_lost() -> Self {
        let message =
            "The server was restored from a backup. Start again without a cursor; nothing unsent is lost.";
        Self {
            offer_again: Some(true),
            ..Self::new(410, ErrorCode::Gone, message)
        }
    }

    /// The cursor is not one that this server issued to this device.
    pub fn unknown_cursor() -> Self {
        Self::rescan(
            "This cursor was not issued to this device. Start again without one; nothing unsent is lost.",
        )
    }

    /// The device presented a newer cursor before.
    pub fn overtaken_cursor() -> Self {
        Self::rescan(
            "This device has moved on from this cursor. Start again without one; nothing unsent is lost.",
        )
    }

    /// The device is to begin again without a cursor; the server lost nothing.
    fn rescan(message: &str) -> Self {
        Self {
            offer_again: Some(false),
            ..Self::new(410, ErrorCode::Gone, message)
        }
    }

    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(413, ErrorCode::ValidationError, message)
    }

    pub fn invalid(message: impl Into<String>, fields: Vec<FieldError>) -> Self {
        let error = WireError {
            fields,
            ..WireError::new(ErrorCode::ValidationError, message)
        };
        Self {
            status: 422,
            error,
            offer_again: None,
        }
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
        Self {
            status,
            error,
            offer_again: None,
        }
    }

    /// The body of the answer.
    pub fn envelope(&self) -> ErrorEnvelope {
        ErrorEnvelope {
            error: self.error.clone(),
            offer_again: self.offer_again,
        }
    }
}
