//! The `--database` flag, which all subcommands share.

use std::path::PathBuf;
use std::str::FromStr;

use crate::private_file;
use crate::storage::sqlite::{Database, DatabaseError};

/// Where the data lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DatabaseUrl {
    Sqlite(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a database address. Write sqlite: and a file, such as sqlite:holdfast.db")]
pub(super) struct NotADatabase(String);

impl DatabaseUrl {
    /// Opens the database, creating it, for this account alone, if it is missing.
    pub fn open(&self) -> Result<Database, DatabaseError> {
        let Self::Sqlite(path) = self;
        // Opening it tells better what is wrong.
        let _ = private_file::prepare_database(path);
        Database::open(path)
    }

    /// Opens a database that must be there.
    pub fn open_existing(&self) -> Result<Database, DatabaseError> {
        let Self::Sqlite(path) = self;
        if path.is_file() {
            return self.open();
        }
        Database::open_existing(path)
    }
}

impl FromStr for DatabaseUrl {
    type Err = NotADatabase;

    fn from_str(text: &str) -> Result<Self, NotADatabase> {
        match text
            .strip_prefix("sqlite:")
            .map(|path| path.strip_prefix("//").unwrap_or(path))
        {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err(NotADatabase(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let sqlite = |path: &str| Ok(DatabaseUrl::Sqlite(path.into()));
        assert_eq!("sqlite:holdfast.db".parse(), sqlite("holdfast.db"));
        assert_eq!(
            "sqlite:/var/lib/holdfast.db".parse(),
            sqlite("/var/lib/holdfast.db")
        );
        assert_eq!(
            "sqlite:///var/lib/holdfast.db".parse(),
            sqlite("/var/lib/holdfast.db")
        );
        for wrong in ["holdfast.db", "sqlite:", "postgres://localhost/holdfast", ""] {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
    }
}
