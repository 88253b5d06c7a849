//! Errors of the API, as handlers return them and clients read them:
//! `{"error": {"code", "message", "fields"?}}`.
//!
//! Return the variant that says what is wrong with the request. Anything that is the server's own fault converts
//! into [`ApiError::Internal`] with `?`: its cause is logged under a reference, which is all the client is told.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use holdfast_core::protocol::{ErrorCode, ErrorEnvelope, WireError};
use uuid::Uuid;

use crate::identity::IdentityError;
use crate::storage::port::StorageError;
use crate::sync::Refusal;

type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 401. The client refreshes its access token, or signs in.
    #[error("The access token is missing, expired or revoked. Refresh it, or sign in again.")]
    Unauthenticated,
    /// 403. The caller is known and may not do this.
    #[error("{0}")]
    PermissionDenied(String),
    /// 404.
    #[error("{0}")]
    NotFound(String),
    /// 405.
    #[error("This address does not support that method.")]
    MethodNotAllowed,
    /// 409. What was sent builds on a version that is no longer current.
    #[error("{0}")]
    VersionConflict(String),
    /// 410. What was asked for existed and is gone for good (a cursor of another epoch, say).
    #[error("{0}")]
    Gone(String),
    /// 413.
    #[error("The request is larger than {limit_bytes} bytes. Send it in smaller parts.")]
    TooLarge { limit_bytes: usize },
    /// 415.
    #[error("Send the body as {0}.")]
    UnsupportedMediaType(&'static str),
    /// 421. The request names another server.
    #[error(
        "This server does not answer by that name. Use the address it was set up with; its operator can add a name with \
         --allowed-host."
    )]
    Misdirected,
    /// 422, or 400 where the request could not even be read.
    #[error("{message}")]
    Validation { status: StatusCode, message: String },
    /// What the rules of records said.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// 429.
    #[error("Too many requests. Try again in {} s.", whole_seconds(*retry_after))]
    RateLimited { retry_after: TimeDelta },
    /// 503. The server gave up on the request before it was done; nothing of it was stored unless it was committed.
    #[error("The server took too long. Try again.")]
    TimedOut,
    /// 503. Too many requests of everybody wait already; nothing of this one was stored.
    #[error("The server has too much to do just now. Try again.")]
    Busy,
    /// 500.
    #[error("Something failed on the server. Try again; if it persists, report this reference: {reference}.")]
    Internal { reference: Uuid },
}

impl ApiError {
    /// A request that cannot be read at all.
    pub fn malformed(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Validation {
            status: StatusCode::BAD_REQUEST,
            message,
        }
    }

    /// A request that is well-formed and wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Validation {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            message: message.into(),
        }
    }

    /// Logs the cause under a fresh reference.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        let reference = Uuid::new_v4();
        tracing::error!(%reference, cause = %cause.into(), "a request failed");
        Self::Internal { reference }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::PermissionDenied(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::VersionConflict(_) => StatusCode::CONFLICT,
            Self::Gone(_) => StatusCode::GONE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Validation { status, .. } => *status,
            Self::Refused(refusal) => {
                StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TimedOut | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthenticated => ErrorCode::AuthError,
            Self::PermissionDenied(_) => ErrorCode::PermissionDenied,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::VersionConflict(_) => ErrorCode::VersionConflict,
            Self::Gone(_) => ErrorCode::Gone,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::TimedOut | Self::Busy | Self::Internal { .. } => ErrorCode::ServerError,
            Self::Refused(refusal) => refusal.error.code,
            Self::MethodNotAllowed
            | Self::TooLarge { .. }
            | Self::UnsupportedMediaType(_)
            | Self::Misdirected
            | Self::Validation { .. } => ErrorCode::ValidationError,
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Unauthenticated => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Self::RateLimited { retry_after } => {
                Some((RETRY_AFTER, HeaderValue::from(whole_seconds(*retry_after))))
            }
            Self::TimedOut | Self::Busy => Some((RETRY_AFTER, HeaderValue::from(1))),
            _ => None,
        }
    }
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Storage(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Cancelled => Self::TimedOut,
            other => Self::internal(other),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let envelope = match &self {
            Self::Refused(refusal) => refusal.envelope(),
            other => ErrorEnvelope::from(WireError::new(other.code(), other.to_string())),
        };
        let mut response = (self.status(), Json(envelope)).into_response();
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// Rounded up, and at least one: what `Retry-After` and people can use.
pub(super) fn whole_seconds(delay: TimeDelta) -> u64 {
    u64::try_from((delay.num_milliseconds() + 999) / 1000)
        .unwrap_or_default()
        .max(1)
}
