//! The files of a database, for the server's own account alone.

use std::io;
use std::path::{Path, PathBuf};

use crate::private_file;

/// Makes sure that the database file is there, so that SQLite creates its log with the same mode; warns if others may
/// read or write a file that was there.
pub fn prepare(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        private_file::warn_if_shared(&PathBuf::from(name));
    }
    private_file::create_if_missing(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::sqlite::SqliteDatabase;

    #[test]
    fn a_new_database_is_its_owner_s_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        prepare(&path).unwrap();
        SqliteDatabase::open(&path).unwrap();
        assert_eq!(private_file::shared(&path), None);
    }
}
