//! Which sources `dist/` was built from, so that a second start can skip the build.
//!
//! Contents are hashed, not times: a checkout or a copy changes times and not the outcome.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{Flavour, files};
use crate::{
    error::{FileContext, Outcome},
    workspace,
};

/// Everything that the web build reads, the build's own code among it.
const SOURCES: [&str; 16] = [
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "crates/browser/Cargo.toml",
    "crates/browser/src",
    "crates/codec/Cargo.toml",
    "crates/codec/src",
    "crates/core/Cargo.toml",
    "crates/core/src",
    "domains",
    "index.html",
    "service-worker",
    "src",
    "www",
    "xtask/src",
];

/// The fingerprint of the sources as they are now.
pub fn of_sources(flavour: Flavour) -> Outcome<String> {
    let root = workspace::root();
    let mut hash = Sha256::new_with_prefix(flavour.name());
    for source in SOURCES {
        let path = root.join(source);
        if path.is_dir() {
            for file in files::below(&path)? {
                add(&mut hash, &path.join(file))?;
            }
        } else {
            add(&mut hash, &path)?;
        }
    }
    Ok(files::hex(&hash.finalize()))
}

fn add(hash: &mut Sha256, path: &Path) -> Outcome {
    let bytes = fs::read(path).at("read", path)?;
    hash.update(path.as_os_str().as_encoded_bytes());
    hash.update(bytes.len().to_le_bytes());
    hash.update(bytes);
    Ok(())
}

/// The fingerprint that `dist/` was built from, if it is known.
pub fn recorded() -> Option<String> {
    fs::read_to_string(record_path()).ok()
}

/// Notes what `dist/` was built from.
pub fn record(fingerprint: &str) -> Outcome {
    fs::write(record_path(), fingerprint).at("write", record_path())
}

/// Notes that `dist/` is about to change.
pub fn forget() -> Outcome {
    let path = record_path();
    if path.exists() {
        fs::remove_file(&path).at("remove", path)
    } else {
        Ok(())
    }
}

fn record_path() -> PathBuf {
    workspace::web_target().join("dist.fingerprint")
}
