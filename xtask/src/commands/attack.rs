//! `cargo xtask attack`: the simulator's hostile device against the real server, with honest devices beside it.

use clap::Args;

use crate::{error::Outcome, step, workspace};

/// For how long, and from which seed.
#[derive(Debug, Args)]
pub struct Options {
    /// Seconds of attack
    #[arg(long, default_value_t = 60)]
    seconds: u32,

    /// What is sent; the machine's own timing is not repeated
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// Fails if an acknowledged write is missing or changed, a request is answered by a fault, a word of others is told, or
/// an epoch begins.
pub fn execute(options: &Options) -> Outcome {
    let about = format!("{} s, and 4 min to build at first", options.seconds);
    step::timed("Attacking the server", &about, || {
        let mut test = workspace::cargo(&["test", "--release", "--locked", "--package", "holdfast-server"]);
        test.args(["--test", "load", "attacked", "--", "--nocapture"]);
        test.env("HOLDFAST_SECONDS", options.seconds.to_string());
        step::run(test.env("HOLDFAST_SEED", options.seed.to_string()))
    })
}
