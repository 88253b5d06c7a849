//! The web build: app and worker, from source to what the server serves.
//!
//! Trunk compiles both into a staging folder. Then, in this order: `names` gives files names of their content,
//! `worker` assembles the one worker script, `compress` lays `.br` and `.gz` siblings beside what shrinks, and
//! `sizes` holds the result against the budgets. Only a complete build takes the place of `dist/`.

mod compress;
mod files;
mod fingerprint;
mod names;
mod sizes;
mod worker;

use std::{fs, path::Path};

use crate::{
    error::{FileContext, Outcome},
    step, workspace,
};

/// What the build is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// Small: what people download.
    Release,
    /// Quick to compile: what a developer looks at.
    Development,
}

impl Flavour {
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Development => "development",
        }
    }
}

/// Builds the release unless `dist/` already holds it for these sources.
pub fn build_if_changed() -> Outcome {
    let wanted = fingerprint::of_sources(Flavour::Release)?;
    if workspace::dist().join("index.html").is_file() && fingerprint::recorded() == Some(wanted) {
        println!("✓ The web build is up to date");
        return Ok(());
    }
    build(Flavour::Release)
}

/// Builds app and worker into `dist/`.
pub fn build(flavour: Flavour) -> Outcome {
    let sources = fingerprint::of_sources(flavour)?;
    let staging = workspace::web_target().join("staging");
    let about = if flavour == Flavour::Release {
        "3 min at first"
    } else {
        "1 min at first"
    };
    step::timed("Building the app and the worker", about, || {
        compile(flavour, &staging)
    })?;
    names::by_content(&staging)?;
    worker::assemble(&staging)?;
    if flavour == Flavour::Release {
        step::timed("Compressing with brotli and gzip", "5 s", || {
            compress::siblings(&staging)
        })?;
        sizes::report(&staging)?;
    }
    publish(&staging)?;
    fingerprint::record(&sources)
}

fn compile(flavour: Flavour, staging: &Path) -> Outcome {
    let mut trunk = workspace::command("trunk");
    trunk
        .args(["build", "--offline", "--locked", "--dist"])
        .arg(staging);
    if flavour == Flavour::Release {
        trunk.arg("--release");
    }
    // Trunk takes NO_COLOR for a flag of its own and rejects the usual value 1.
    step::run(
        trunk
            .env("CARGO_TARGET_DIR", workspace::web_target())
            .env_remove("NO_COLOR"),
    )
}

fn publish(staging: &Path) -> Outcome {
    let dist = workspace::dist();
    fingerprint::forget()?;
    if dist.exists() {
        fs::remove_dir_all(&dist).at("remove", &dist)?;
    }
    copy_folder(staging, &dist)
}

/// Copies, because the target folder may lie on another file system.
fn copy_folder(from: &Path, to: &Path) -> Outcome {
    for file in files::below(from)? {
        let target = to.join(&file);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).at("create", parent)?;
        }
        fs::copy(from.join(&file), &target).at("write", &target)?;
    }
    Ok(())
}
