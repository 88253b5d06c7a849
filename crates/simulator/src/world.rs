//! The world of one run: a few people on a few devices, a server, and the time that passes between them.

use std::rc::Rc;

use holdfast_core::{
    pack::{Coalesce, Packs},
    ports::Rng,
};

use crate::{
    bystanders::Bystanders,
    device::Device,
    diary::Diary,
    executor::Executor,
    hostile::device::HostileDevice,
    invariants::{self, Broken, Excuses},
    network::Network,
    rng::Seeded,
    run::{Outcome, Schedule},
    server::{HOSTILE, Server, pack},
    story::Story,
    witness::Witness,
};

/// What could not even begin: a fault of the simulator itself.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    #[error("the simulator's pack does not load: {0}")]
    Pack(String),
    #[error("the server's storage failed: {0}")]
    Storage(#[from] holdfast_server::storage::port::StorageError),
}

pub struct World {
    pub(crate) executor: Executor,
    pub(crate) network: Rc<Network>,
    pub(crate) devices: Vec<Device>,
    pub(crate) diary: Rc<Diary>,
    pub(crate) people: Rc<Vec<String>>,
    pub(crate) story: Story,
    pub(crate) excuses: Excuses,
    pub(crate) hostile: Option<HostileDevice>,
    pub(crate) bystanders: Bystanders,
    pub(crate) broken: Vec<Broken>,
    /// Rounds until what could be sent when the faults stopped was settled.
    pub(crate) delay: Option<usize>,
    witness: Rc<Witness>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("devices", &self.devices.len())
            .finish_non_exhaustive()
    }
}

impl World {
    pub fn new(schedule: &Schedule, told: bool) -> Result<Self, SetUpError> {
        let rng = Seeded::new(schedule.seed);
        let executor = Executor::default();
        let story = Story::new(executor.time.clone(), told);
        let mut pack = pack().map_err(|error| SetUpError::Pack(error.to_string()))?;
        pack.coalesce = match rng.below(4) {
            0 => Coalesce::Off,
            1 => Coalesce::State,
            _ => Coalesce::Consecutive,
        };
        let diary = Diary::new(pack.coalesce == Coalesce::State);
        let packs = Packs::new(vec![pack]).map_err(|error| SetUpError::Pack(error.to_string()))?;
        let mut server = Server::new(packs, rng.fork(1));
        server.start()?;
        server.page = rng.between(1, 12) as usize;
        let honest = ["tim", "tess", "sue"];
        for (user, role) in honest.iter().zip(["technician", "technician", "supervisor"]) {
            server.account(user, &[role], &["north", "south"], 0)?;
        }
        let mut people = honest.map(str::to_owned).to_vec();
        let hostile = hostile_device(schedule);
        let mut work = vec!["tim", "tess", "tim"];
        if let Some(device) = &hostile {
            // Work of its own, which it can lose.
            work.extend([HOSTILE, HOSTILE]);
            server.account(HOSTILE, &[device.role], &["north"], 0)?;
            people.push(HOSTILE.to_owned());
        }
        server.seed_work(&work)?;
        let network = Network::new(server, executor.time.clone(), rng.fork(2), story.clone());
        let mut world = Self {
            executor,
            network: Rc::new(network),
            devices: Vec::new(),
            diary: Rc::new(diary),
            people: Rc::new(people),
            story,
            excuses: Excuses::default(),
            hostile,
            bystanders: Bystanders::of(schedule),
            broken: Vec::new(),
            delay: None,
            witness: Rc::default(),
        };
        for number in 0..rng.between(2, 4) as usize {
            let user = honest[number % honest.len()];
            let rng = rng.fork(100 + number as u64);
            let device = Device::new(number, user, &world.network, &world.witness, rng, &world.story);
            world.devices.push(device);
            world.reopen_all(number);
        }
        world.begin_with_wrong_clocks();
        Ok(world)
    }

    /// Plays the events of the schedule, lets everybody settle, and says which promises were broken.
    pub fn play(mut self, schedule: &Schedule) -> Outcome {
        let mut events = 0;
        while events < schedule.events && self.broken.is_empty() {
            let rng = event_rng(schedule.seed, events);
            let pause = if rng.chance(20) {
                3_600_000
            } else {
                rng.below(20_000)
            };
            self.pass(pause);
            if !schedule.left_out.contains(&events) {
                self.happen(&rng);
                self.attack(&attack_rng(schedule.seed, events));
                self.look_on(&bystander_rng(schedule.seed, events));
            }
            events += 1;
        }
        if self.broken.is_empty() {
            self.settle(schedule.seed);
        }
        Outcome {
            steps: self.executor.steps,
            broken: self.broken,
            delay: self.delay,
            events,
            story: self.story.lines(),
        }
    }

    /// Lets time pass, step by step; stops where a promise is broken.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        let end = self.executor.time.now() + milliseconds;
        while self.broken.is_empty() && self.executor.turn(end) {
            self.observe();
        }
        self.network.deliver_stragglers();
    }

    /// Looks at what the last step did.
    fn observe(&mut self) {
        let (commits, pushes) = self.witness.news();
        let server = self.network.server.borrow();
        for commit in &commits {
            let device = &self.devices[commit.device];
            let chosen = self.diary.chosen_by(commit);
            if !commit.writes.is_empty() {
                self.diary.sees(commit, &device.replica());
            }
            self.diary.committed(commit);
            if !chosen.is_empty() {
                self.broken.extend(invariants::as_chosen(device, &chosen));
            }
            if commit.pulled {
                self.broken.extend(invariants::after_commit(device, &server));
            }
        }
        for push in &pushes {
            let device = &self.devices[push.device];
            let sent = invariants::as_sent(device, &push.queue_ids, &self.diary);
            self.broken.extend(sent);
        }
        drop(server);
        for device in &mut self.devices {
            for at in device.struck() {
                device.crash_context(at, &mut self.executor);
                device.contexts[at].doom.lift();
            }
        }
    }
}

/// The hostile device of a run, if there is one; drawn apart, so that the rest of the run draws what it draws without.
fn hostile_device(schedule: &Schedule) -> Option<HostileDevice> {
    let rng = Seeded::new(schedule.seed ^ 0x484F_5354_494C_4531);
    let drawn = rng.below(3) == 0;
    let role = *rng.pick(&["technician", "technician", "recorder"])?;
    schedule.hostile.is_there(drawn).then(|| HostileDevice::new(role))
}

/// Draws for the hostile device's turn after an event.
fn attack_rng(seed: u64, event: u64) -> Seeded {
    event_rng(seed ^ 0x5455_524E, event)
}

/// Draws for those who stand beside, after an event.
fn bystander_rng(seed: u64, event: u64) -> Seeded {
    event_rng(seed ^ 0x4259_5354, event)
}

/// Draws for one event of a run.
pub(crate) fn event_rng(seed: u64, event: u64) -> Seeded {
    let mixed = Seeded::new(seed ^ event.wrapping_mul(0xA076_1D64_78BD_642F));
    Seeded::new(mixed.next_u64())
}
