//! `cargo xtask bench journeys`: how long a person waits, in a real browser against the real server.

use crate::{
    error::Outcome,
    playwright::{self, Profile},
    step,
};

/// Builds for release, runs the journeys, prints their figures and leaves them in `bench/results/`.
pub fn execute() -> Outcome {
    let mut bench = playwright::prepare(Profile::Release)?;
    step::timed("Measuring in Chromium", "3 min", || {
        step::run(bench.args(["--config", "../bench/playwright.config.ts", "journeys.bench.ts"]))
    })
}
