//! One run: a few people on a few devices, a server, and what befalls them.

use std::{cell::RefCell, rc::Rc};

use holdfast_core::{
    pack::Packs,
    ports::{Body, Method, Request},
};
use serde_json::json;

use crate::{
    actions::Person,
    device::Device,
    diary::Diary,
    executor::Executor,
    faults::Weather,
    invariants::{self, Broken},
    network::Network,
    rng::Seeded,
    server::{Server, pack},
    story::Story,
};

/// How a run came out.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    /// Polls of tasks: what the run cost.
    pub steps: u64,
    pub broken: Vec<Broken>,
    /// Told only if asked for.
    pub story: Vec<String>,
}

/// How much happens in a run.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Things that happen before the faults stop.
    pub events: u64,
}

impl Size {
    pub const SMALL: Self = Self { events: 80 };
    pub const LARGE: Self = Self { events: 400 };
}

/// Rounds of everybody syncing after which all queues must be empty.
const SETTLING_ROUNDS: usize = 60;

/// What could not even begin: a fault of the simulator itself.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    #[error("the simulator's pack does not load: {0}")]
    Pack(String),
    #[error("the server's storage failed: {0}")]
    Storage(#[from] holdfast_server::storage::port::StorageError),
}

/// Plays the run of a seed; `told` keeps its story.
pub fn run(seed: u64, size: Size, told: bool) -> Result<Outcome, SetUpError> {
    let mut world = World::new(seed, told)?;
    let mut broken = Vec::new();
    for _ in 0..size.events {
        let pause = if world.rng.chance(20) {
            3_600_000
        } else {
            world.rng.below(20_000)
        };
        world.pass(pause);
        world.happen();
        if world.rng.chance(50) {
            broken.extend(invariants::at_any_time(&world.devices, &world.network));
        }
        if !broken.is_empty() {
            break;
        }
    }
    if broken.is_empty() {
        broken.extend(world.settle());
    }
    let steps = world.executor.steps;
    Ok(Outcome {
        seed,
        steps,
        broken,
        story: world.story.lines(),
    })
}

pub struct World {
    executor: Executor,
    network: Rc<Network>,
    devices: Vec<Device>,
    diary: Rc<Diary>,
    people: Rc<Vec<String>>,
    rng: Seeded,
    story: Story,
    restored: RefCell<bool>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("devices", &self.devices.len())
            .finish_non_exhaustive()
    }
}

impl World {
    fn new(seed: u64, told: bool) -> Result<Self, SetUpError> {
        let rng = Seeded::new(seed);
        let executor = Executor::default();
        let story = Story::new(executor.time.clone(), told);
        let pack = pack().map_err(|error| SetUpError::Pack(error.to_string()))?;
        let packs = Packs::new(vec![pack]).map_err(|error| SetUpError::Pack(error.to_string()))?;
        let mut server = Server::new(packs, rng.fork(1));
        server.page = rng.between(1, 12) as usize;
        let people = ["tim", "tess", "sue"];
        for (user, role) in people.iter().zip(["technician", "technician", "supervisor"]) {
            server.account(user, &[role], &["north", "south"], 0)?;
        }
        server.seed_work(&["tim", "tess", "tim"])?;
        let network = Rc::new(Network::new(
            server,
            executor.time.clone(),
            rng.fork(2),
            story.clone(),
        ));
        let mut world = Self {
            executor,
            devices: Vec::new(),
            diary: Rc::default(),
            people: Rc::new(people.map(str::to_owned).to_vec()),
            rng: rng.fork(3),
            story,
            restored: RefCell::new(false),
            network,
        };
        for number in 0..world.rng.between(2, 4) as usize {
            let user = world.people[number % people.len()].clone();
            let device = Device::new(
                number,
                &user,
                &world.network,
                rng.fork(100 + number as u64),
                &world.story,
            );
            world
                .network
                .server
                .borrow_mut()
                .sign_in(&device.link.device_id.borrow(), &user);
            world.devices.push(device);
            for at in 0..world.devices[number].contexts.len() {
                world.devices[number].open_context(at, &mut world.executor);
            }
        }
        Ok(world)
    }

