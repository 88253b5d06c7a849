//! A thousand small runs (more with `cargo run --profile simulation -p holdfast-simulator`), and every seed that ever failed.
#![allow(clippy::unwrap_used)]

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use holdfast_simulator::run::{Hostile, Outcome, Presence, Schedule, run};

/// Seeds of runs that once broke a promise, one a line; what follows a `#` says which.
const CORPUS: &str = include_str!("corpus.txt");

const SEEDS: u64 = 1_000;

/// Threads that play; a run itself is single-threaded.
const PLAYERS: u64 = 2;

fn play(seed: u64, told: bool) -> Outcome {
    run(&Schedule::new(seed, Schedule::SMALL), told).unwrap()
}

#[test]
fn no_promise_is_broken_in_a_thousand_runs() {
    let next = AtomicU64::new(1);
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..PLAYERS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > SEEDS || !broken.lock().unwrap().is_empty() {
                        return;
                    }
                    let outcome = play(seed, false);
                    if let Some(first) = outcome.broken.first() {
                        broken.lock().unwrap().push(format!("seed {seed}: {first}"));
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(
        broken.is_empty(),
        "play it with `holdfast-simulator --seeds 1 --from <seed>`: {broken:#?}"
    );
}

#[test]
fn seeds_that_once_failed_stay_well() {
    let seeds = CORPUS
        .lines()
        .filter_map(|line| line.split('#').next()?.trim().parse::<u64>().ok());
    for seed in seeds {
        for hostile in [Hostile::Never, Hostile::Always] {
            let schedule = Schedule {
                hostile,
                clocks: Presence::Never,
                integration: Presence::Never,
                ..Schedule::new(seed, Schedule::SMALL)
            };
            let outcome = run(&schedule, false).unwrap();
            assert!(
                outcome.broken.is_empty(),
                "seed {seed}, {hostile:?}: {}",
                outcome.broken[0]
            );
        }
    }
}

#[test]
fn the_same_seed_is_the_same_run_to_the_last_byte() {
    for seed in [1, 7, 42] {
        let (once, again) = (play(seed, true), play(seed, true));
        assert!(!once.story.is_empty());
        assert_eq!(once.story, again.story, "seed {seed}");
    }
}

#[test]
fn another_seed_is_another_run() {
    let (one, other) = (play(1, true), play(2, true));
    assert_ne!(one.story, other.story);
}
