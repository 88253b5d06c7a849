//! Files that nobody but the server's own account may read: the database, its log, exports.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Read and write, for the owner alone.
const MODE: u32 = 0o600;

/// What others may do.
const OTHERS: u32 = 0o077;

/// Creates the file, or empties the one that is there; warns if others may read or write that one.
pub fn create(path: &Path) -> io::Result<File> {
    warn_if_shared(path);
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(MODE)
        .open(path)
}

/// Creates the file, empty, unless it is there.
pub fn create_if_missing(path: &Path) -> io::Result<()> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(MODE)
        .open(path)
        .map(drop)
}

/// Warns if others may read or write a file that is there.
pub fn warn_if_shared(path: &Path) {
    if let Some(mode) = shared(path) {
        tracing::warn!(
            "others may read or change {}: its mode is {mode:o}. Set it to 600: chmod 600 {}",
            path.display(),
            path.display()
        );
    }
}

/// The mode of a regular file that is not its owner's alone.
pub(crate) fn shared(path: &Path) -> Option<u32> {
    let metadata = std::fs::metadata(path).ok().filter(|file| file.is_file())?;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & OTHERS != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_files_are_their_owner_s_alone_and_shared_ones_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        for (name, made) in [
            ("export", create as fn(&Path) -> io::Result<File>),
            ("again", create),
        ] {
            let path = folder.path().join(name);
            made(&path).unwrap();
            assert_eq!(shared(&path), None, "{name}");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert_eq!(shared(&path), Some(0o640), "{name}");
        }
        let missing = folder.path().join("missing");
        create_if_missing(&missing).unwrap();
        assert_eq!(shared(&missing), None);
    }
}
