//! The service worker's one script.
//!
//! `sw.js` leaves Trunk as written in `www/`, with two places to fill: the bindings that wasm-bindgen made, and
//! the build description. One script that holds both has two virtues. The loader can evaluate the bindings anew
//! after a panic, which `importScripts` could not. And a browser notices a new version by comparing the script's
//! bytes: with every file's digest inside, any change of the app is a new version of the worker, and script and
//! description can never be of different builds.

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;

use super::files;
use crate::error::{Failure, FileContext, Outcome};

/// The statement in `www/sw.js` that the bindings replace.
const BINDINGS: &str = "\"holdfast:bindings\";";

/// The expression in `www/sw.js` that the build description replaces.
const BUILD: &str = "\"holdfast:build\"";

/// What the worker knows about the build that it belongs to.
#[derive(Debug, Serialize)]
struct Build {
    /// Digest of everything below: changes with any file of the app.
    version: String,
    /// The worker's WebAssembly.
    worker: String,
    /// What the app needs without a network, the worker's WebAssembly among it.
    files: Vec<Asset>,
}

/// One file of the shell.
#[derive(Debug, Serialize)]
struct Asset {
    /// Absolute path on the server.
    url: String,
    /// Digest of the decoded content, as `fetch` checks it: `sha256-` and base64.
    integrity: String,
}

/// Fills `sw.js` and removes the bindings, which are then inside.
pub fn assemble(staging: &Path) -> Outcome {
    let script_path = staging.join("sw.js");
    let bindings_path = staging.join("holdfast-worker.js");
    let script = fs::read_to_string(&script_path).at("read", &script_path)?;
    let bindings = fs::read_to_string(&bindings_path).at("read", &bindings_path)?;
    fs::remove_file(&bindings_path).at("remove", &bindings_path)?;

    let build = describe(staging)?;
    let script = filled(&script, BUILD, &serde_json::to_string(&build)?)?;
    let script = filled(&script, BINDINGS, &bindings)?;
    fs::write(&script_path, script).at("write", script_path)
}

fn describe(staging: &Path) -> Outcome<Build> {
    let mut files = Vec::new();
    for path in files::below(staging)? {
        let url = format!("/{}", path.to_string_lossy().replace('\\', "/"));
        // The browser keeps the worker's script itself; licence texts are for readers of the server.
        if url != "/sw.js" && !url.ends_with(".txt") {
            let path = staging.join(path);
            let bytes = fs::read(&path).at("read", path)?;
            files.push(Asset {
                url,
                integrity: format!("sha256-{}", STANDARD.encode(files::digest(&bytes))),
            });
        }
    }
    let worker = files
        .iter()
        .find(|file| file.url.starts_with("/holdfast-worker-") && file.url.ends_with(".wasm"))
        .map(|file| file.url.clone())
        .ok_or_else(|| Failure::WebBuild("it holds no WebAssembly of the worker".to_owned()))?;
    let version = files::short_hash(serde_json::to_string(&files)?.as_bytes());
    Ok(Build {
        version,
        worker,
        files,
    })
}

fn filled(script: &str, place: &str, content: &str) -> Outcome<String> {
    if script.matches(place).count() != 1 {
        return Err(Failure::WebBuild(format!(
            "www/sw.js does not hold {place} exactly once"
        )));
    }
    Ok(script.replacen(place, content, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_filled_once_or_refused() {
        assert_eq!(filled("a \"x\";", "\"x\";", "b").unwrap(), "a b");
        assert!(filled("a", "\"x\";", "b").is_err());
        assert!(filled("\"x\";\"x\";", "\"x\";", "b").is_err());
    }

    #[test]
    fn the_loader_in_the_repository_has_both_places() {
        let script = include_str!("../../../www/sw.js");
        assert!(filled(script, BUILD, "{}").is_ok());
        assert!(filled(script, BINDINGS, "").is_ok());
    }
}
