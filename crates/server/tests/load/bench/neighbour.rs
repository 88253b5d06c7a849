//! The hostile neighbour: one account, several devices, and as many requests at once as their connections carry.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use holdfast_simulator::rng::Seeded;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::Plan;
use super::attacks::{Ammunition, Attack, Sent};
use super::populate::Records;
use crate::session::Session;

/// Devices that it signed in.
pub const DEVICES: usize = 4;

/// Requests that each of its devices has open at once. Together they are more than the server works on for one user.
const AT_ONCE: usize = 6;

/// How often each attack was answered how; 0 stands for no answer.
pub type Answers = BTreeMap<&'static str, BTreeMap<u16, usize>>;

/// It has threads of its own: what it sends costs the measured devices no more than the machine they share.
pub struct Neighbour {
    runtime: Runtime,
    stop: Arc<AtomicBool>,
    attacking: Vec<JoinHandle<Answers>>,
}

impl Neighbour {
    /// Attacks from now on.
    pub fn begin(sessions: Vec<Session>, records: Records, plan: &Plan) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let ammunition = Arc::new(Ammunition::new(records));
        let attacks: Arc<[Attack]> = plan.attacks.as_slice().into();
        let mut attacking = Vec::new();
        for (device, session) in sessions.into_iter().enumerate() {
            let session = Arc::new(session);
            for connection in 0..AT_ONCE {
                let number = (device * AT_ONCE + connection) as u64;
                let one = Connection {
                    session: session.clone(),
                    ammunition: ammunition.clone(),
                    attacks: attacks.clone(),
                    rng: Seeded::new(plan.seed * 1_000 + number),
                    cursor: None,
                };
                attacking.push(runtime.spawn(one.run(stop.clone())));
            }
        }
        Self {
            runtime,
            stop,
            attacking,
        }
    }

    pub async fn end(self) -> Answers {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Answers::new();
        for connection in self.attacking {
            for (attack, statuses) in connection.await.unwrap() {
                let counted = all.entry(attack).or_default();
                for (status, count) in statuses {
                    *counted.entry(status).or_default() += count;
                }
            }
        }
        self.runtime.shutdown_background();
        all
    }
}

/// One connection: a request after the other, without a pause.
struct Connection {
    session: Arc<Session>,
    ammunition: Arc<Ammunition>,
    attacks: Arc<[Attack]>,
    rng: Seeded,
    cursor: Option<String>,
}

impl Connection {
    async fn run(mut self, stop: Arc<AtomicBool>) -> Answers {
        let mut answers = Answers::new();
        while !stop.load(Ordering::Relaxed) {
            let attack = *self.rng.pick(&self.attacks).unwrap();
            let status = self.send(attack).await;
            let counted = answers.entry(attack.name()).or_default();
            *counted.entry(status).or_default() += 1;
        }
        answers
    }

    /// The answer's status; 0, if there was none.
    async fn send(&mut self, attack: Attack) -> u16 {
        let sent = self
            .ammunition
            .load(attack, &self.rng, &self.session.device, self.cursor.as_deref());
        let Sent::Request { method, path, body } = sent else {
            return self
                .session
                .guess_password()
                .await
                .map_or(0, |status| status.as_u16());
        };
        let answer = self.session.raw(method, &path, body).await;
        answer.map_or(0, |(status, text)| {
            if let Some(cursor) = cursor_of(&text) {
                self.cursor = Some(cursor);
            }
            status.as_u16()
        })
    }
}

/// The cursor of a delta, without reading all of it.
fn cursor_of(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("\"cursor\":\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}
