//! The WebAssembly module through which the benchmark's pages drive Holdfast: compiled and shrunk like the app's own.

use std::path::{Path, PathBuf};

use crate::{
    error::{FileContext, Outcome},
    step, tools,
    workspace::{self, WASM},
};

const PACKAGE: &str = "holdfast-bench";
const NAME: &str = "holdfast_bench";

/// Builds it; answers the folder that it lies in.
pub fn build() -> Outcome<PathBuf> {
    tools::ensure()?;
    let folder = workspace::web_target().join("bench-module");
    step::timed("Building the benchmark's WebAssembly", "3 min at first", || {
        compile()?;
        bind(&folder)?;
        shrink(&folder)
    })?;
    Ok(folder)
}

fn compile() -> Outcome {
    let arguments = [
        "build",
        "--locked",
        "--profile",
        "web",
        "--package",
        PACKAGE,
        "--target",
        WASM,
    ];
    step::run(&mut workspace::cargo_web(&arguments))
}

fn bind(folder: &Path) -> Outcome {
    let compiled = workspace::web_target()
        .join(WASM)
        .join("web")
        .join(NAME)
        .with_extension("wasm");
    let mut bindgen = workspace::command("wasm-bindgen");
    bindgen
        .args(["--target", "web", "--no-typescript", "--out-dir"])
        .arg(folder);
    step::run(bindgen.arg(compiled))
}

fn shrink(folder: &Path) -> Outcome {
    let module = folder.join(format!("{NAME}_bg.wasm"));
    let smaller = folder.join("smaller.wasm");
    step::run(
        workspace::command("wasm-opt")
            .arg("-Oz")
            .arg(&module)
            .arg("-o")
            .arg(&smaller),
    )?;
    std::fs::rename(&smaller, &module).at("replace", &module)
}
