//! The server's side of a run: the real push and pull logic over its storage in memory, behind a door that knows
//! sessions and tokens. It can be down, be restored from a backup, and fail in the middle of a write.

pub mod sessions;
mod upgrade;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    Timestamp,
    pack::{Pack, Packs},
    ports::{Body, Method, Request, Response, Rng},
    protocol::{ErrorCode, ErrorEnvelope, Me, PushRequest, PushResponse, WireError},
};
use holdfast_server::{
    identity::memory::MemoryIdentity,
    records::{epoch, people},
    storage::{
        memory::MemoryStorage,
        port::{Storage, StorageError, Transaction},
    },
    sync::{Caller, Context, digest, pull, push},
};
use serde_json::{Value, json};

pub use upgrade::{AMENDMENTS, Amendment};

use crate::rng::Seeded;
use sessions::Sessions;

/// What a request is answered with, and the refresh cookie that comes with it.
#[derive(Debug)]
pub struct Answer {
    pub response: Response,
    pub cookie: Option<String>,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self {
            response,
            cookie: None,
        }
    }
}

/// Which queued write made a version of a record: entity, id and version, and the queue id.
pub type MadeBy = BTreeMap<(String, String, u64), String>;

#[derive(Debug)]
pub struct Server {
    pub storage: MemoryStorage,
    pub sessions: Sessions,
    pub packs: Packs,
    pub up: bool,
    /// Rows of a page at most: small, so that pulls have many.
    pub page: usize,
    /// As far as answers to pushes tell.
    pub made_by: MadeBy,
    backups: Vec<Backup>,
    rng: Seeded,
}

/// One file, as an operator copies it: work and accounts together.
#[derive(Debug)]
struct Backup {
    storage: MemoryStorage,
    identity: MemoryIdentity,
    made_by: MadeBy,
}

/// The pack of every run: a field of each type and of each strategy.
pub fn pack() -> Result<Pack, serde_json::Error> {
    serde_json::from_str(include_str!("../pack.json"))
}

