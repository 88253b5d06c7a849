//! `holdfast-simulator --seeds N --from S`: plays runs by seed, and tells the story of the first that breaks a promise.

use std::{process::ExitCode, time::Instant};

use clap::Parser;
use holdfast_simulator::world::{Outcome, Size, run};

/// Plays many devices, a server and a bad network, by seed.
#[derive(Debug, Parser)]
#[command(name = "holdfast-simulator", version)]
struct Arguments {
    /// How many runs.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Longer runs: several hundred events each.
    #[arg(long)]
    large: bool,
    /// Tell the story of every run, not only of one that fails.
    #[arg(long)]
    told: bool,
    /// Go on after a failure, and count.
    #[arg(long)]
    keep_going: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let size = if arguments.large { Size::LARGE } else { Size::SMALL };
    let begun = Instant::now();
    let (mut steps, mut failed, mut played) = (0, 0, 0);
    for seed in arguments.from..arguments.from.saturating_add(arguments.seeds) {
        let outcome = match run(seed, size, arguments.told) {
            Ok(outcome) => outcome,
            Err(error) => {
                eprintln!("seed {seed}: {error}");
                return ExitCode::FAILURE;
            }
        };
        played += 1;
        steps += outcome.steps;
        outcome.story.iter().for_each(|line| println!("{line}"));
        if outcome.broken.is_empty() {
            continue;
        }
        failed += 1;
        if arguments.keep_going {
            println!("seed {seed}: {}", outcome.broken[0]);
        } else {
            tell(&outcome, size);
            break;
        }
    }
    let seconds = begun.elapsed().as_secs_f64().max(0.001);
    println!(
        "{played} seeds from {}, {failed} failed; {:.0} seeds/s, {:.0} steps/s",
        arguments.from,
        played as f64 / seconds,
        steps as f64 / seconds
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Plays a failed run again, this time with its story.
fn tell(failed: &Outcome, size: Size) {
    if let Ok(again) = run(failed.seed, size, true) {
        again.story.iter().for_each(|line| println!("{line}"));
    }
    println!("\nseed {} broke:", failed.seed);
    failed.broken.iter().for_each(|broken| println!("  {broken}"));
}
