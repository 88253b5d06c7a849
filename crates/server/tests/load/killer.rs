//! Kills the server at random moments and starts it again on the same database.

use std::env;
use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;

use crate::process::{Place, Process};

/// How often, and from which seed.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub times: usize,
    pub seed: u64,
}

impl Plan {
    pub fn from_environment() -> Self {
        let number = |name: &str| env::var(name).ok().map(|text| text.parse().unwrap());
        let times = number("HOLDFAST_KILLS").map_or(8, |times: u64| times as usize);
        Self {
            times,
            seed: number("HOLDFAST_SEED").unwrap_or(1),
        }
    }
}

/// How long the server took to listen again, after each kill.
#[derive(Debug, Default)]
pub struct Restarts(Vec<Duration>);

impl fmt::Display for Restarts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let (median, longest) = (sorted.get(sorted.len() / 2), sorted.last());
        let millis = |time: Option<&Duration>| time.map_or(0, Duration::as_millis);
        write!(
            f,
            "{} kills; listening again after {} ms in the median, {} ms at most",
            sorted.len(),
            millis(median),
            millis(longest)
        )
    }
}

/// Blocks until it is done; answers the process that is left running.
pub fn kill(
    place: &Place,
    mut process: Process,
    moved: &watch::Sender<String>,
    plan: Plan,
) -> (Process, Restarts) {
    let mut rng = StdRng::seed_from_u64(plan.seed);
    let mut restarts = Restarts::default();
    for number in 1..=plan.times {
        std::thread::sleep(Duration::from_millis(rng.random_range(0..800)));
        process.kill();
        process = place.start();
        restarts.0.push(process.took);
        moved.send_replace(process.address.clone());
        if number.is_multiple_of(50) {
            println!("{number} kills");
        }
    }
    // Time to answer what was sent last.
    std::thread::sleep(Duration::from_millis(500));
    (process, restarts)
}
