//! Where things lie in the checkout, and the environment that the tools are called with.
//!
//! Native builds use `target/`. WebAssembly builds use `target/web`, so that the two neither wait for nor
//! invalidate each other.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// The target that the app, the worker and the browser crate are compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The packages that are compiled to WebAssembly.
pub const WASM_PACKAGES: [&str; 4] = [
    "holdfast",
    "holdfast-bench",
    "holdfast-browser",
    "holdfast-worker",
];

/// The root of the checkout.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// Where native builds go.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where WebAssembly builds go.
pub fn web_target() -> PathBuf {
    target().join("web")
}

/// Where the tools that no package manager of the system provides are installed.
pub fn tools() -> PathBuf {
    target().join("tools")
}

/// The finished web build, as the server serves it.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// A command at the root of the checkout that finds the installed tools first.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).env("PATH", path_with_tools());
    command
}

/// Cargo for a native build.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = command("cargo");
    command.args(arguments);
    command
}

/// Cargo for a WebAssembly build.
pub fn cargo_web(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.env("CARGO_TARGET_DIR", web_target());
    command
}

fn path_with_tools() -> OsString {
    let ours = [tools().join("bin"), tools().join("node_modules").join(".bin")];
    let inherited = env::var_os("PATH").unwrap_or_default();
    let all = ours.into_iter().chain(env::split_paths(&inherited));
    env::join_paths(all).unwrap_or(inherited)
}
