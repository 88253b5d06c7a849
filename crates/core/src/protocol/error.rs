use serde::{Deserialize, Serialize};

use super::Cause;
use crate::record::FieldError;

/// Why an operation or a request was not carried out. What the engine does for each is in `docs/protocol.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// No answer that can be believed. Made on the device only.
    NetworkError,
    AuthError,
    VersionConflict,
    ValidationError,
    NotFound,
    PermissionDenied,
    ServerError,
    /// Too many requests: wait for `Retry-After`.
    RateLimited,
    /// The cursor or the epoch is gone: resync.
    Gone,
    /// An operation this one depends on was not settled; nothing was tried, nothing is counted.
    DependencyFailed,
}

crate::json_names!(ErrorCode {
    NetworkError: "NETWORK_ERROR",
    AuthError: "AUTH_ERROR",
    VersionConflict: "VERSION_CONFLICT",
    ValidationError: "VALIDATION_ERROR",
    NotFound: "NOT_FOUND",
    PermissionDenied: "PERMISSION_DENIED",
    ServerError: "SERVER_ERROR",
    RateLimited: "RATE_LIMITED",
    Gone: "GONE",
    DependencyFailed: "DEPENDENCY_FAILED",
});

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct WireError {
    pub code: ErrorCode,
    /// The server's words for a person: what happened and what to do. Beside a [`cause`](Self::cause) a detail for
    /// developers, or nothing.
    pub message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// What the device found out by itself, where the server said nothing; never on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

crate::json_object!(WireError {
    code: "code",
    message: "message",
    fields: "fields" = Vec::new(),
    cause: "cause",
});

impl WireError {
    /// What the device found out by itself.
    pub fn of(cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..Self::new(cause.code(), String::new())
        }
    }

    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            fields: Vec::new(),
            cause: None,
        }
    }
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorEnvelope {
    pub error: WireError,
    /// Beside [`ErrorCode::Gone`]: whether the server lost history, so that the device offers again what was acknowledged
    /// there. `false`: only the device's cursor is of no use. Absent (an earlier server): history may be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_again: Option<bool>,
}

crate::json_object!(ErrorEnvelope {
    error: "error",
    offer_again: "offerAgain",
});

impl From<WireError> for ErrorEnvelope {
    fn from(error: WireError) -> Self {
        Self {
            error,
            offer_again: None,
        }
    }
}
