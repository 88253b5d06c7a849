//! What can fail in a storage.

pub type Result<T> = std::result::Result<T, StorageError>;

/// What lies behind a failure of the database, as the operator is to read it.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What can fail in a storage. Nothing of the transaction is kept.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another process held the database for longer than this transaction may wait.
    #[error(transparent)]
    Busy(Cause),
    /// The [deadline](crate::storage::deadline) of the work passed before it was done.
    #[error("the time for this request was over before the database had an answer. Try again")]
    Cancelled,
    /// The database cannot be opened or reached.
    #[error(transparent)]
    Unavailable(Cause),
    /// The database failed in another way.
    #[error(transparent)]
    Other(Cause),
    #[error("the store is inconsistent: {0}. Restore it from a backup")]
    Inconsistent(String),
    /// A version would hold what its pack does not declare.
    #[error("{entity} has no field \"{field}\"")]
    Undeclared { entity: String, field: String },
    /// Another process's packs decide how the unique values of this entity are compared.
    #[error(
        "this database was opened with packs that compare the unique values of \"{entity}\" in another way. Use the server's \
         packs (--domains), or restart the server with these packs first"
    )]
    OtherPacks { entity: String },
    /// Work on a snapshot came to a write that only a write transaction can make.
    #[error("this work needs a write transaction")]
    NeedsWriter,
    /// A fault that a test or a simulation asked for.
    #[error("injected fault")]
    Injected,
}