    fn pass(&mut self, milliseconds: u64) {
        self.executor.run_for(milliseconds);
        self.network.deliver_stragglers();
    }

    /// One thing happens: mostly somebody works; sometimes something goes wrong, and what went wrong gets well again.
    fn happen(&mut self) {
        if self.rng.chance(200) {
            self.recover();
        }
        let Some(number) = self
            .rng
            .pick(&(0..self.devices.len()).collect::<Vec<_>>())
            .copied()
        else {
            return;
        };
        match self.rng.below(1_000) {
            0..650 => self.work(number),
            650..740 => self.change_weather(number),
            740..800 => self.crash(number),
            800..860 => self.reopen_all(number),
            860..890 => self.toggle_server(),
            890..915 => self.back_up_or_restore(),
            915..935 => self.end_session(number),
            935..955 => self.change_account(),
            955..975 => self.set_clock(number),
            975..982 => self.wipe(number),
            _ => self.deliver_old_push(number),
        }
    }

    fn work(&mut self, number: usize) {
        let device = &mut self.devices[number];
        let at = self.rng.below(device.contexts.len() as u64) as usize;
        let Some(engine) = device.contexts[at].engine.borrow().clone() else {
            return;
        };
        let person = Person {
            engine,
            device: number,
            name: device.link.name.clone(),
            bell: device.contexts[at].bell.clone(),
            time: self.executor.time.clone(),
            rng: self.rng.fork(self.executor.time.now()),
            diary: Rc::clone(&self.diary),
            story: self.story.clone(),
            people: Rc::clone(&self.people),
        };
        person.begin(device, at, &mut self.executor);
    }

    fn change_weather(&mut self, number: usize) {
        let link = &self.devices[number].link;
        match self.rng.below(4) {
            0 => link.captive.set(!link.captive.get()),
            1 | 2 => link.online.set(!link.online.get()),
            _ => self.network.weather.set(Weather::any(&self.rng)),
        }
        self.tell_platform(number);
        let (online, captive) = (link.online.get(), link.captive.get());
        let weather = self.network.weather.get();
        self.story.tell(&link.name, || {
            format!("online {online}, captive {captive}; all: {weather:?}")
        });
    }

    /// The platform's online and offline events reach the contexts, or do not.
    fn tell_platform(&self, number: usize) {
        let device = &self.devices[number];
        for context in device.contexts.iter().filter(|_| self.rng.chance(700)) {
            let Some(engine) = context.engine.borrow().clone() else {
                continue;
            };
            if device.link.online.get() {
                engine.came_online();
                context.bell.ring();
            } else {
                engine.went_offline();
            }
        }
    }

    /// What is down comes up: outages are long enough to matter, and most of a run is work.
    fn recover(&mut self) {
        self.network.server.borrow_mut().up = true;
        for number in (0..self.devices.len())
            .filter(|_| self.rng.chance(500))
            .collect::<Vec<_>>()
        {
            let link = &self.devices[number].link;
            let was_away = !link.online.replace(true) | link.captive.replace(false);
            if was_away {
                self.tell_platform(number);
            }
            self.reopen_all(number);
        }
    }

    fn crash(&mut self, number: usize) {
        let device = &mut self.devices[number];
        let at = self.rng.below(device.contexts.len() as u64) as usize;
        device.crash_context(at, &mut self.executor);
    }

    fn reopen_all(&mut self, number: usize) {
        let device = &mut self.devices[number];
        for at in 0..device.contexts.len() {
            if !device.is_alive(at) {
                device.open_context(at, &mut self.executor);
            }
        }
    }

    fn toggle_server(&self) {
        let mut server = self.network.server.borrow_mut();
        server.up = !server.up;
        self.story
            .tell("server", || if server.up { "comes up" } else { "goes down" });
    }

