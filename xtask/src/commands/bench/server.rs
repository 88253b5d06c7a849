//! `cargo xtask bench server`: how long honest devices wait, alone and beside a hostile neighbour.

use clap::Args;

use crate::{error::Outcome, step, workspace};

/// How long to measure, over how many records, and beside which attacks.
#[derive(Debug, Args)]
pub struct Options {
    /// Seconds of each of the two measurements
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,

    /// Work orders that the server holds
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    records: u32,

    /// What the neighbour sends in which order; the machine's own timing is not repeated
    #[arg(long, default_value_t = 1)]
    seed: u32,

    /// The one attack to make, by its name in the table: `scan`
    #[arg(long)]
    only: Option<String>,
}

/// Builds for release and measures. Fails if an honest request is refused, or a hostile one answered by a fault.
pub fn execute(options: &Options) -> Outcome {
    let seconds = options.seconds.saturating_mul(2).saturating_add(10);
    let about = format!("{seconds} s, and 4 min to build at first");
    step::timed("Measuring beside a hostile neighbour", &about, || {
        let mut test = workspace::cargo(&["test", "--release", "--locked", "--package", "holdfast-server"]);
        test.args(["--test", "load", "hostile_neighbour", "--", "--nocapture"]);
        test.env("HOLDFAST_SECONDS", options.seconds.to_string());
        test.env("HOLDFAST_RECORDS", options.records.to_string());
        test.env("HOLDFAST_SEED", options.seed.to_string());
        if let Some(only) = &options.only {
            test.env("HOLDFAST_ATTACK", only);
        }
        step::run(&mut test)
    })
}
