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

/// Builds and installs what a run needs; answers the command that runs Playwright, without its arguments.
pub fn prepare(profile: Profile) -> Outcome<Command> {
    let browser = system::ensure_browser()?;
    tools::ensure()?;
    web::build_if_changed()?;
    let folder = match profile {
        Profile::Debug => "debug",
        Profile::Release => "release",
    };
    timed(
        &format!("Building the server ({folder})"),
        "3 min at first",
        || {
            let mut arguments = vec!["build", "--locked", "--package", "holdfast-server"];
            arguments.extend((profile == Profile::Release).then_some("--release"));
            step::run(&mut workspace::cargo(&arguments))
        },
    )?;
    timed(
        "Installing the end-to-end tests' packages from npm",
        "10 s",
        || {
            let mut install = workspace::command("npm");
            install
                .current_dir(workspace::root().join("tests"))
                .args(["ci", "--no-audit", "--no-fund"]);
            // The browser is the system's own.
            step::run(install.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
        },
    )?;
    Ok(playwright(&browser, folder))
}

fn playwright(browser: &Browser, folder: &str) -> Command {
    let mut command = workspace::command("npx");
    command
        .current_dir(workspace::root().join("tests"))
        .args(["--no-install", "playwright", "test"])
        .env("CHROMIUM", &browser.chromium)
        .env(
            "HOLDFAST_SERVER",
            workspace::target().join(folder).join("holdfast-server"),
        )
        .env("HOLDFAST_DIST", workspace::dist());
    command
}
