//! `cargo xtask bench`: how long a person waits, how the store and sync do beside what others use, and what a hostile
//! neighbour costs honest devices.
//!
//! | benchmark | what it measures |
//! |---|---|
//! | `journeys` | a person's paths through the app, against the real server |
//! | `store` | the sealed store beside raw IndexedDB and other libraries, in one page |
//! | `sync` | rounds of sync beside other libraries with their servers |
//! | `server` | waits of honest devices, alone and beside a hostile neighbour |
//!
//! Figures are printed; those of the browser are left for machines in `bench/results/`.

mod journeys;
mod module;
mod pages;
mod server;

use clap::{Args, Subcommand};

use crate::error::Outcome;

/// What to measure.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct Options {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// A person's paths through the app, against the real server (about 3 min)
    Journeys,
    /// The sealed store beside raw IndexedDB, Dexie, RxDB, PouchDB and PowerSync, in one page (about 30 min)
    Store(Comparison),
    /// Pull, delta and push beside PouchDB, RxDB and Replicache with their servers (about 10 min)
    Sync(Comparison),
    /// Waits of honest devices at the real server, alone and beside a hostile neighbour (about 1 min)
    Server(server::Options),
}

/// How long to measure, and whom.
#[derive(Debug, Args)]
pub struct Comparison {
    /// Runs to take the medians of; an even number, because every other one goes the other way round
    #[arg(long, default_value_t = 8, value_parser = even)]
    runs: u32,

    /// Besides the baseline and Holdfast only these, separated by commas: `Dexie,RxDB`; `none` for nobody; `growth`
    /// for Holdfast with more and more records (store only)
    #[arg(long)]
    only: Option<String>,
}

fn even(text: &str) -> Result<u32, String> {
    let runs: u32 = text.parse().map_err(|_| "not a number".to_owned())?;
    if runs > 0 && runs.is_multiple_of(2) {
        Ok(runs)
    } else {
        Err("take an even number: whoever goes first is faster, so the order alternates".to_owned())
    }
}

/// Runs one benchmark.
pub fn execute(options: &Options) -> Outcome {
    match &options.benchmark {
        Benchmark::Journeys => journeys::execute(),
        Benchmark::Store(comparison) => pages::store(comparison),
        Benchmark::Sync(comparison) => pages::sync(comparison),
        Benchmark::Server(options) => server::execute(options),
    }
}

#[cfg(test)]
mod tests {
    use super::even;

    #[test]
    fn runs_come_in_pairs() {
        assert_eq!(even("8"), Ok(8));
        for refused in ["0", "7", "many"] {
            assert!(even(refused).is_err(), "{refused}");
        }
    }
}
