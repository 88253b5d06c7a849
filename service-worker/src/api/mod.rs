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
}

impl Answer {
    fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_value(body) {
            Ok(body) => Self { status, body },
            Err(error) => Self::error(500, WireError::new(ErrorCode::ServerError, error.to_string())),
        }
    }

    /// An answer in the API's error shape.
    pub fn error(status: u16, error: WireError) -> Self {
        let body = serde_json::to_value(ErrorEnvelope { error }).unwrap_or_default();
        Self { status, body }
    }

    /// The key is not here: nothing can be read, and nothing may be taken that could not be kept.
    pub fn locked() -> Self {
        let message = "Holdfast is locked on this device. Open it and enter the passcode, then try again.";
        Self::error(423, WireError::new(ErrorCode::AuthError, message))
    }

    /// Offline, and never read before.
    pub fn not_kept() -> Self {
        let message = "There is no connection, and this was not read before on this device.";
        Self::error(504, WireError::new(ErrorCode::NetworkError, message))
    }
}
