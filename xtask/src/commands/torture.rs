//! `cargo xtask torture`: people at work while server, browsers, workers and the line are struck at random.

use clap::Args;

use crate::{
    error::Outcome,
    playwright::{self, Profile},
    step,
};

/// How long, and from which seed.
#[derive(Debug, Args)]
pub struct Options {
    /// For how many seconds things go wrong
    #[arg(long, default_value_t = 60)]
    seconds: u32,

    /// What goes wrong and when; the machine's own timing is not repeated
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// Fails, with the story of the write, if an acknowledged one is missing or doubled at the end.
pub fn execute(options: &Options) -> Outcome {
    let mut torture = playwright::prepare(Profile::Debug)?;
    let about = format!("{} s and the clearing up", options.seconds);
    step::timed("Torturing", &about, || {
        step::run(
            torture
                .args(["--config", "torture/playwright.config.ts"])
                .env("HOLDFAST_TORTURE_SECONDS", options.seconds.to_string())
                .env("HOLDFAST_TORTURE_SEED", options.seed.to_string()),
        )
    })
}