/// The server's clock: virtual milliseconds after the beginning of 2026.
pub fn instant(milliseconds: u64) -> Timestamp {
    const START_OF_2026: i64 = 1_767_225_600;
    let start = Timestamp::UNIX_EPOCH + chrono::Duration::seconds(START_OF_2026);
    start + chrono::Duration::milliseconds(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

impl Server {
    pub fn new(packs: Packs, rng: Seeded) -> Self {
        Self {
            storage: MemoryStorage::default(),
            sessions: Sessions::new(Rng::next_u64(&rng)),
            packs,
            up: true,
            page: 10,
            made_by: MadeBy::new(),
            backups: Vec::new(),
            rng,
        }
    }

    /// Gives a person roles and sites, from now on.
    pub fn account(
        &mut self,
        user: &str,
        roles: &[&str],
        sites: &[&str],
        now: u64,
    ) -> Result<(), StorageError> {
        let before = self.sessions.backup();
        if let Err(error) = self.sessions.keep_account(user, roles, sites) {
            return Err(StorageError::Inconsistent(error.to_string()));
        }
        let Some(me) = self.me(user) else {
            return Ok(());
        };
        let kept = self
            .storage
            .write(|tx| people::keep(tx, &self.packs, &me, instant(now)));
        if kept.is_err() {
            // Both or neither, as in one transaction.
            self.sessions.restore(before);
        }
        kept
    }

    /// A person, with what their roles allow.
    pub fn me(&self, user: &str) -> Option<Me> {
        self.sessions.person(user, &self.packs)
    }

    /// Work that is there from the beginning, one job for each of these people, all in sight of the supervisor.
    pub fn seed_work(&mut self, assigned_to: &[&str]) -> Result<(), StorageError> {
        let Some(me) = self.me("sue") else {
            return Ok(());
        };
        let caller = Caller {
            me,
            device_id: "office".into(),
        };
        let operations: Vec<Value> = assigned_to
            .iter()
            .enumerate()
            .map(|(at, user)| {
                json!({ "queueId": format!("seed-{at}"), "clientMutationId": format!("seed-{at}"), "entityType": "job",
                    "entityId": format!("seed-{at}"), "operation": "create",
                    "payload": { "title": format!("Job {at}"), "siteId": "north", "assignedTo": user, "_version": 0 } })
            })
            .collect();
        let batch = json!({ "deviceId": "office", "operations": operations });
        let Ok(batch) = serde_json::from_value::<PushRequest>(batch) else {
            return Ok(());
        };
        let cx = Context {
            packs: &self.packs,
            rng: &self.rng,
            now: instant(0),
            caller: &caller,
        };
        self.storage.write(|tx| push::push(tx, &cx, &batch)).map(drop)
    }

    pub fn back_up(&mut self) {
        self.backups.push(Backup {
            storage: self.storage.backup(),
            identity: self.sessions.backup(),
            made_by: self.made_by.clone(),
        });
    }

    pub fn throw_away_backups(&mut self) {
        self.backups.clear();
    }

    /// Goes back to a backup, if there is one: what came after it is lost, and a new epoch begins.
    pub fn restore(&mut self) -> Result<bool, StorageError> {
        let which = self.rng.below(self.backups.len() as u64) as usize;
        let Some(backup) = self.backups.get(which) else {
            return Ok(false);
        };
        self.storage = backup.storage.backup();
        self.storage.fail_after(u64::MAX);
        self.sessions.restore(backup.identity.clone());
        self.made_by = backup.made_by.clone();
        self.backups.truncate(which);
        let entities: Vec<&str> = self
            .packs
            .entities()
            .map(|(_, entity)| entity.name.as_str())
            .collect();
        self.storage.write(|tx| epoch::renew(tx, &self.rng, &entities))?;
        Ok(true)
    }

    /// Answers a request that came in at `now`; `cookie` is the one that its browser sends along.
    pub fn handle(&mut self, request: &Request, cookie: Option<&str>, now: u64) -> Answer {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        match (request.method, path) {
            (Method::Get, "/healthz") => ok(&json!({ "status": "ok", "service": "holdfast" })).into(),
            (Method::Post, "/oauth/token") => self.sessions.token(request, cookie, now),
            _ => match self.caller(request, now) {
                Some(caller) => self
                    .authorized(request, path, &parameters(query), &caller, now)
                    .into(),
                None => refused(401, ErrorCode::AuthError, "The token is not good any more.").into(),
            },
        }
    }

    fn caller(&self, request: &Request, now: u64) -> Option<Caller> {
        self.sessions.caller(request.bearer.as_deref()?, &self.packs, now)
    }

    fn authorized(
        &mut self,
        request: &Request,
        path: &str,
        query: &BTreeMap<String, String>,
        caller: &Caller,
        now: u64,
    ) -> Response {
        let cx = Context {
            packs: &self.packs,
            rng: &self.rng,
            now: instant(now),
            caller,
        };
        let text = |name: &str| query.get(name).cloned();
        match path {
            "/api/v1/me" => ok(&json!(caller.me)),
            "/api/v1/domains" => ok(&json!({ "packs": self.packs.iter().collect::<Vec<_>>() })),
            "/api/v1/sync/push" => {
                let Some(batch) = read_push(request) else {
                    return refused(400, ErrorCode::ValidationError, "Not a batch.");
                };
                let again = self.answered_before(&batch);
                let pushed = self.storage.write(|tx| push::push(tx, &cx, &batch));
                if let Ok(Ok(answer)) = &pushed {
                    remember(&mut self.made_by, &batch, answer, &again);
                }
                answered(pushed.map(|answer| answer.map(|answer| json!(answer))))
            }
            "/api/v1/sync/delta" => {
                let asked = pull::DeltaRequest {
                    since: text("since"),
                    entities: text("entities"),
                    limit: Some(self.page),
                };
                self.within(|tx| Ok(pull::delta(tx, &cx, &asked)?.map(|answer| json!(answer))))
            }
            "/api/v1/sync/records" => {
                let (plural, ids) = (
                    text("entity").unwrap_or_default(),
                    text("ids").unwrap_or_default(),
                );
                let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
                let collection = self
                    .packs
                    .entity_by_plural(&plural)
                    .map(|entity| entity.collection());
                self.within(|tx| {
                    let found = pull::whole_records(tx, &cx, &plural, &ids)?;
                    Ok(found.map(|records| json!({ collection.unwrap_or_default(): records })))
                })
            }
            "/api/v1/sync/digest" => {
                let asked = digest::DigestRequest {
                    since: text("since"),
                    entities: text("entities"),
                    versions: text("versions").as_deref() == Some("true"),
                };
                self.within(|tx| Ok(digest::digest(tx, &cx, &asked)?.map(|answer| json!(answer))))
            }
            _ => refused(404, ErrorCode::NotFound, "There is nothing here."),
        }
    }

    /// Keys of operations that are in the ledger already.
    fn answered_before(&self, batch: &PushRequest) -> BTreeSet<String> {
        let known = |key: &&String| {
            let answer = self
                .storage
                .read::<_, StorageError>(|tx| tx.answer(&batch.device_id, key));
            answer.is_ok_and(|answer| answer.is_some())
        };
        let keys = batch
            .operations
            .iter()
            .map(|operation| &operation.client_mutation_id);
        keys.filter(known).cloned().collect()
    }

    fn within(
        &self,
        work: impl FnOnce(&mut dyn Transaction) -> holdfast_server::sync::Answer<Value>,
    ) -> Response {
        answered(self.storage.write(work))
    }
}

fn answered(outcome: holdfast_server::sync::Answer<Value>) -> Response {
    match outcome {
        Ok(Ok(answer)) => ok(&answer),
        Ok(Err(refusal)) => json_response(refusal.status, &json!(ErrorEnvelope { error: refusal.error })),
        Err(error) => refused(500, ErrorCode::ServerError, &error.to_string()),
    }
}

/// Notes which writes made which versions. An answer that is only repeated tells of a later version.
fn remember(made_by: &mut MadeBy, batch: &PushRequest, answer: &PushResponse, again: &BTreeSet<String>) {
    for (operation, result) in batch.operations.iter().zip(&answer.results) {
        let Some(version) = result
            .new_version
            .filter(|_| !again.contains(&operation.client_mutation_id))
        else {
            continue;
        };
        let id = result.entity_id.as_ref().unwrap_or(&operation.entity_id);
        made_by
            .entry((operation.entity_type.clone(), id.clone(), version))
            .or_insert_with(|| operation.queue_id.clone());
    }
}

fn read_push(request: &Request) -> Option<PushRequest> {
    match &request.body {
        Some(Body::Json(json)) => serde_json::from_str(json).ok(),
        _ => None,
    }
}

fn parameters(query: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), decode(value)))
        .collect()
}

fn json_response(status: u16, body: &Value) -> Response {
    Response {
        status,
        retry_after: None,
        body: body.to_string(),
    }
}

fn ok(body: &Value) -> Response {
    json_response(200, body)
}

pub fn refused(status: u16, code: ErrorCode, message: &str) -> Response {
    json_response(
        status,
        &json!(ErrorEnvelope {
            error: WireError::new(code, message)
        }),
    )
}
