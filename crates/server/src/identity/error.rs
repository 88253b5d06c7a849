use crate::storage::port::StorageError;

/// What can fail in identity. A refused sign-in or token is not among these: see [`super::grant::Refusal`].
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error(transparent)]
    Storage(#[from] StorageError),

    #[error("cannot hash the password: {0}")]
    Password(#[from] argon2::password_hash::Error),

    #[error("a stored password hash cannot be read: {0}. Set that account's password again")]
    StoredHash(#[from] argon2::password_hash::phc::Error),

    #[error("the store is inconsistent: {0}. Restore it from a backup")]
    Inconsistent(&'static str),
}
