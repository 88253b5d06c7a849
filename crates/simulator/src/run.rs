//! A run by its seed, and the shortest one that fails in the same way.

use std::collections::BTreeSet;

use crate::{
    invariants::Broken,
    world::{SetUpError, World},
};

/// What is to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub seed: u64,
    /// Things that happen before the faults stop.
    pub events: u64,
    /// Events that do not happen, though time passes for them.
    pub left_out: BTreeSet<u64>,
    pub hostile: Hostile,
    /// Whether clocks are far off and jump, the server's too. No backup is restored then.
    pub clocks: Presence,
    /// Whether a client of the REST endpoints works on the same records.
    pub integration: Presence,
}

/// Whether a hostile device is there. The rest of a run draws the same numbers with it and without.
pub type Hostile = Presence;

/// Whether something is there that is not there in every world.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Presence {
    /// In some worlds.
    #[default]
    BySeed,
    Never,
    Always,
}

impl Presence {
    /// Whether it is, where the seed would have it so or not.
    pub(crate) fn is_there(self, by_seed: bool) -> bool {
        match self {
            Self::BySeed => by_seed,
            Self::Never => false,
            Self::Always => true,
        }
    }
}

impl Schedule {
    pub const SMALL: u64 = 80;
    pub const LARGE: u64 = 400;

    pub fn new(seed: u64, events: u64) -> Self {
        Self {
            seed,
            events,
            left_out: BTreeSet::new(),
            hostile: Hostile::default(),
            clocks: Presence::default(),
            integration: Presence::default(),
        }
    }

    fn remaining(&self) -> Vec<u64> {
        (0..self.events)
            .filter(|event| !self.left_out.contains(event))
            .collect()
    }
}

/// How a run came out.
#[derive(Debug)]
pub struct Outcome {
    /// Polls of tasks: what the run cost.
    pub steps: u64,
    pub broken: Vec<Broken>,
    /// Rounds of settling until what could be sent when the faults stopped was settled; `None` if it never was.
    pub delay: Option<usize>,
    /// Events that had happened by then.
    pub events: u64,
    /// Told only if asked for.
    pub story: Vec<String>,
}

/// Plays a run; `told` keeps its story.
pub fn run(schedule: &Schedule, told: bool) -> Result<Outcome, SetUpError> {
    World::new(schedule, told).map(|world| world.play(schedule))
}

/// How often a failing run is played again, to find one that is shorter.
const TRIES: usize = 600;

/// The shortest schedule found that breaks the same promise: events are left out in ever smaller groups (Zeller's
/// delta debugging).
pub fn shrink(failing: &Schedule, promise: &str) -> Result<Schedule, SetUpError> {
    let mut tries = TRIES;
    let mut fails = |schedule: &Schedule| -> Result<Option<u64>, SetUpError> {
        if tries == 0 {
            return Ok(None);
        }
        tries -= 1;
        let outcome = run(schedule, false)?;
        let same = outcome.broken.iter().any(|broken| broken.promise == promise);
        Ok(same.then_some(outcome.events))
    };
    let mut shortest = failing.clone();
    if let Some(events) = fails(&shortest)? {
        shortest.events = events;
    }
    let mut group = shortest.remaining().len().div_ceil(2);
    while group > 0 {
        let mut helped = false;
        for leave in shortest.remaining().chunks(group) {
            let mut shorter = shortest.clone();
            shorter.left_out.extend(leave);
            if let Some(events) = fails(&shorter)? {
                shorter.events = events;
                shortest = shorter;
                helped = true;
            }
        }
        group = match group {
            1 if helped => 1,
            _ => group / 2,
        };
    }
    Ok(shortest)
}
