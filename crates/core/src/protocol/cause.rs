use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ErrorCode;
use crate::json::{Faults, FromJson};

/// What a device finds out by itself about a request or a write. The app says it in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// Known to be out of reach: nothing was sent.
    Offline,
    /// No answer came.
    Unreachable,
    /// Something other than the server answered: a sign-in page of a network, a proxy.
    NotTheServer,
    /// The answer was cut off, or is of another shape than this version knows.
    Unreadable,
    /// The request could not be put into words.
    Unwritable,
    /// The server asks to wait, in seconds.
    Busy(u64),
    /// The server failed and did not say why; the HTTP status.
    Failed(u64),
    /// The server says that there is more, and gives the same again.
    NoProgress,
    /// The server decided on none of the writes that it was sent.
    Undecided,
    /// The server refused a write and gave no reason.
    Unexplained,
    /// The session is over: somebody has to sign in.
    SignedOut,
    /// The server does not know the device's position: everything is read again.
    PositionUnknown,
    /// The record may no longer be seen by its author; what was written is kept.
    AccessLost,
}

impl Cause {
    /// The code that the server would give such an error.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Offline | Self::Unreachable | Self::NotTheServer | Self::Unreadable | Self::Unwritable => {
                ErrorCode::NetworkError
            }
            Self::Busy(_) => ErrorCode::RateLimited,
            Self::Failed(_) | Self::NoProgress | Self::Undecided | Self::Unexplained => {
                ErrorCode::ServerError
            }
            Self::SignedOut => ErrorCode::AuthError,
            Self::PositionUnknown => ErrorCode::Gone,
            Self::AccessLost => ErrorCode::PermissionDenied,
        }
    }
}

impl FromJson for Cause {
    fn read(value: Value, faults: &mut Faults) -> Self {
        let (name, content) = faults.variant(value);
        let has_content = matches!(name.as_str(), "busy" | "failed");
        if !has_content && !content.is_null() {
            faults.note();
        }
        match name.as_str() {
            "offline" => Self::Offline,
            "unreachable" => Self::Unreachable,
            "notTheServer" => Self::NotTheServer,
            "unreadable" => Self::Unreadable,
            "unwritable" => Self::Unwritable,
            "busy" => Self::Busy(FromJson::read(content, faults)),
            "failed" => Self::Failed(FromJson::read(content, faults)),
            "noProgress" => Self::NoProgress,
            "undecided" => Self::Undecided,
            "unexplained" => Self::Unexplained,
            "signedOut" => Self::SignedOut,
            "positionUnknown" => Self::PositionUnknown,
            "accessLost" => Self::AccessLost,
            _ => {
                faults.note();
                Self::Unexplained
            }
        }
    }
}
