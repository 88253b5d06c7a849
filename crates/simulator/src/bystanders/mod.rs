//! Who is beside the devices: readers of the change log, a client of the REST endpoints, and whoever sets the clocks.
//!
//! Readers store nothing, and are in every world. The client and the clocks change what others meet, and are there in some
//! worlds only; what they do is drawn from generators of their own.

mod integration;
mod reader;

use holdfast_core::protocol::Me;
use holdfast_server::sync::{Caller, scopes_of};

use crate::{
    device::Device, invariants::Broken, network::Network, rng::Seeded, run::Schedule, server::Server,
    world::World,
};
use integration::Integration;
use reader::{Form, Reader};

/// One reader, or the client, takes a turn after so many of a thousand events.
const EAGERNESS: u64 = 350;
/// A clock is set after so many of a thousand events.
const SETTING: u64 = 150;
/// Worlds with a client, or with clocks that are set: one of so many.
const ONE_OF: u64 = 4;
const DAY_MS: i64 = 86_400_000;
/// A device's clock jumps by more than it keeps finished work: that goes by the server's clock alone.
const JUMP_MS: i64 = 400 * DAY_MS;

#[derive(Debug)]
pub(crate) struct Bystanders {
    /// Whether clocks are set.
    pub clocks: bool,
    readers: Vec<Reader>,
    integration: Option<Integration>,
}

impl Bystanders {
    pub fn of(schedule: &Schedule) -> Self {
        let rng = Seeded::new(schedule.seed ^ 0x424F_4F4B_5345_4C46);
        let (clocks, client) = (rng.below(ONE_OF) == 0, rng.below(ONE_OF) == 0);
        Self {
            clocks: schedule.clocks.is_there(clocks),
            readers: vec![Reader::new(Form::Time), Reader::new(Form::Cursor)],
            integration: schedule.integration.is_there(client).then(Integration::default),
        }
    }

    /// What is promised to them, when nothing moves any more.
    pub fn at_rest(&mut self, network: &Network) -> Vec<Broken> {
        let server = network.server.borrow();
        let now = network.time.now();
        let of = |reader: &mut Reader| reader.catch_up(&server, now);
        self.readers.iter_mut().flat_map(of).collect()
    }
}

impl World {
    /// Sets the devices' clocks wrong before anything happens, if they are to be.
    pub(crate) fn begin_with_wrong_clocks(&self) {
        for device in self.devices.iter().filter(|_| self.bystanders.clocks) {
            device.set_clock(years_off(device.number));
        }
    }

    /// They look on after an event, and act.
    pub(crate) fn look_on(&mut self, rng: &Seeded) {
        let now = self.network.time.now();
        let mut server = self.network.server.borrow_mut();
        let up = server.up;
        for reader in &mut self.bystanders.readers {
            if up && rng.chance(EAGERNESS) {
                reader.poll(&server, rng, now);
            }
        }
        let rng = rng.fork(1);
        if let Some(client) = self.bystanders.integration.as_mut().filter(|_| up)
            && rng.chance(EAGERNESS)
        {
            let text = || self.diary.text();
            let broken = client.turn(&mut server, &rng, text, now, &self.story);
            self.broken.extend(broken);
        }
        drop(server);
        let rng = rng.fork(2);
        if self.bystanders.clocks && rng.chance(SETTING) {
            self.set_a_clock(&rng);
        }
    }

    /// The server's clock, by up to a day; or a device's, by up to 400 days around the year that it is off by.
    fn set_a_clock(&self, rng: &Seeded) {
        let off = |most: i64| rng.below(2 * most as u64) as i64 - most;
        if rng.chance(500) {
            let most = *rng.pick(&[0, 60_000, 3_600_000, DAY_MS]).unwrap_or(&0);
            let clock_ms = if most == 0 { 0 } else { off(most) };
            self.network.server.borrow_mut().clock_ms = clock_ms;
            self.devices.iter().for_each(Device::clocks_differ);
            self.story
                .tell("server", || format!("has its clock set to {clock_ms} ms off"));
        } else if let Some(device) = rng.pick(&self.devices) {
            let skew_ms = years_off(device.number) + off(JUMP_MS);
            device.set_clock(skew_ms);
            let name = &device.link.name;
            self.story
                .tell(name, || format!("has its clock set to {skew_ms} ms off"));
        }
    }
}

/// How far a device's clock is off in a world of wrong clocks: one is right, one a year behind, one a year ahead.
fn years_off(device: usize) -> i64 {
    [-365, 365, 0][device % 3] * DAY_MS
}

/// A supervisor of all sites on a device that is none of the run's; no account that anybody changes.
fn caller(server: &Server, user: &str) -> Caller {
    let roles = vec!["supervisor".to_owned()];
    let me = Me {
        user_id: user.to_owned(),
        username: user.to_owned(),
        display_name: user.to_owned(),
        scopes: scopes_of(&server.packs, &roles),
        roles,
        sites: ["north", "south"].map(str::to_owned).to_vec(),
        device: None,
    };
    Caller {
        me,
        device_id: format!("{user}-device"),
    }
}
