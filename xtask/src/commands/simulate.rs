//! `cargo xtask simulate`: devices, a server and a bad network in one process, seed by seed.

use clap::Args;

use crate::{error::Outcome, step, workspace};

/// Which seeds to run.
#[derive(Debug, Args)]
pub struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,

    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
}

/// Runs the seeds, optimised; a seed that breaks an invariant is told as a story.
pub fn execute(options: &Options) -> Outcome {
    let (seeds, from) = (options.seeds.to_string(), options.from.to_string());
    let arguments = [
        "run",
        "--release",
        "--locked",
        "--package",
        "holdfast-simulator",
        "--",
    ];
    step::run(workspace::cargo(&arguments).args(["--seeds", &seeds, "--from", &from]))
}
