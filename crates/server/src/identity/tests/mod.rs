//! The identity rules as tables, over the real store in memory, with a hand-moved clock and a seeded source.

mod access;
mod account;
mod authorization;
mod exchange;
mod rotation;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::authorization::{AuthorizationRequest, CLIENT_ID, issue_code};
use super::exchange::{CodeExchange, exchange_code};
use super::grant::{Grant, Lifetimes, Refusal, Terms, Tokens};
use super::refresh::refresh;
use crate::storage::fixtures::user;
use crate::storage::identity::User;
use crate::storage::port::{IdentityReader, IdentityWriter};
use crate::storage::sqlite::{SqliteTransaction, migrate};

const VERIFIER: &str = "a-verifier-that-only-the-app-which-asked-could-know";
const REDIRECT: &str = "https://field.example/signed-in";
const LABEL: &str = "Chrome on Android";

struct World {
    connection: Connection,
    rng: StdRng,
    now: DateTime<Utc>,
}

impl World {
    /// Two people, Ann and Ben, and nobody signed in.
    fn new() -> Self {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let world = Self {
            connection,
            rng: StdRng::seed_from_u64(7),
            now,
        };
        for id in ["ann", "ben"] {
            world.store().save_user(&user(id)).unwrap();
        }
        world
    }

    fn store(&self) -> SqliteTransaction<'_> {
        SqliteTransaction::new(&self.connection)
    }

    fn pass(&mut self, time: TimeDelta) {
        self.now += time;
    }

    fn code_for(&mut self, user_id: &str) -> String {
        let mut store = SqliteTransaction::new(&self.connection);
        let request = request();
        issue_code(&mut store, &mut self.rng, self.now, user_id, &request)
            .unwrap()
            .reveal()
            .to_owned()
    }

    fn exchange(&mut self, request: &CodeExchange) -> Result<Tokens, Refusal> {
        let mut store = SqliteTransaction::new(&self.connection);
        let terms = &mut Terms {
            now: self.now,
            rng: &mut self.rng,
            lifetimes: lifetimes(),
        };
        outcome(exchange_code(&mut store, terms, request).unwrap())
    }

    fn sign_in(&mut self, user_id: &str) -> Tokens {
        let code = self.code_for(user_id);
        self.exchange(&exchange(code)).unwrap()
    }

    fn refresh(&mut self, token: &str) -> Result<Tokens, Refusal> {
        let mut store = SqliteTransaction::new(&self.connection);
        let terms = &mut Terms {
            now: self.now,
            rng: &mut self.rng,
            lifetimes: lifetimes(),
        };
        outcome(refresh(&mut store, terms, Some(token), LABEL).unwrap())
    }

    fn is_let_in(&self, tokens: &Tokens) -> bool {
        let found = super::access::authenticate(&self.store(), self.now, tokens.access.reveal()).unwrap();
        found.is_some()
    }
}

fn outcome(grant: Grant) -> Result<Tokens, Refusal> {
    match grant {
        Grant::Issued(tokens) => Ok(tokens),
        Grant::Refused(refusal) => Err(refusal),
    }
}

fn lifetimes() -> Lifetimes {
    Lifetimes {
        access: TimeDelta::minutes(10),
        refresh: TimeDelta::days(30),
        session: TimeDelta::days(90),
        settling: crate::identity::grant::SETTLING,
    }
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest {
        response_type: "code".to_owned(),
        client_id: CLIENT_ID.to_owned(),
        redirect_uri: REDIRECT.to_owned(),
        code_challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
        code_challenge_method: "S256".to_owned(),
        ..Default::default()
    }
}

fn exchange(code: String) -> CodeExchange {
    CodeExchange {
        code,
        code_verifier: VERIFIER.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        redirect_uri: REDIRECT.to_owned(),
        label: LABEL.to_owned(),
        ..Default::default()
    }
}
