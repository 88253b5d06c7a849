//! `cargo xtask check`: formatting, who imports whom, the packages that are used, lints (native and WebAssembly), and the types of the
//! end-to-end tests. A warning is a failure.

use crate::{
    error::Outcome,
    layers, playwright, sbom, step, tools, views,
    workspace::{self, WASM, WASM_PACKAGES},
};

/// Checks everything.
pub fn execute() -> Outcome {
    format()?;
    order()?;
    packages()?;
    bill_of_materials()?;
    lint()?;
    lint_web()?;
    types()
}

/// Checks that the code is formatted, views included.
pub fn format() -> Outcome {
    step::timed("Checking the format", "3 s", || {
        step::run(&mut workspace::cargo(&["fmt", "--all", "--check"]))?;
        views::check()
    })
}

/// Checks that packages and folders import in one order.
pub fn order() -> Outcome {
    step::timed("Checking who imports whom", "1 s", layers::check)
}

/// Checks licences, sources and duplicates of every package that is used, by deny.toml.
pub fn packages() -> Outcome {
    tools::ensure_cargo_deny()?;
    step::timed(
        "Checking licences, sources and duplicates of packages",
        "10 s",
        || {
            let arguments = [
                "deny",
                "--workspace",
                "--locked",
                "check",
                "--hide-inclusion-graph",
                "licenses",
                "bans",
                "sources",
            ];
            step::run(&mut workspace::cargo(&arguments))
        },
    )
}

/// Writes the bill of materials of what is shipped.
pub fn bill_of_materials() -> Outcome {
    step::timed("Writing the bill of materials", "1 s", || {
        sbom::write().map(|path| println!("{}", path.display()))
    })
}

/// Lints every package for this machine.
pub fn lint() -> Outcome {
    step::timed("Linting for this machine", "3 min at first", || {
        let arguments = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny",
            "warnings",
        ];
        step::run(&mut workspace::cargo(&arguments))
    })
}

/// Lints what runs in the browser for the browser.
pub fn lint_web() -> Outcome {
    tools::ensure_wasm_target()?;
    step::timed("Linting for the browser", "2 min at first", || {
        let mut clippy = workspace::cargo_web(&["clippy", "--all-targets", "--locked", "--target", WASM]);
        clippy.args(WASM_PACKAGES.iter().flat_map(|package| ["--package", package]));
        step::run(clippy.args(["--", "--deny", "warnings"]))
    })
}

/// Checks the types of the end-to-end tests.
pub fn types() -> Outcome {
    playwright::install_tests()?;
    playwright::check_types("tests")
}
