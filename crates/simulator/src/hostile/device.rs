//! The hostile device in a simulated world: its session, its turns, and what is checked after each of its requests.

use holdfast_core::{
    pack::Packs,
    ports::{Body, Method, Request},
    protocol::PushRequest,
    record::Operation,
};
use serde_json::Value;

use super::{Attack, Foreign, Knowledge, Reach, Verb, attack, impersonation, queries, rest};
use crate::{
    invariants::{self, Broken, hostile},
    network::Network,
    rng::Seeded,
    server::{HOSTILE, Server, rest::RestRequest, sessions},
    world::World,
};

/// It takes a turn after so many of a thousand events.
const EAGERNESS: u64 = 400;
/// It aims at others' ids, and the office works on its jobs, after so many of a thousand events.
const AIMING: u64 = 300;
/// Requests of one turn at most.
const REQUESTS: u64 = 5;
/// What it got hold of: so many of each kind, anew each turn.
const STOLEN: usize = 12;
/// Ids that it knows before the server gives them out.
const SOON: u64 = 3;
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

    /// Acts with its session, if it can sign in.
    fn act(
        &mut self,
        network: &Network,
        foreign: Foreign,
        work: impl FnOnce(&mut Self, &mut Server) -> Vec<Broken>,
    ) -> Vec<Broken> {
        self.known.foreign = foreign;
        let now = network.time.now();
        let mut server = network.server.borrow_mut();
        match self.sign_in(&mut server, now) {
            true => work(self, &mut server),
            false => Vec::new(),
        }
    }

    /// A few requests, one after the other, each judged as soon as it is answered.
    fn turn(
        &mut self,
        rng: &Seeded,
        network: &Network,
        foreign: Foreign,
        request: impl Fn(&Seeded, &Packs, &mut Knowledge) -> Attack,
    ) -> Vec<Broken> {
        self.act(network, foreign, |device, server| {
            let mut broken = Vec::new();
            for _ in 0..rng.between(1, REQUESTS) {
                let sent = request(rng, &server.packs, &mut device.known);
                broken.extend(device.send(&sent, server, network));
            }
            broken
        })
    }

    /// Takes others' ids for its own, or asks for a conflict; then looks what it is told.
    fn impersonate(&mut self, rng: &Seeded, network: &Network, foreign: Foreign) -> Vec<Broken> {
        self.act(network, foreign, |device, server| {
            let sent = impersonation::request(rng, &server.packs, &mut device.known);
            let mut broken = device.send(&sent, server, network);
            let pull = queries::look_around(rng, &device.known);
            broken.extend(device.send(&pull, server, network));
            broken
        })
    }

    fn send(&mut self, sent: &Attack, server: &mut Server, network: &Network) -> Vec<Broken> {
        let before = hostile::before(server, &mut self.entitled);
        let (status, body) = self.answer(sent, server, network.time.now());
        network.story.tell(HOSTILE, || {
            let start: String = body.chars().take(160).collect();
            format!("sends {} {} -> {status} {start}", sent.name, shown(sent))
        });
        let answered = hostile::Answered {
            status,
            body: &body,
            batch: sent
                .body
                .as_deref()
                .and_then(|body| serde_json::from_str::<PushRequest>(body).ok()),
        };
        let mut broken = hostile::after(server, &mut self.entitled, &before, &answered);
        broken.extend(invariants::at_the_door(server));
        self.known.learn(&server.packs, &body);
        broken
    }

    /// Status and body. What sync does not answer is plain REST.
    fn answer(&self, sent: &Attack, server: &mut Server, now: u64) -> (u16, String) {
        let by_sync = sent.path.starts_with("/api/v1/sync/");
        let caller = self.token.as_deref().filter(|_| !by_sync);
        let caller = caller.and_then(|token| sessions::caller(&server.storage, token, &server.packs, now));
        let Some(caller) = caller else {
            let response = server.handle(&self.request(sent), None, now).response;
            return (response.status, response.into_text());
        };
        let header = |name: &str| {
            let found = sent.headers.iter().find(|(named, _)| *named == name);
            found.map(|(_, value)| value.as_str())
        };
        let request = RestRequest {
            verb: sent.verb,
            path: &sent.path,
            if_match: header("if-match"),
            if_none_match: header("if-none-match"),
            key: header("idempotency-key"),
            body: sent.body.as_deref(),
        };
        let answer = server.rest(&caller, &request, now);
        (answer.status, answer.body.to_string())
    }

    /// Whether it has a session: its own password is no secret to it.
    fn sign_in(&mut self, server: &mut Server, now: u64) -> bool {
        if self.token.is_some() && now < self.signed_in_at + SESSION_MS {
            return true;
        }
        let Some(code) = server.sessions.authorize(&server.storage, HOSTILE, now) else {
            return false;
        };
        let device = Some(self.known.device.as_str()).filter(|device| !device.is_empty());
        let request = Request::form("/oauth/token", sessions::code_form(&code, device));
        let answered = server.handle(&request, self.cookie.as_deref(), now);
        let answer: Value = serde_json::from_slice(&answered.response.body).unwrap_or_default();
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let Some((token, device)) = text("access_token").zip(text("device_id")) else {
            return false;
        };
        self.cookie = answered.cookie;
        (self.token, self.known.device, self.signed_in_at) = (Some(token), device, now);
        true
    }

    fn request(&self, sent: &Attack) -> Request {
        let method = match sent.verb {
            Verb::Get => Method::Get,
            Verb::Post | Verb::Patch => Method::Post,
            Verb::Delete => Method::Delete,
        };
        let mut request = Request::new(method, &sent.path);
        request.body = sent.body.clone().map(Body::json);
        match &self.token {
            Some(token) => request.with_bearer(token),
            None => request,
        }
    }
}

