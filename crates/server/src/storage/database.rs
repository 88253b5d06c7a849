//! The one place that turns `--database` into an implementation of the storage port.

use std::path::PathBuf;
use std::str::FromStr;

use super::port::{Organisation, Result, Storage, StorageError, Transaction};
use super::sqlite::{SqliteDatabase, file};

/// An open database of one of the kinds that this server knows.
#[derive(Debug)]
pub enum Database {
    Sqlite(SqliteDatabase),
}

impl Storage for Database {
    fn write<T, E: From<StorageError>>(
        &self,
        organisation: Organisation,
        work: impl FnOnce(&mut dyn Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        match self {
            Self::Sqlite(database) => database.write(organisation, work),
        }
    }

    fn read<T, E: From<StorageError>>(
        &self,
        organisation: Organisation,
        work: impl FnOnce(&dyn Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        match self {
            Self::Sqlite(database) => database.read(organisation, work),
        }
    }

    fn probe(&self) -> Result<()> {
        match self {
            Self::Sqlite(database) => database.probe(),
        }
    }
}

/// Where the data lies: what `--database` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a database address. Write sqlite: and a file, such as sqlite:holdfast.db")]
pub struct NotADatabase(String);

impl DatabaseUrl {
    /// Opens the database, creating it, for this account alone, if it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if it cannot be opened, or is of a newer version.
    pub fn open(&self) -> Result<Database> {
        let Self::Sqlite(path) = self;
        // Opening it tells better what is wrong.
        let _ = file::prepare(path);
        SqliteDatabase::open(path).map(Database::Sqlite)
    }

    /// Opens a database that must be there.
    ///
    /// # Errors
    /// As [`Self::open`], and if it is not there.
    pub fn open_existing(&self) -> Result<Database> {
        let Self::Sqlite(path) = self;
        if path.is_file() {
            return self.open();
        }
        SqliteDatabase::open_existing(path).map(Database::Sqlite)
    }
}

impl FromStr for DatabaseUrl {
    type Err = NotADatabase;

    fn from_str(text: &str) -> std::result::Result<Self, NotADatabase> {
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
