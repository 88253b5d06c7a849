use std::path::{Path, PathBuf};

/// What can go wrong between the server and its database file.
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

    #[error("the time for this request was over before the database had an answer. Try again")]
    OutOfTime,

    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl DatabaseError {
    /// Whether the work was given up because its time was over.
    pub fn is_out_of_time(&self) -> bool {
        match self {
            Self::OutOfTime => true,
            Self::Sqlite(error) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
            }
            _ => false,
        }
    }

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
