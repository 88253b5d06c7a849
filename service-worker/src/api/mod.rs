//! The REST interface, answered by the device. Written over the engine alone, so that it is tested without a browser.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{list, record};
pub use write::{edit_of, queued};

use holdfast_core::{
    json,
    protocol::{ErrorCode, ErrorEnvelope, WireError},
};
use serde_json::Value;

/// An answer to be made into an HTTP response.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    /// How old the answer is, if it is one that was kept.
    pub age_seconds: Option<i64>,
    /// The entity tag of the record in it.
    pub tag: Option<String>,
}

impl Answer {
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            age_seconds: None,
            tag: None,
        }
    }

    /// An answer in the API's error shape.
    pub fn error(status: u16, error: WireError) -> Self {
        let text = serde_json::to_vec(&ErrorEnvelope::from(error)).unwrap_or_default();
        Self::json(status, json::parse(&text).unwrap_or_default())
    }

    /// The key is not here: nothing can be read, and nothing may be taken that could not be kept.
    pub fn locked() -> Self {
        let message = "Holdfast is locked on this device. Open it and enter the passcode, then try again.";
        Self::error(423, WireError::new(ErrorCode::AuthError, message))
    }

    /// Not to be had from the server, and never read before.
    pub fn not_kept(error: WireError) -> Self {
        let status = match error.code {
            ErrorCode::NetworkError => 504,
            ErrorCode::AuthError => 401,
            ErrorCode::PermissionDenied => 403,
            ErrorCode::NotFound => 404,
            ErrorCode::RateLimited => 429,
            _ => 502,
        };
        Self::error(status, error)
    }

    /// A form can declare every media type but JSON, so only JSON is taken.
    pub fn not_json() -> Self {
        let message = "Send the fields as JSON, with the header \"Content-Type: application/json\".";
        Self::error(415, WireError::new(ErrorCode::ValidationError, message))
    }

    /// `If-Match` or `_version` cannot be read.
    pub fn malformed_precondition() -> Self {
        let message =
            "If-Match must be * or the ETag of the record, in its quotes; _version must be a whole number.";
        Self::error(400, WireError::new(ErrorCode::ValidationError, message))
    }

    /// The record here is not at the version that the page saw.
    pub fn precondition_failed() -> Self {
        let message = "The record on this device is not at this version. Read it again, then decide.";
        Self::error(412, WireError::new(ErrorCode::VersionConflict, message))
    }

    /// Not asked for by a script of this origin.
    pub fn foreign() -> Self {
        let message = "Only a script of this site may write here. Use fetch from one of its pages.";
        Self::error(403, WireError::new(ErrorCode::PermissionDenied, message))
    }

    /// The body is not what a record is written as.
    pub fn not_an_object() -> Self {
        let message = "The body must be a JSON object of fields.";
        Self::error(400, WireError::new(ErrorCode::ValidationError, message))
    }
}
