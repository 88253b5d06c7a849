//! `holdfast-simulator --seeds N --from S`: plays runs by seed, and tells the shortened story of the first that breaks a
//! promise.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use clap::{Parser, ValueEnum};
use holdfast_simulator::{
    run::{self, Schedule, run, shrink},
    world::SetUpError,
};

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
    /// Tell the story of every run, not only of one that fails; and as it is, not shortened.
    #[arg(long)]
    told: bool,
    /// Name what the first failing run breaks, without the minutes that it takes to shorten it.
    #[arg(long)]
    unshortened: bool,
    /// Go on after a failure, and name each seed that fails.
    #[arg(long)]
    keep_going: bool,
    /// A hostile device: in one world of three, in none, or in each.
    #[arg(long, value_enum, default_value_t = Presence::BySeed)]
    hostile: Presence,
    /// Clocks that are far off and jump, the server's too; no backup is restored then.
    #[arg(long, value_enum, default_value_t = Presence::BySeed)]
    clocks: Presence,
    /// A client of the REST endpoints that works on the same records.
    #[arg(long, value_enum, default_value_t = Presence::BySeed)]
    integration: Presence,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Presence {
    BySeed,
    Never,
    Always,
}

impl From<Presence> for run::Presence {
    fn from(presence: Presence) -> Self {
        match presence {
            Presence::BySeed => Self::BySeed,
            Presence::Never => Self::Never,
            Presence::Always => Self::Always,
        }
    }
}

impl Arguments {
    fn schedule(&self, seed: u64) -> Schedule {
        let events = if self.large {
            Schedule::LARGE
        } else {
            Schedule::SMALL
        };
        Schedule {
            hostile: self.hostile.into(),
            clocks: self.clocks.into(),
            integration: self.integration.into(),
            ..Schedule::new(seed, events)
        }
    }
}

/// What all runs came to.
#[derive(Debug, Default)]
struct Tally {
    played: u64,
    steps: u64,
    /// How many runs had settled what could be sent after so many rounds.
    delays: BTreeMap<usize, u64>,
    failed: Vec<u64>,
    error: Option<SetUpError>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let begun = Instant::now();
    let tally = play_all(&arguments);
    if let Some(error) = tally.error {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    let seconds = begun.elapsed().as_secs_f64().max(0.001);
    if let Some(seed) = tally.failed.iter().min()
        && !arguments.keep_going
        && let Err(error) = tell(&arguments.schedule(*seed), !arguments.unshortened)
    {
        eprintln!("error: {error}");
    }
    println!(
        "{} seeds from {}, {} failed; {} steps; {:.0} seeds/s, {:.0} steps/s",
        tally.played,
        arguments.from,
        tally.failed.len(),
        tally.steps,
        tally.played as f64 / seconds,
        tally.steps as f64 / seconds
    );
    let delays = tally
        .delays
        .iter()
        .map(|(rounds, runs)| format!("{rounds}: {runs}"));
    println!(
        "rounds until what could be sent was settled, and runs: {}",
        delays.collect::<Vec<_>>().join(", ")
    );
    if tally.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Plays the seeds on all cores. A run itself is single-threaded, and its outcome does not depend on the others.
fn play_all(arguments: &Arguments) -> Tally {
    let tally = Mutex::new(Tally::default());
    let next = AtomicU64::new(arguments.from);
    let end = arguments.from.saturating_add(arguments.seeds);
    let players = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..players {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let over = {
                        let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                        tally.error.is_some() || (!tally.failed.is_empty() && !arguments.keep_going)
                    };
                    if seed >= end || over {
                        return;
                    }
                    play_one(arguments, seed, &tally);
                }
            });
        }
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn play_one(arguments: &Arguments, seed: u64, tally: &Mutex<Tally>) {
    let outcome = run(&arguments.schedule(seed), arguments.told);
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.played += 1;
    match outcome {
        Ok(outcome) => {
            tally.steps += outcome.steps;
            if let Some(delay) = outcome.delay {
                *tally.delays.entry(delay).or_default() += 1;
            }
            outcome.story.iter().for_each(|line| println!("{line}"));
            if let Some(first) = outcome.broken.first() {
                if arguments.keep_going {
                    println!("seed {seed}: {first}");
                }
                tally.failed.push(seed);
            }
        }
        Err(error) => tally.error = Some(error),
    }
}

/// Plays a failed run again and prints which promises it broke; if it is shortened first, also its story.
fn tell(failed: &Schedule, shorten: bool) -> Result<(), SetUpError> {
    let mut again = run(failed, false)?;
    let Some(promise) = again.broken.first().map(|broken| broken.promise) else {
        println!("seed {} fails, and does not when played again", failed.seed);
        return Ok(());
    };
    let mut shortest = failed.clone();
    if shorten {
        shortest = shrink(failed, promise)?;
        again = run(&shortest, true)?;
    }
    again.story.iter().for_each(|line| println!("{line}"));
    let happened = (0..shortest.events)
        .filter(|event| !shortest.left_out.contains(event))
        .count();
    println!(
        "\nseed {} broke (with {happened} of its {} events):",
        failed.seed, failed.events
    );
    again.broken.iter().for_each(|broken| println!("  {broken}"));
    Ok(())
}
