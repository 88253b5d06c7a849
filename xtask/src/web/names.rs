//! File names that follow the content.
//!
//! Trunk names the app's script by the digest of its WebAssembly, and the worker's files not at all. A changed
//! script could so keep its name, and a cache that trusts names would serve the old one for good. Here both get
//! the digest of their own bytes; the server may call every name with such a digest immutable.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::files;
use crate::error::{Failure, FileContext, Outcome};

/// The worker's WebAssembly as Trunk leaves it.
const WORKER_WASM: &str = "holdfast-worker_bg.wasm";

/// Renames the app's script and the worker's WebAssembly, and follows the script's new name in index.html.
pub fn by_content(staging: &Path) -> Outcome {
    let page = staging.join("index.html");
    let html = fs::read_to_string(&page).at("read", &page)?;
    let old = app_script(staging)?;
    let new = renamed(staging, &old, "holdfast", "js")?;
    fs::write(&page, html.replace(&old, &new)).at("write", &page)?;
    renamed(staging, WORKER_WASM, "holdfast-worker", "wasm").map(|_| ())
}

fn renamed(staging: &Path, old: &str, stem: &str, extension: &str) -> Outcome<String> {
    let path = staging.join(old);
    let bytes = fs::read(&path).at("read", &path)?;
    let new = format!("{stem}-{}.{extension}", files::short_hash(&bytes));
    fs::rename(&path, staging.join(&new)).at("rename", path)?;
    Ok(new)
}

/// The one script at the top of the build that Trunk made from the app.
fn app_script(staging: &Path) -> Outcome<String> {
    let is_app = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.strip_prefix("holdfast-")
            .and_then(|rest| rest.strip_suffix(".js"))
            .is_some_and(is_digest)
    };
    let scripts: Vec<_> = files::below(staging)?.into_iter().filter(is_app).collect();
    match scripts.as_slice() {
        [script] => Ok(script.to_string_lossy().into_owned()),
        others => Err(Failure::WebBuild(format!(
            "one script holdfast-<digest>.js at its top, not {}. Does Trunk.toml still ask for hashed names?",
            others.len()
        ))),
    }
}

/// Whether this is what Trunk and `short_hash` put into names. Trunk leaves out leading zeros.
pub fn is_digest(part: &str) -> bool {
    (8..=16).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_up_to_sixteen_hexadecimal_digits() {
        assert!(is_digest(&files::short_hash(b"app")));
        assert!(is_digest("8b37b398d322421"));
        assert!(!is_digest("worker"));
        assert!(!is_digest("0123456789abcdeg"));
    }
}
