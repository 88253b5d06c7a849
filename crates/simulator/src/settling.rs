//! The end of a run: the faults stop, everybody syncs, and the promises are checked at rest.

use crate::{
    faults::Weather,
    invariants::{self, Broken, delay},
    link::Way,
    rng::Seeded,
    world::{World, event_rng},
};

/// Rounds of everybody syncing, each of some minutes, after which all queues must be empty.
const SETTLING_ROUNDS: usize = 60;

/// Rounds of these in which a hostile device goes on.
const HOSTILE_ROUNDS: usize = 6;

/// Rounds after which what could be sent when the faults stopped is settled, whatever the hostile device does.
const DELAY_ROUNDS: usize = 12;

impl World {
    /// The faults stop, everybody comes back and syncs until nothing moves any more; then the promises are checked.
    /// Whoever is awake goes on as they are: nobody has to start the app again for things to get well.
    pub(crate) fn settle(&mut self, seed: u64) {
        self.faults_stop();
        let waiting = delay::sendable(&self.devices);
        let attacked = if self.hostile.is_some() { HOSTILE_ROUNDS } else { 0 };
        for round in 0..SETTLING_ROUNDS {
            if round < attacked {
                self.attack(&settling_rng(seed, round));
            }
            self.pass(200_000);
            if !self.broken.is_empty() {
                return;
            }
            if self.delay.is_none() && delay::delayed(&self.devices, &waiting).is_empty() {
                self.delay = Some(round + 1);
            }
            let quiet = invariants::is_quiet(&self.devices, &self.network);
            if quiet {
                let (devices, network) = (&self.devices, &self.network);
                self.broken = invariants::at_rest(devices, network, &self.diary, self.excuses);
                self.broken.extend(self.bystanders.at_rest(&self.network));
            } else if round + 1 == DELAY_ROUNDS && self.hostile.is_some() {
                self.broken = delay::delayed(&self.devices, &waiting);
            }
            if !self.broken.is_empty() || quiet && round + 1 >= attacked {
                return;
            }
        }
        let still = "devices still had work after the faults had stopped";
        self.broken = vec![Broken::new("queues drain", still)];
        let moving = invariants::what_moves(&self.devices, &self.network);
        self.broken.extend(moving);
    }

    fn faults_stop(&mut self) {
        self.story.tell("world", || "the faults stop");
        self.network.weather.set(Weather::FINE);
        self.network.server.borrow().storage.fail_after(u64::MAX);
        let started = self.network.server.borrow_mut().start();
        if let Err(error) = started {
            self.broken.push(Broken::new("queues drain", error.to_string()));
        }
        for number in 0..self.devices.len() {
            let device = &self.devices[number];
            device.link.way.set(Way::Open);
            device.contexts.iter().for_each(|context| context.doom.lift());
            self.reopen_all(number);
        }
    }
}

/// Draws for the hostile device's turn before a round in which everybody settles.
fn settling_rng(seed: u64, round: usize) -> Seeded {
    event_rng(seed ^ 0x5345_5454_4C45, round as u64)
}