fn shown(sent: &Attack) -> String {
    let body = sent.body.as_deref().unwrap_or_default();
    let start: String = body.chars().take(1_500).collect();
    format!("{} {:?} {start}", sent.path, sent.headers)
}

impl World {
    /// The hostile device's turn, if there is one and it takes it; now and then the office works on what it has.
    pub(crate) fn attack(&mut self, rng: &Seeded) {
        let up = self.network.server.borrow().up;
        let Some(mut device) = self.hostile.take() else {
            return;
        };
        if up && rng.chance(EAGERNESS) {
            let foreign = self.stolen(rng);
            let broken = device.turn(rng, &self.network, foreign, |rng, packs, known| {
                attack(rng, packs, known, Reach::Sync)
            });
            self.broken.extend(broken);
        }
        // Drawn last: what was drawn above is what earlier versions drew.
        let rng = rng.fork(1);
        if up && rng.chance(AIMING) {
            self.office(&rng);
            let foreign = self.stolen(&rng);
            let broken = device.impersonate(&rng, &self.network, foreign);
            self.broken.extend(broken);
        }
        let rng = rng.fork(2);
        if up && rng.chance(AIMING) {
            let foreign = self.stolen(&rng);
            let broken = device.turn(&rng, &self.network, foreign, rest::request);
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
            let creates = replica
                .open_writes()
                .filter(|write| write.operation == Operation::Create);
            foreign
                .local_ids
                .extend(creates.map(|write| (write.entity_type.clone(), write.entity_id.clone())));
        }
        self.named_by_server(&mut foreign);
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
    /// Ids that the server keeps, or gives out soon.
    fn named_by_server(&self, foreign: &mut Foreign) {
        let server = self.network.server.borrow();
        for record in invariants::all_records(&server) {
            if record.updated_by == HOSTILE && record.version == 1 {
                continue;
            }
            foreign
                .local_ids
                .extend(record.local_id.map(|id| (record.entity.clone(), id)));
        }
        for (_, entity) in server.packs.entities().filter(|(_, e)| !e.id_prefix.is_empty()) {
            let last = server.last_number(&entity.name);
            let next = (1..=SOON).map(|ahead| format!("{}{:06}", entity.id_prefix, last + ahead));
            foreign.next_ids.extend(next.map(|id| (entity.name.clone(), id)));
        }
    }
}
