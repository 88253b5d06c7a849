//! The database as the storage of the sync rules.

use super::{Database, DatabaseError, SqliteTransaction};
use crate::storage::port::{Storage, StorageError, Transaction};

/// Carries the error of the work through [`Database`], which knows only its own.
enum Failure<E> {
    Work(E),
    Database(DatabaseError),
}

impl<E> From<DatabaseError> for Failure<E> {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl<E: From<StorageError>> Failure<E> {
    fn into_error(self) -> E {
        match self {
            Self::Work(error) => error,
            Self::Database(error) => StorageError::from(error).into(),
        }
    }
}

impl Storage for Database {
    fn write<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut dyn Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let outcome = Self::write(self, |tx| {
            work(&mut SqliteTransaction::new(tx)).map_err(Failure::Work)
        });
        outcome.map_err(Failure::into_error)
    }

    fn read<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&dyn Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let outcome = Self::read(self, |connection| {
            work(&SqliteTransaction::new(connection)).map_err(Failure::Work)
        });
        outcome.map_err(Failure::into_error)
    }
}
