//! The database as the storage of the rules. Its tables hold the only organisation there is.

use rusqlite::OptionalExtension;

use super::{SqliteDatabase, SqliteTransaction};
use crate::storage::port::{self, Organisation, Storage, StorageError, Transaction};

impl Storage for SqliteDatabase {
    fn write<T, E: From<StorageError>>(
        &self,
        _: Organisation,
        work: impl FnOnce(&mut dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact(|connection| work(&mut SqliteTransaction::new(connection)))
    }

    fn read<T, E: From<StorageError>>(
        &self,
        _: Organisation,
        work: impl FnOnce(&dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        self.snapshot(|connection| work(&SqliteTransaction::new(connection)))
    }

    fn probe(&self) -> port::Result<()> {
        self.snapshot(|connection| {
            let first = connection.query_row("SELECT 1 FROM users LIMIT 1", [], |_| Ok(()));
            Ok(first.optional().map(drop)?)
        })
    }
}
