//! The build that this worker belongs to, as the build wrote it into the loader.

use std::{cell::OnceCell, rc::Rc};

use holdfast_core::{json, json_object};
use js_sys::JSON;
use wasm_bindgen::JsValue;

/// Version and files of a build.
#[derive(Debug)]
pub struct Build {
    /// Changes with any file of the app.
    pub version: String,
    /// What the app needs without a network.
    pub files: Vec<Asset>,
}

json_object!(Build {
    version: "version",
    files: "files"
});

/// One file of the shell.
#[derive(Debug)]
pub struct Asset {
    /// Absolute path on the server.
    pub url: String,
    /// Digest of the content as `fetch` checks it.
    pub integrity: String,
}

json_object!(Asset {
    url: "url",
    integrity: "integrity"
});

impl Asset {
    /// The name under which the file is cached: another content has another name.
    pub fn cache_key(&self) -> String {
        format!("{}?{}", self.url, self.integrity)
    }
}

thread_local! {
    static CURRENT: OnceCell<Rc<Build>> = const { OnceCell::new() };
}

/// Keeps the description for this instance's life.
///
/// # Errors
/// If it does not decode.
pub fn remember(description: &JsValue) -> Result<(), JsValue> {
    let text = String::from(JSON::stringify(description)?);
    let build: Build = json::from_slice(text.as_bytes()).map_err(|error| error.to_string())?;
    web_sys::console::debug_2(
        &"Holdfast's worker, version".into(),
        &build.version.as_str().into(),
    );
    CURRENT
        .with(|current| current.set(Rc::new(build)))
        .map_err(|_| "the worker was started twice".into())
}

/// The description.
///
/// # Errors
/// If the instance was not started.
pub fn current() -> Result<Rc<Build>, JsValue> {
    CURRENT
        .with(|current| current.get().cloned())
        .ok_or_else(|| "the worker was not started".into())
}
