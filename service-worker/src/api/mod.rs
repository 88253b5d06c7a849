//! The REST interface, answered by the device. Written over the engine alone, so that it is tested without a browser.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{list, record};
pub use write::write;

use holdfast_core::protocol::{ErrorCode, ErrorEnvelope, WireError};
use serde::Serialize;
use serde_json::Value;

/// An answer to be made into an HTTP response.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    /// How old the answer is, if it is one that was kept.
    pub age_seconds: Option<i64>,
}

impl Answer {
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_value(body) {
            Ok(body) => Self {
                status,
                body,
                age_seconds: None,
            },
            Err(error) => Self::error(500, WireError::new(ErrorCode::ServerError, error.to_string())),
        }
    }

    /// An answer in the API's error shape.
    pub fn error(status: u16, error: WireError) -> Self {
        let body = serde_json::to_value(ErrorEnvelope { error }).unwrap_or_default();
        Self {
            status,
            body,
            age_seconds: None,
        }
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

    /// The body is not what a record is written as.
    pub fn not_an_object() -> Self {
        let message = "The body must be a JSON object of fields.";
        Self::error(400, WireError::new(ErrorCode::ValidationError, message))
    }
}
