//! The tool chain that a web build needs, installed into `target/tools`, each at one known version.
//!
//! A tool counts as present when it answers `--version` with that version, so a changed pin reinstalls it.

use std::{fs, path::PathBuf};

use crate::{
    error::{Failure, FileContext, Outcome},
    step,
    workspace::{self, WASM},
};

/// Builds the app: compiles, calls wasm-bindgen and wasm-opt, writes index.html.
const TRUNK: &str = "0.21.14";

/// wasm-opt, as the npm package `binaryen` carries it.
const BINARYEN: &str = "132.0.0";

/// Checks licences, sources and duplicates of packages.
const CARGO_DENY: &str = "0.20.2";

/// For a tool that runs for a second: it is built four times as fast without optimisation.
const QUICK_BUILD: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
];

/// Drives libFuzzer.
const CARGO_FUZZ: &str = "0.13.2";

/// Drives Firefox.
const GECKODRIVER: &str = "0.37.0";

/// Makes up requests from a description of an API, and judges the answers.
const SCHEMATHESIS: &str = "4.32.0";

/// Makes sure that everything a web build needs is there.
pub fn ensure() -> Outcome {
    ensure_wasm_target()?;
    ensure_wasm_bindgen()?;
    ensure_trunk()?;
    ensure_wasm_opt()
}

/// Makes sure that the compiler can compile for the browser.
pub fn ensure_wasm_target() -> Outcome {
    let mut query = workspace::command("rustc");
    query.args(["--print", "target-libdir", "--target", WASM]);
    let folder =
        step::output(&mut query).map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if folder.is_some_and(|folder| !folder.is_empty() && fs::exists(folder).unwrap_or(false)) {
        return Ok(());
    }
    step::timed("Installing Rust's WebAssembly target with rustup", "20 s", || {
        step::run(workspace::command("rustup").args(["target", "add", WASM]))
    })
}

/// Makes sure that wasm-bindgen's programs are there, in the version of the library that Cargo.lock names:
/// the two must be the same.
pub fn ensure_wasm_bindgen() -> Outcome {
    let version = locked_version("wasm-bindgen")?;
    // Without --locked: its own lock file names a version of a dependency that was withdrawn.
    ensure_crate("wasm-bindgen-cli", "wasm-bindgen", &version, &[], "2 min")
}

fn ensure_trunk() -> Outcome {
    let options = ["--locked", "--no-default-features", "--features", "rustls"];
    ensure_crate("trunk", "trunk", TRUNK, &options, "6 min")
}

/// The platform that the compiler compiles for unless told otherwise: `x86_64-unknown-linux-gnu`.
pub fn host() -> Outcome<String> {
    let told = step::output(workspace::command("rustc").arg("-vV")).map(|output| output.stdout);
    let told = String::from_utf8_lossy(&told.unwrap_or_default()).into_owned();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::Missing {
        what: "The platform in the answer of `rustc -vV`".to_owned(),
        remedy: "Install Rust with rustup (https://rustup.rs), then try again.".to_owned(),
    })
}

/// Makes sure that `cargo fuzz` is there.
pub fn ensure_cargo_fuzz() -> Outcome {
    ensure_crate("cargo-fuzz", "cargo-fuzz", CARGO_FUZZ, &["--locked"], "2 min")
}

/// Makes sure that `cargo deny` is there. Without its own client for git: nothing here comes from there.
pub fn ensure_cargo_deny() -> Outcome {
    let options = ["--locked", "--no-default-features"];
    ensure_crate_built(
        "cargo-deny",
        "cargo-deny",
        CARGO_DENY,
        &options,
        &QUICK_BUILD,
        "1 min",
    )
}

/// Makes sure that Firefox's WebDriver is there.
pub fn ensure_geckodriver() -> Outcome {
    ensure_crate("geckodriver", "geckodriver", GECKODRIVER, &["--locked"], "3 min")
}

/// Makes sure that schemathesis is there, in a Python environment of its own; answers its program.
pub fn ensure_schemathesis() -> Outcome<PathBuf> {
    let folder = workspace::tools().join("schemathesis");
    let (pip, program) = (folder.join("bin/pip"), folder.join("bin/schemathesis"));
    if reports_version(&program.display().to_string(), SCHEMATHESIS) {
        return Ok(program);
    }
    step::timed(
        &format!("Installing schemathesis {SCHEMATHESIS} from PyPI into target/tools"),
        "1 min",
        || {
            let mut venv = workspace::command("python3");
            let made = step::run(venv.args(["-m", "venv", "--clear"]).arg(&folder));
            made.map_err(|_| Failure::Missing {
                what: "Python with its module venv".to_owned(),
                remedy: "Install it once: `sudo apt-get install -y python3-venv`.".to_owned(),
            })?;
            let mut install = workspace::command(&pip.display().to_string());
            install.args(["install", "--quiet", "--disable-pip-version-check"]);
            step::run(install.arg(format!("schemathesis=={SCHEMATHESIS}")))
        },
    )?;
    Ok(program)
}

fn ensure_crate(package: &str, program: &str, version: &str, options: &[&str], about: &str) -> Outcome {
    ensure_crate_built(package, program, version, options, &[], about)
}

fn ensure_crate_built(
    package: &str,
    program: &str,
    version: &str,
    options: &[&str],
    environment: &[(&str, &str)],
    about: &str,
) -> Outcome {
    if reports_version(program, version) {
        return Ok(());
    }
    step::timed(
        &format!("Installing {package} {version} into target/tools"),
        about,
        || {
            let root = workspace::tools();
            let mut install = workspace::cargo(&["install", package, "--version", version, "--force"]);
            // A build folder of its own, which cargo removes afterwards.
            step::run(
                install
                    .args(options)
                    .arg("--root")
                    .arg(root)
                    .envs(environment.iter().copied())
                    .env_remove("CARGO_TARGET_DIR"),
            )
        },
    )
}

fn ensure_wasm_opt() -> Outcome {
    let major = BINARYEN.split('.').next().unwrap_or(BINARYEN);
    if reports_version("wasm-opt", major) {
        return Ok(());
    }
    step::timed(
        &format!("Installing wasm-opt (binaryen {BINARYEN}) from npm into target/tools"),
        "10 s",
        || {
            let folder = workspace::tools();
            fs::create_dir_all(&folder).at("create", &folder)?;
            let mut install = workspace::command("npm");
            install
                .args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"])
                .arg(folder);
            step::run(install.arg(format!("binaryen@{BINARYEN}")))
        },
    )
}

/// Whether the program answers `--version` with this version as a word of its own.
fn reports_version(program: &str, version: &str) -> bool {
    step::output(workspace::command(program).arg("--version")).is_some_and(|output| {
        String::from_utf8_lossy(&output.stdout)
            .split_whitespace()
            .any(|word| word == version)
    })
}

/// The version of a package that Cargo.lock names.
fn locked_version(package: &str) -> Outcome<String> {
    let path = workspace::root().join("Cargo.lock");
    let lock = fs::read_to_string(&path).at("read", &path)?;
    version_in_lock(&lock, package).ok_or_else(|| Failure::Missing {
        what: format!("`{package}` in Cargo.lock"),
        remedy: "Run `cargo generate-lockfile`, then try again.".to_owned(),
    })
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let mut lines = lock
        .lines()
        .skip_while(|line| *line != format!("name = \"{package}\""));
    let version = lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_names_one_version_of_a_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in_lock(lock, "trunk"), None);
    }
}
