//! Tests and benchmarks that drive a real browser against the real server.

use std::process::Command;

use crate::{
    error::Outcome,
    step::{self, timed},
    system::{self, Browser},
    tools, web, workspace,
};

/// How the server under test is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Debug,
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds and installs what a run of the app needs; answers the command that runs Playwright, without its arguments.
pub fn prepare(profile: Profile) -> Outcome<Command> {
    let command = prepare_server(profile)?;
    tools::ensure()?;
    web::build_if_changed()?;
    Ok(command)
}

/// As [`prepare`], without the app: for pages of a benchmark's own against the real server.
pub fn prepare_server(profile: Profile) -> Outcome<Command> {
    let mut command = prepare_without_server()?;
    let folder = profile.folder();
    timed(
        &format!("Building the server ({folder})"),
        "3 min at first",
        || {
            let mut arguments = vec!["build", "--locked", "--package", "holdfast-server"];
            arguments.extend((profile == Profile::Release).then_some("--release"));
            step::run(&mut workspace::cargo(&arguments))
        },
    )?;
    command.env(
        "HOLDFAST_SERVER",
        workspace::target().join(folder).join("holdfast-server"),
    );
    Ok(command)
}

/// As [`prepare`], with the browser alone.
pub fn prepare_without_server() -> Outcome<Command> {
    let browser = system::ensure_browser()?;
    install_tests()?;
    Ok(playwright(&browser))
}

/// Installs the end-to-end tests' packages.
pub fn install_tests() -> Outcome {
    install("tests", "the end-to-end tests' packages")
}

/// Installs what the folder's lock file names.
pub fn install(folder: &str, what: &str) -> Outcome {
    timed(&format!("Installing {what} from npm"), "10 s", || {
        let mut install = workspace::command("npm");
        install
            .current_dir(workspace::root().join(folder))
            .args(["ci", "--no-audit", "--no-fund"]);
        // The browser is the system's own.
        step::run(install.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
    })
}

/// Checks the types of a folder's TypeScript; its packages must be installed.
pub fn check_types(folder: &str) -> Outcome {
    timed(&format!("Checking the types in {folder}/"), "10 s", || {
        let mut check = workspace::command("npm");
        check
            .current_dir(workspace::root().join(folder))
            .args(["run", "--silent", "check"]);
        step::run(&mut check)
    })
}

fn playwright(browser: &Browser) -> Command {
    let mut command = workspace::command("npx");
    command
        .current_dir(workspace::root().join("tests"))
        .args(["--no-install", "playwright", "test"])
        .env("CHROMIUM", &browser.chromium)
        .env("HOLDFAST_DIST", workspace::dist());
    command
}
