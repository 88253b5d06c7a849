//! Files and their digests.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::error::{FileContext, Outcome};

/// All files below a folder, as paths relative to it, in a fixed order.
pub fn below(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(folder, Path::new(""), &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(root: &Path, relative: &Path, found: &mut Vec<PathBuf>) -> Outcome {
    let folder = root.join(relative);
    for entry in fs::read_dir(&folder).at("list", &folder)? {
        let entry = entry.at("list", &folder)?;
        let path = relative.join(entry.file_name());
        if entry.path().is_dir() {
            collect(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// The SHA-256 of the bytes.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A digest in lower-case hexadecimal.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The part of a digest that goes into a file's name: 16 hexadecimal digits, as many as Trunk writes.
pub fn short_hash(bytes: &[u8]) -> String {
    hex(&digest(bytes)[..8])
}
