//! The simulator's hostile device, against the real server.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use holdfast_core::pack::Packs;
use holdfast_simulator::hostile::{Attack, Foreign, Knowledge, Reach, Verb, attack};
use holdfast_simulator::rng::Seeded;
use reqwest::{Method, StatusCode};

use crate::board::Board;
use crate::session::{NoAnswer, Session, pause};

/// Its account: a technician to whom nothing is assigned.
pub const USER: &str = "mal";

/// Words that stand in every order of the honest writers, none of which it may read.
const SECRETS: [&str; 2] = [" was here", "Moving order "];

/// How many of the honest writers' last ids and keys it got hold of.
const STOLEN: usize = 20;

/// What it sent, and how that was answered.
#[derive(Debug, Default)]
pub struct Tried {
    pub requests: usize,
    by_status: BTreeMap<u16, usize>,
    unanswered: usize,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            requests,
            by_status,
            unanswered,
        } = self;
        write!(f, "{requests} hostile requests: ")?;
        for (status, count) in by_status {
            write!(f, "{count} x {status}, ")?;
        }
        write!(f, "{unanswered} without an answer")
    }
}

pub struct Attacker {
    session: Session,
    board: Arc<Board>,
    packs: Packs,
    rng: Seeded,
    known: Knowledge,
}

impl Attacker {
    pub fn new(session: Session, board: Arc<Board>, seed: u64) -> Self {
        let known = Knowledge::new(USER, &session.device);
        Self {
            session,
            board,
            packs: holdfast_server::packs::load(None).unwrap(),
            rng: Seeded::new(seed),
            known,
        }
    }

    /// Attacks until it is stopped.
    pub async fn run(mut self, stop: Arc<AtomicBool>) -> Tried {
        let mut tried = Tried::default();
        while !stop.load(Ordering::Relaxed) {
            self.known.foreign = self.stolen();
            let sent = attack(&self.rng, &self.packs, &mut self.known, Reach::Api);
            tried.requests += 1;
            match send(&self.session, &sent).await {
                Ok((status, answer)) => {
                    *tried.by_status.entry(status.as_u16()).or_default() += 1;
                    judge(&sent, status, &answer);
                    self.known.learn(&self.packs, &answer);
                    // It is not after the machine's strength, which the load tests are about.
                    pause().await;
                }
                Err(NoAnswer) => tried.unanswered += 1,
            }
        }
        tried
    }

    fn stolen(&self) -> Foreign {
        let taken = self.board.taken();
        let newest = || taken.iter().rev().take(STOLEN);
        let users = ["technician", "supervisor", "admin"];
        Foreign {
            ids: newest().map(|write| write.order.clone()).collect(),
            keys: newest().map(|write| write.key.clone()).collect(),
            users: users.map(str::to_owned).to_vec(),
            ..Foreign::default()
        }
    }
}

async fn send(session: &Session, sent: &Attack) -> Result<(StatusCode, String), NoAnswer> {
    let method = match sent.verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Patch => Method::PATCH,
        Verb::Delete => Method::DELETE,
    };
    session
        .raw_with(method, &sent.path, sent.body.clone(), &sent.headers)
        .await
}

/// No request makes the server fail, and no answer tells what is not its asker's.
fn judge(sent: &Attack, status: StatusCode, answer: &str) {
    let busy = status == StatusCode::SERVICE_UNAVAILABLE;
    assert!(
        busy || !status.is_server_error(),
        "{status} to {sent:?}: {answer}"
    );
    for secret in SECRETS {
        assert!(
            !answer.contains(secret),
            "told of others' work by {sent:?}: {answer}"
        );
    }
}
