use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::storage::port::StorageError;

/// What can go wrong between the server and its database file; the port knows it by its kind only.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error(
        "cannot open the database {path}: {source}. Check that its folder exists, that this account may write \
         there, and that the file is a Holdfast database"
    )]
    Open { path: PathBuf, source: rusqlite::Error },

    #[error("there is no database {0}. Name the right file with --database")]
    Missing(PathBuf),

    #[error(
        "the database was written by a newer Holdfast (schema {found}; this one knows up to {known}). Start the \
         newer server, or restore a backup made before the upgrade"
    )]
    Newer { found: u32, known: u32 },

    #[error("schema migration {number} failed and was rolled back: {source}")]
    Migration { number: u32, source: rusqlite::Error },

    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl DatabaseError {
    /// Names the file that could not be opened.
    pub(super) fn opening(self, path: &Path) -> Self {
        match self {
            Self::Sqlite(source) => Self::Open {
                path: path.to_owned(),
                source,
            },
            other => other,
        }
    }
}

impl From<DatabaseError> for StorageError {
    fn from(error: DatabaseError) -> Self {
        let code = match &error {
            DatabaseError::Sqlite(error) => error.sqlite_error_code(),
            DatabaseError::Migration { source, .. } => source.sqlite_error_code(),
            DatabaseError::Open { .. } | DatabaseError::Missing(_) | DatabaseError::Newer { .. } => {
                return Self::Unavailable(error.into());
            }
        };
        match code {
            Some(ErrorCode::OperationInterrupted) => Self::Cancelled,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error.into()),
            Some(ErrorCode::CannotOpen) => Self::Unavailable(error.into()),
            _ => Self::Other(error.into()),
        }
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        DatabaseError::from(error).into()
    }
}
