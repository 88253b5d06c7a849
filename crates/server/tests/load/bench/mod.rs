//! How long honest devices wait: alone, and beside a neighbour who does the worst that an account may do.
//!
//! Devices, neighbour and server share the machine, so what the neighbour's own requests cost counts as well.

mod attacks;
mod honest;
mod neighbour;
mod populate;
mod table;

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::process::Place;
use crate::session::{Address, Session};
use attacks::Attack;
use honest::{Device, Waits};
use neighbour::{Answers, Neighbour};

/// Whose devices are measured.
const PEOPLE: [&str; 3] = ["technician", "supervisor", "admin"];

/// The neighbour's account: it may read everything, so its requests cost the most.
const NEIGHBOUR: &str = "mal";

/// How long to measure, over how many records, and which attacks to make.
#[derive(Debug)]
pub struct Plan {
    pub each_phase: Duration,
    pub records: usize,
    pub seed: u64,
    pub attacks: Vec<Attack>,
}

impl Plan {
    pub fn from_environment() -> Self {
        let number = |name: &str, otherwise: u64| {
            let text = env::var(name).ok();
            text.map_or(otherwise, |text| text.parse().unwrap())
        };
        let only = env::var("HOLDFAST_ATTACK").ok();
        let chosen = |attack: &Attack| only.as_deref().is_none_or(|only| only == attack.name());
        let attacks: Vec<Attack> = Attack::ALL
            .iter()
            .copied()
            .filter(|attack| chosen(attack))
            .collect();
        assert!(!attacks.is_empty(), "no attack has the name {only:?}");
        Self {
            each_phase: Duration::from_secs(number("HOLDFAST_SECONDS", 3)),
            records: number("HOLDFAST_RECORDS", 400) as usize,
            seed: number("HOLDFAST_SEED", 1),
            attacks,
        }
    }
}

/// What was measured.
#[derive(Debug)]
pub struct Outcome {
    pub alone: Waits,
    pub beside: Waits,
    pub neighbour: Answers,
}

/// Fills a server, and measures twice.
pub async fn measure(plan: &Plan) -> Outcome {
    let place = Place::new();
    let process = place.start();
    place.add_account(NEIGHBOUR, "admin");
    let (_moved, address) = watch::channel(process.address.clone());
    let records = populate::fill(&address, plan.records).await;
    let mut devices = Vec::new();
    for user in PEOPLE {
        devices.push(Device::open(&address, user).await);
    }
    let alone = phase(&mut devices, plan.each_phase).await;
    let mut sessions = Vec::new();
    for _ in 0..neighbour::DEVICES {
        sessions.push(Session::open(&address, NEIGHBOUR).await);
    }
    let neighbour = Neighbour::begin(sessions, records, plan);
    let beside = phase(&mut devices, plan.each_phase).await;
    let neighbour = neighbour.end().await;
    process.kill();
    println!("{}", place.verify_audit());
    Outcome {
        alone,
        beside,
        neighbour,
    }
}

/// Lets all devices work side by side for a while.
async fn phase(devices: &mut Vec<Device>, time: Duration) -> Waits {
    let stop = Arc::new(AtomicBool::new(false));
    let working: Vec<_> = devices
        .drain(..)
        .map(|device| tokio::spawn(device.work(stop.clone())))
        .collect();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut all = Waits::default();
    for device in working {
        let (device, waits) = device.await.unwrap();
        devices.push(device);
        all.add(waits);
    }
    all
}
