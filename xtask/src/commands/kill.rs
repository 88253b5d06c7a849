//! `cargo xtask kill`: `kill -9` for the real server, again and again, while writers push and readers page.

use clap::Args;

use crate::{error::Outcome, step, workspace};

/// How often, and from which seed.
#[derive(Debug, Args)]
pub struct Options {
    /// Kills and restarts
    #[arg(long, default_value_t = 300)]
    times: u32,

    /// When it is killed and what is written; the machine's own timing is not repeated
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// Fails if an acknowledged write is missing or doubled, or a reader skipped a change.
pub fn execute(options: &Options) -> Outcome {
    let about = format!("{} s, and 4 min to build at first", options.times);
    step::timed("Killing the server", &about, || {
        let mut test = workspace::cargo(&["test", "--release", "--locked", "--package", "holdfast-server"]);
        test.args(["--test", "load", "killed_at_random", "--", "--nocapture"]);
        test.env("HOLDFAST_KILLS", options.times.to_string());
        step::run(test.env("HOLDFAST_SEED", options.seed.to_string()))
    })
}
