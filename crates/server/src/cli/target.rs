//! What a command works on.

use crate::storage::database::Database;
use crate::storage::port::{Organisation, Storage, StorageError, Transaction};

/// An organisation of a database. All transactions of a command begin here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub database: &'a Database,
    pub organisation: Organisation,
}

impl Target<'_> {
    /// See [`Storage::write`].
    pub fn write<T, E: From<StorageError>>(
        self,
        work: impl FnOnce(&mut dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.write(self.organisation, work)
    }

    /// See [`Storage::read`].
    pub fn read<T, E: From<StorageError>>(
        self,
        work: impl FnOnce(&dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.read(self.organisation, work)
    }
}
