//! `cargo xtask bench store` and `bench sync`: Holdfast beside others, in pages of their own.

use std::process::Command;

use super::{Comparison, module};
use crate::{
    error::Outcome,
    playwright::{self, Profile},
    step, workspace,
};

/// The store. No server takes part.
pub fn store(comparison: &Comparison) -> Outcome {
    measure("store", "30 min", comparison, playwright::prepare_without_server)
}

/// Sync, with everybody's own server. That of Holdfast serves the benchmark's pages in the app's place.
pub fn sync(comparison: &Comparison) -> Outcome {
    measure("sync", "10 min", comparison, || {
        let mut bench = playwright::prepare_server(Profile::Release)?;
        bench.env("HOLDFAST_DIST", workspace::target().join("bench/sync"));
        Ok(bench)
    })
}

fn measure(
    name: &str,
    about: &str,
    comparison: &Comparison,
    prepare: impl FnOnce() -> Outcome<Command>,
) -> Outcome {
    let module = module::build()?;
    let mut bench = prepare()?;
    playwright::install("bench", "the benchmarks' packages")?;
    playwright::check_types("bench")?;
    bench
        .args(["--config", "../bench/playwright.config.ts"])
        .arg(format!("{name}.bench.ts"))
        .env("HOLDFAST_BENCH_MODULE", module)
        .env("HOLDFAST_BENCH_RUNS", comparison.runs.to_string());
    if let Some(only) = &comparison.only {
        bench.env("HOLDFAST_BENCH_ONLY", only);
    }
    step::timed("Measuring in Chromium", about, || step::run(&mut bench))
}
