//! What comes from the system's packages: browsers, and Chromium's WebDriver.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{
    error::{Failure, Outcome},
    step, workspace,
};

/// Debian's and Ubuntu's names of what the browser tests need.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// The programs that drive the tests in a real browser.
#[derive(Debug)]
pub struct Browser {
    pub chromium: PathBuf,
    pub driver: PathBuf,
}

/// Finds Chromium and its driver: `CHROMIUM` and `CHROMEDRIVER` if set, else the PATH. Installs them where this
/// user may and the system's package manager is apt.
pub fn ensure_browser() -> Outcome<Browser> {
    if let Some(browser) = find_browser() {
        return Ok(browser);
    }
    if may_install() {
        step::timed(
            "Installing Chromium and its driver with apt-get",
            "1 min",
            install,
        )?;
    }
    find_browser().ok_or_else(|| Failure::Missing {
        what: "Chromium with its WebDriver".to_owned(),
        remedy: format!(
            "Install it once: `sudo apt-get update && sudo apt-get install -y {}`; or set CHROMIUM and \
             CHROMEDRIVER to the two programs.",
            PACKAGES.join(" ")
        ),
    })
}

/// Makes sure that there is a Firefox on the PATH, where its driver looks for it.
pub fn ensure_firefox() -> Outcome {
    match on_path(&"firefox") {
        Some(_) => Ok(()),
        None => Err(Failure::Missing {
            what: "Firefox".to_owned(),
            remedy: "Install it once: `sudo apt-get update && sudo apt-get install -y firefox-esr`, or `firefox` where \
                     it is called so."
                .to_owned(),
        }),
    }
}

fn find_browser() -> Option<Browser> {
    let chromium = chosen("CHROMIUM").or_else(|| {
        ["chromium", "chromium-browser", "google-chrome"]
            .iter()
            .find_map(on_path)
    })?;
    let driver = chosen("CHROMEDRIVER").or_else(|| on_path(&"chromedriver"))?;
    Some(Browser { chromium, driver })
}

fn install() -> Outcome {
    let mut update = workspace::command("apt-get");
    step::run(
        update
            .args(["update", "-qq"])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    let mut install = workspace::command("apt-get");
    install
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(PACKAGES);
    step::run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn may_install() -> bool {
    let root = step::output(workspace::command("id").arg("-u"))
        .is_some_and(|output| String::from_utf8_lossy(&output.stdout).trim() == "0");
    root && on_path(&"apt-get").is_some()
}

fn chosen(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_file())
}

fn on_path(program: &&str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder: PathBuf| folder.join(Path::new(program)))
        .find(|path| path.is_file())
}
