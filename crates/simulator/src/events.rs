//! What befalls the people of a run, one thing at a time. Each event draws from a generator of its own, so that leaving
//! one out leaves the others what they were.

use crate::{
    actions::Person,
    faults::Weather,
    link::{Dialect, Way},
    rng::Seeded,
    server::{AMENDMENTS, HOSTILE, sessions},
    store::Boundary,
    world::World,
};

const DAY_MS: u64 = 86_400_000;

impl World {
    /// One thing happens: mostly somebody works; sometimes something goes wrong, and what went wrong gets well again.
    pub(crate) fn happen(&mut self, rng: &Seeded) {
        if rng.chance(200) {
            self.recover(rng);
        }
        let number = rng.below(self.devices.len() as u64) as usize;
        match rng.below(1_000) {
            0..640 => self.work(number, rng),
            640..720 => self.change_weather(number, rng),
            720..760 => self.crash(number, rng),
            760..800 => self.doom(number, rng),
            800..830 => self.put_to_sleep(number, rng),
            830..870 => self.reopen_all(number),
            870..890 => self.toggle_server(),
            890..912 => self.back_up_or_restore(rng),
            912..930 => self.end_session(number),
            930..948 => self.change_account(rng),
            948..962 => self.set_clock(number, rng),
            962..972 => self.kill_browser(number),
            972..978 => self.wipe(number, rng),
            978..990 => self.upgrade_pack(rng),
            990..993 => self.be_away_for_a_week(),
            _ => self.forge_a_push(),
        }
    }

    fn work(&mut self, number: usize, rng: &Seeded) {
        let device = &mut self.devices[number];
        let at = rng.below(device.contexts.len() as u64) as usize;
        let Some(engine) = device.contexts[at].engine.borrow().clone() else {
            return;
        };
        let person = Person {
            engine,
            name: device.link.name.clone(),
            tells_what_was_seen: device.link.dialect == Dialect::Present,
            bell: device.contexts[at].bell.clone(),
            time: self.executor.time.clone(),
            rng: rng.fork(1),
            diary: self.diary.clone(),
            story: self.story.clone(),
            people: self.people.clone(),
            clocks: self.bystanders.clocks.then(|| device.server_clock()),
        };
        person.begin(device, at, &mut self.executor);
    }

    fn change_weather(&mut self, number: usize, rng: &Seeded) {
        let link = &self.devices[number].link;
        match rng.below(6) {
            0 => link.way.set(Way::Captive),
            1 => link.way.set(Way::Deaf),
            2 => link.way.set(Way::Mute),
            3 => link
                .way
                .set(if link.is_open() { Way::Offline } else { Way::Open }),
            _ => self.network.weather.set(Weather::any(rng)),
        }
        self.tell_platform(number, rng);
        let (way, weather) = (link.way.get(), self.network.weather.get());
        self.story.tell(&link.name, || {
            format!(
                "way {way:?}; all: {} of 1,000 requests meet a fault",
                weather.faults
            )
        });
    }

    /// The platform's online and offline events reach the contexts, or do not.
    fn tell_platform(&self, number: usize, rng: &Seeded) {
        let device = &self.devices[number];
        for context in device.contexts.iter().filter(|_| rng.chance(700)) {
            let Some(engine) = context.engine.borrow().clone() else {
                continue;
            };
            if device.link.way.get() == Way::Offline {
                engine.went_offline();
            } else {
                engine.came_online();
                context.bell.ring();
            }
        }
    }

    /// What is down comes up: outages are long enough to matter, and most of a run is work.
    fn recover(&mut self, rng: &Seeded) {
        // Nothing fails a start: what cannot be stored now is stored by the first request.
        let _ = self.network.server.borrow_mut().start();
        for number in 0..self.devices.len() {
            if rng.chance(500) {
                let was = self.devices[number].link.way.replace(Way::Open);
                if was != Way::Open {
                    self.tell_platform(number, rng);
                }
                self.reopen_all(number);
            }
        }
    }

    fn crash(&mut self, number: usize, rng: &Seeded) {
        let device = &mut self.devices[number];
        let at = rng.below(device.contexts.len() as u64) as usize;
        device.crash_context(at, &mut self.executor);
    }

    fn kill_browser(&mut self, number: usize) {
        self.excuses.cookie_lost = true;
        self.devices[number].kill_browser(&mut self.executor);
    }

    /// A context is to die at one side of one of its next commits.
    fn doom(&self, number: usize, rng: &Seeded) {
        let device = &self.devices[number];
        let at = rng.below(device.contexts.len() as u64) as usize;
        let boundary = if rng.chance(500) {
            Boundary::Before
        } else {
            Boundary::After
        };
        device.doom_context(at, rng.below(6), boundary);
    }

