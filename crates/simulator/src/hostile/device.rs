//! The hostile device in a simulated world: its session, its turns, and what is checked after each of its requests.

use holdfast_core::{
    ports::{Body, Method, Request},
    protocol::PushRequest,
};
use serde_json::Value;

use super::{Attack, Foreign, Knowledge, Reach, Verb, attack};
use crate::{
    invariants::{self, Broken, hostile},
    network::Network,
    rng::Seeded,
    server::{HOSTILE, Server, sessions},
    world::World,
};

/// It takes a turn after so many of a thousand events.
const EAGERNESS: u64 = 400;
/// Requests of one turn at most.
const REQUESTS: u64 = 5;
/// What it got hold of: so many of each kind, anew each turn.
const STOLEN: usize = 12;
/// Shorter than an access token lives.
const SESSION_MS: u64 = 120_000;

#[derive(Debug)]
pub(crate) struct HostileDevice {
    /// What it is when nobody takes it away.
    pub role: &'static str,
    known: Knowledge,
    entitled: hostile::Entitled,
    token: Option<String>,
    cookie: Option<String>,
    signed_in_at: u64,
}

impl HostileDevice {
    pub fn new(role: &'static str) -> Self {
        Self {
            role,
            known: Knowledge::new(HOSTILE, ""),
            entitled: hostile::Entitled::default(),
            token: None,
            cookie: None,
            signed_in_at: 0,
        }
    }

    /// A few requests, one after the other, each judged as soon as it is answered.
    fn turn(&mut self, rng: &Seeded, network: &Network, foreign: Foreign) -> Vec<Broken> {
        self.known.foreign = foreign;
        let mut broken = Vec::new();
        let now = network.time.now();
        let mut server = network.server.borrow_mut();
        if !self.sign_in(&mut server, now) {
            return broken;
        }
        for _ in 0..rng.between(1, REQUESTS) {
            let sent = attack(rng, &server.packs, &mut self.known, Reach::Sync);
            let before = hostile::before(&server, &mut self.entitled);
            let response = server.handle(&self.request(&sent), None, now).response;
            network.story.tell(HOSTILE, || {
                let start: String = response.body.chars().take(160).collect();
                format!(
                    "sends {} {} -> {} {start}",
                    sent.name,
                    shown(&sent),
                    response.status
                )
            });
            let answered = hostile::Answered {
                status: response.status,
                body: &response.body,
                batch: sent
                    .body
                    .as_deref()
                    .and_then(|body| serde_json::from_str::<PushRequest>(body).ok()),
            };
            broken.extend(hostile::after(&server, &mut self.entitled, &before, &answered));
            broken.extend(invariants::at_the_door(&server));
            self.known.learn(&server.packs, &response.body);
        }
        broken
    }

    /// Whether it has a session: its own password is no secret to it.
    fn sign_in(&mut self, server: &mut Server, now: u64) -> bool {
        if self.token.is_some() && now < self.signed_in_at + SESSION_MS {
            return true;
        }
        let Some(code) = server.sessions.authorize(HOSTILE, now) else {
            return false;
        };
        let device = Some(self.known.device.as_str()).filter(|device| !device.is_empty());
        let request = Request {
            method: Method::Post,
            path: "/oauth/token".to_owned(),
            bearer: None,
            body: Some(Body::Form(sessions::code_form(&code, device))),
        };
        let answered = server.handle(&request, self.cookie.as_deref(), now);
        let answer: Value = serde_json::from_str(&answered.response.body).unwrap_or_default();
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let Some((token, device)) = text("access_token").zip(text("device_id")) else {
            return false;
        };
        self.cookie = answered.cookie;
        (self.token, self.known.device, self.signed_in_at) = (Some(token), device, now);
        true
    }

    fn request(&self, sent: &Attack) -> Request {
        Request {
            method: match sent.verb {
                Verb::Get => Method::Get,
                Verb::Post | Verb::Patch => Method::Post,
                Verb::Delete => Method::Delete,
            },
            path: sent.path.clone(),
            bearer: self.token.clone(),
            body: sent.body.clone().map(Body::Json),
        }
    }
}

fn shown(sent: &Attack) -> String {
    let body = sent.body.as_deref().unwrap_or_default();
    let start: String = body.chars().take(1_500).collect();
    format!("{} {start}", sent.path)
}

impl World {
    /// The hostile device's turn, if there is one and it takes it.
    pub(crate) fn attack(&mut self, rng: &Seeded) {
        let up = self.network.server.borrow().up;
        let Some(mut device) = self.hostile.take() else {
            return;
        };
        if up && rng.chance(EAGERNESS) {
            let foreign = self.stolen(rng);
            let broken = device.turn(rng, &self.network, foreign);
            self.broken.extend(broken);
        }
        self.hostile = Some(device);
    }

    /// What of the honest devices' it got hold of.
    fn stolen(&self, rng: &Seeded) -> Foreign {
        let mut foreign = Foreign {
            users: self
                .people
                .iter()
                .filter(|user| *user != HOSTILE)
                .cloned()
                .collect(),
            devices: vec!["office".to_owned()],
            ..Foreign::default()
        };
        for device in &self.devices {
            let replica = device.replica();
            foreign
                .cursors
                .extend(replica.cursor().map(|row| row.cursor.clone()));
            foreign
                .devices
                .extend(replica.device().map(|row| row.device_id.clone()));
        }
        let writes = self.diary.writes();
        let from = rng.below(writes.len() as u64) as usize;
        for known in writes.values().skip(from).take(STOLEN) {
            foreign.keys.push(known.write.client_mutation_id.clone());
            foreign.ids.push(known.write.entity_id.clone());
        }
        foreign
            .ids
            .push("00000000-0000-4000-8000-000000000000".to_owned());
        foreign
    }
}