    fn back_up_or_restore(&self) {
        let mut server = self.network.server.borrow_mut();
        if self.rng.chance(700) {
            server.back_up();
            self.story.tell("server", || "is backed up");
        } else if server.restore().is_ok_and(|restored| restored) {
            *self.restored.borrow_mut() = true;
            self.story.tell("server", || "is restored from a backup");
        }
    }

    fn end_session(&self, number: usize) {
        let link = &self.devices[number].link;
        self.network.server.borrow_mut().revoke(&link.device_id.borrow());
        self.story.tell(&link.name, || "has its session revoked");
    }

    fn change_account(&self) {
        let now = self.executor.time.now();
        let Some(user) = self.rng.pick(&self.people) else {
            return;
        };
        let usual = if user == "sue" { "supervisor" } else { "technician" };
        let role = if self.rng.chance(300) { "reader" } else { usual };
        let sites: &[&str] = if self.rng.chance(500) {
            &["north", "south"]
        } else {
            &["north"]
        };
        let changed = self
            .network
            .server
            .borrow_mut()
            .account(user, &[role], sites, now);
        self.story.tell(user, || {
            format!("is {role} of {sites:?} now: {}", changed.is_ok())
        });
    }

    fn set_clock(&self, number: usize) {
        let device = &self.devices[number];
        let skew = self.rng.between(0, 200_000_000) as i64 - 100_000_000;
        device.skew_ms.set(skew);
        self.story.tell(&device.link.name, || {
            format!("has its clock set to {skew} ms off")
        });
    }

    fn wipe(&mut self, number: usize) {
        let keep_cookie = self.rng.chance(500);
        let device = &mut self.devices[number];
        device.wipe(keep_cookie, &mut self.executor, &self.diary);
        let (id, user) = (device.link.device_id.borrow().clone(), device.user.clone());
        self.network.server.borrow_mut().sign_in(&id, &user);
        self.reopen_all(number);
    }

    /// Something asks for health out of turn: a monitor, a proxy. It must change nothing.
    fn deliver_old_push(&self, number: usize) {
        let request = Request {
            method: Method::Post,
            path: "/api/v1/sync/push".into(),
            bearer: Some("forged".into()),
            body: Some(Body::Json(
                json!({ "deviceId": "x", "operations": [] }).to_string(),
            )),
        };
        let device_id = self.devices[number].link.device_id.borrow().clone();
        let now = self.executor.time.now();
        let answer = self.network.server.borrow_mut().handle(&request, &device_id, now);
        self.story.tell("network", || {
            format!("a push with a forged token: {}", answer.status)
        });
    }

    /// The faults stop, everybody comes back and syncs until nothing moves any more; then the promises are checked.
    fn settle(&mut self) -> Vec<Broken> {
        self.story.tell("world", || "the faults stop");
        self.network.weather.set(Weather::FINE);
        self.network.server.borrow_mut().up = true;
        self.network.server.borrow().storage.fail_after(u64::MAX);
        for number in 0..self.devices.len() {
            let device = &self.devices[number];
            device.link.online.set(true);
            device.link.captive.set(false);
            let id = device.link.device_id.borrow().clone();
            self.network.server.borrow_mut().sign_in(&id, &device.user);
            (0..device.contexts.len())
                .for_each(|at| self.devices[number].crash_context(at, &mut self.executor));
            self.reopen_all(number);
        }
        for _ in 0..SETTLING_ROUNDS {
            self.pass(200_000);
            if invariants::is_quiet(&self.devices, &self.network) {
                return invariants::at_rest(
                    &self.devices,
                    &self.network,
                    &self.diary,
                    *self.restored.borrow(),
                );
            }
        }
        let mut broken = vec![Broken::new(
            "queues drain",
            "devices still had work after the faults had stopped",
        )];
        broken.extend(invariants::what_moves(&self.devices, &self.network));
        broken
    }
}
