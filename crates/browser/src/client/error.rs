use holdfast_core::{protocol::WireError, store::StoreError};

use crate::{database::DatabaseError, pkce::SignInStateError, seal::SealError, vault::VaultError};

/// Why the client could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    SignIn(#[from] SignInStateError),
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The server said no.
    #[error("{0}")]
    Refused(WireError),
    #[error("The server could not be reached. Try again when you are online.")]
    Unreachable,
    /// This account is on this device already, but the sign-in was made for another one of the device's.
    #[error("This account is on this device already. Choose it on the first page, then sign in.")]
    ChooseAccount,
    #[error("The app is locked. Enter the passcode.")]
    NotOpen,
}

impl ClientError {
    /// Whether the browser closed the storage meanwhile: opening it again may help.
    pub fn is_closed(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Closed(_)) | Self::Vault(VaultError::Database(DatabaseError::Closed(_)))
        )
    }
}