    fn put_to_sleep(&mut self, number: usize, rng: &Seeded) {
        let device = &mut self.devices[number];
        let at = rng.below(device.contexts.len() as u64) as usize;
        if device.is_alive(at) {
            device.put_to_sleep(at, &mut self.executor);
        }
    }

    /// Every context of the device is open and awake.
    pub(crate) fn reopen_all(&mut self, number: usize) {
        let device = &mut self.devices[number];
        for at in 0..device.contexts.len() {
            device.wake(at, &mut self.executor);
            if !device.is_alive(at) {
                device.open_context(at, &mut self.executor);
            }
        }
    }

    fn toggle_server(&self) {
        let mut server = self.network.server.borrow_mut();
        if server.up {
            server.up = false;
        } else {
            // Nothing fails a start: what cannot be stored now is stored by the first request.
            let _ = server.start();
        }
        self.story
            .tell("server", || if server.up { "comes up" } else { "goes down" });
    }

    fn back_up_or_restore(&mut self, rng: &Seeded) {
        let mut server = self.network.server.borrow_mut();
        // Which record is meant after a loss is told by times: with clocks that are set, nobody can tell.
        if rng.chance(700) || self.bystanders.clocks {
            server.back_up();
            self.story.tell("server", || "is backed up");
        } else if server.restore().is_ok_and(|restored| restored) {
            self.excuses.restored = true;
            let kept = self.devices.iter().flat_map(|device| {
                let replica = device.replica();
                replica.writes().map(|write| write.id.clone()).collect::<Vec<_>>()
            });
            self.diary.restored(&kept.collect());
            self.story.tell("server", || "is restored from a backup");
        }
    }

    /// The device is signed out from elsewhere.
    fn end_session(&self, number: usize) {
        let device = &self.devices[number];
        let replica = device.replica();
        let Some(row) = replica.device() else { return };
        let now = self.executor.time.now();
        let server = self.network.server.borrow();
        let ended = sessions::revoke(&server.storage, &device.user, &row.device_id, now);
        self.story
            .tell(&device.link.name, || format!("has its session revoked: {ended}"));
    }

    fn change_account(&self, rng: &Seeded) {
        let now = self.executor.time.now();
        let Some(user) = rng.pick(&self.people) else {
            return;
        };
        let usual = match (user.as_str(), &self.hostile) {
            ("sue", _) => "supervisor",
            (HOSTILE, Some(device)) => device.role,
            _ => "technician",
        };
        let role = if rng.chance(300) { "reader" } else { usual };
        let sites: &[&str] = if rng.chance(500) {
            &["north", "south"]
        } else {
            &["north"]
        };
        let mut server = self.network.server.borrow_mut();
        let changed = server.account(user, &[role], sites, now);
        self.story.tell(user, || {
            format!("is {role} of {sites:?} now: {}", changed.is_ok())
        });
    }

    fn set_clock(&self, number: usize, rng: &Seeded) {
        let device = &self.devices[number];
        let skew = rng.between(0, 200_000_000) as i64 - 100_000_000;
        // There the clocks are set by others.
        if self.bystanders.clocks {
            return;
        }
        device.set_clock(skew);
        self.story.tell(&device.link.name, || {
            format!("has its clock set to {skew} ms off")
        });
    }

    fn wipe(&mut self, number: usize, rng: &Seeded) {
        let keep_cookie = rng.chance(500);
        self.devices[number].wipe(keep_cookie, &mut self.executor, &self.diary);
        self.reopen_all(number);
    }

    fn upgrade_pack(&self, rng: &Seeded) {
        let Some(amendment) = rng.pick(&AMENDMENTS) else {
            return;
        };
        let version = self.network.server.borrow_mut().upgrade(*amendment);
        self.story.tell("server", || {
            format!("has a new version of the pack ({amendment:?}): {version:?}")
        });
    }

    /// Nobody opens the app for seven days.
    fn be_away_for_a_week(&mut self) {
        self.story.tell("world", || "a week passes");
        for device in &mut self.devices {
            (0..device.contexts.len()).for_each(|at| device.crash_context(at, &mut self.executor));
        }
        self.pass(7 * DAY_MS);
        // Devices keep what was acknowledged for seven days: an older backup cannot be made good by them.
        self.network.server.borrow_mut().throw_away_backups();
        (0..self.devices.len()).for_each(|number| self.reopen_all(number));
    }

    /// Somebody without a session asks for something: it must change nothing.
    fn forge_a_push(&self) {
        let status = self.network.forged_push();
        self.story
            .tell("network", || format!("a push with a forged token: {status}"));
    }
}
