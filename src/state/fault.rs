use holdfast_browser::client::ClientError;
use holdfast_core::{
    engine::TransactError,
    json::Malformed,
    plan::{EditError, QueueError},
    protocol::{ErrorCode, WireError},
    record::FieldError,
    store::StoreError,
};

use crate::strings::{problem, shell as words};

/// Why something a person did was not done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// To be told at the fields.
    #[error("{LOOK_AGAIN}", LOOK_AGAIN = crate::strings::records::LOOK_AGAIN)]
    Fields(Vec<FieldError>),
    #[error("{OFFLINE}", OFFLINE = words::NEEDS_NETWORK)]
    Offline,
    #[error("{NOT_ALLOWED}", NOT_ALLOWED = words::NOT_ALLOWED)]
    NotAllowed,
    /// Nothing was kept; what was typed is still there to be saved.
    #[error("{FULL}", FULL = words::FULL_NOT_SAVED)]
    Full,
    #[error("{}", words::not_stored(.0))]
    Storage(String),
    #[error("{0}")]
    Other(String),
}

impl Fault {
    /// What to say where only one field was written.
    pub fn at_one_field(&self) -> String {
        match self {
            Self::Fields(errors) if !errors.is_empty() => sentence(&errors[0].message),
            other => other.to_string(),
        }
    }
}

/// A sentence begins with a capital, whoever wrote it.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            other => Self::Storage(other.to_string()),
        }
    }
}

impl From<TransactError<EditError>> for Fault {
    fn from(error: TransactError<EditError>) -> Self {
        match error {
            TransactError::Plan(EditError::Invalid(errors)) => Self::Fields(errors),
            TransactError::Plan(EditError::NotAllowed) => Self::NotAllowed,
            TransactError::Plan(other) => Self::Other(problem::edit(&other)),
            TransactError::Store(error) => error.into(),
        }
    }
}

impl From<TransactError<QueueError>> for Fault {
    fn from(error: TransactError<QueueError>) -> Self {
        match error {
            TransactError::Plan(QueueError::Invalid(errors)) => Self::Fields(errors),
            TransactError::Plan(other) => Self::Other(problem::queue(&other)),
            TransactError::Store(error) => error.into(),
        }
    }
}

impl From<ClientError> for Fault {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Unreachable => Self::Offline,
            ClientError::Store(error) => error.into(),
            ClientError::Refused(error) => Self::Other(problem::said(&error)),
            other => Self::Other(sentence(&other.to_string())),
        }
    }
}

impl From<Malformed> for Fault {
    fn from(error: Malformed) -> Self {
        Self::Other(sentence(&error.to_string()))
    }
}

impl From<WireError> for Fault {
    fn from(error: WireError) -> Self {
        match error.code {
            ErrorCode::NetworkError => Self::Offline,
            ErrorCode::PermissionDenied => Self::NotAllowed,
            _ => Self::Other(problem::said(&error)),
        }
    }
}
