//! Why an import cannot begin or go on.

use crate::storage::port::StorageError;

/// Why an import failed as a whole. A row that cannot be imported is no error; it is reported as broken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the mapping is not sound: {0}. Correct it, then import again; nothing was imported")]
    Mapping(String),
    #[error(
        "the file's header is {found:?}, read as {encoding}, and the mapping expects {expected:?}. Nothing was imported"
    )]
    Header {
        expected: Vec<String>,
        found: Vec<String>,
        encoding: &'static str,
    },
    #[error(
        "the file's header fits with {fits} between its cells, not {used}: say --delimiter {fits}. Nothing was imported"
    )]
    Delimiter { fits: String, used: String },
    #[error("{0}. Nothing was imported")]
    Encoding(String),
    #[error("the file is larger than 256 MiB; import it in parts. Nothing was imported")]
    TooLarge,
    #[error("the file has more than 1,000,000 rows; import it in parts. Nothing was imported")]
    TooManyRows,
    #[error("the file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
}
