//! The server's side of a run: the real push and pull logic over its storage in memory, behind a door that knows
//! sessions and tokens. It can be down, be restored from a backup, and fail in the middle of a write.

use std::collections::BTreeMap;

use holdfast_core::{
    Timestamp,
    pack::{Pack, Packs},
    ports::{Body, Method, Request, Response},
    protocol::{ErrorCode, ErrorEnvelope, Me, PushRequest, WireError},
};
use holdfast_server::{
    records::{epoch, people},
    storage::{
        memory::MemoryStorage,
        port::{Storage, StorageError, Transaction},
    },
    sync::{Answer, Caller, Context, digest, pull, push, scopes_of},
};
use serde_json::{Value, json};

use crate::rng::Seeded;

/// Milliseconds that an access token is good for.
const TOKEN_LIFE_MS: u64 = 180_000;

/// Who a device is to the server: its session.
#[derive(Debug, Clone)]
struct Session {
    user: String,
    revoked: bool,
}

#[derive(Debug)]
pub struct Server {
    pub storage: MemoryStorage,
    pub packs: Packs,
    pub accounts: BTreeMap<String, Me>,
    pub up: bool,
    /// Rows of a page at most: small, so that pulls have many.
    pub page: usize,
    sessions: BTreeMap<String, Session>,
    tokens: BTreeMap<String, (String, u64)>,
    backups: Vec<MemoryStorage>,
    rng: Seeded,
}

/// The pack of every run: a field of each type and of each strategy.
pub fn pack() -> Result<Pack, serde_json::Error> {
    serde_json::from_str(include_str!("pack.json"))
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
            packs,
            accounts: BTreeMap::new(),
            up: true,
            page: 10,
            sessions: BTreeMap::new(),
            tokens: BTreeMap::new(),
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
        let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        let roles = owned(roles);
        let me = Me {
            user_id: user.to_owned(),
            username: user.to_owned(),
            display_name: user.to_owned(),
            // Conflicts and notices are everybody's; what one may do to the work is in the role.
            scopes: scopes_of(&self.packs, &roles)
                .into_iter()
                .chain(system_scopes(&self.packs))
                .collect(),
            roles,
            sites: owned(sites),
            device: None,
        };
        self.storage
            .write(|tx| people::keep(tx, &self.packs, &me, instant(now)))?;
        self.accounts.insert(user.to_owned(), me);
        Ok(())
    }

    /// Work that is there from the beginning, one job for each of these people, all in sight of the supervisor.
    pub fn seed_work(&mut self, assigned_to: &[&str]) -> Result<(), StorageError> {
        let Some(me) = self.accounts.get("sue").cloned() else {
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

    /// A person signs in on a device.
    pub fn sign_in(&mut self, device: &str, user: &str) {
        self.sessions.insert(
            device.to_owned(),
            Session {
                user: user.to_owned(),
                revoked: false,
            },
        );
    }

    /// Ends a device's session: its tokens die with it.
    pub fn revoke(&mut self, device: &str) {
        if let Some(session) = self.sessions.get_mut(device) {
            session.revoked = true;
        }
        self.tokens.retain(|_, (of, _)| of != device);
    }

    pub fn back_up(&mut self) {
        self.backups.push(self.storage.backup());
    }

    /// Goes back to a backup, if there is one: what came after it is lost, and a new epoch begins.
    pub fn restore(&mut self) -> Result<bool, StorageError> {
        let which = self.rng.below(self.backups.len() as u64) as usize;
        let Some(backup) = self.backups.get(which) else {
            return Ok(false);
        };
        self.storage = backup.backup();
        self.storage.fail_after(u64::MAX);
        self.backups.truncate(which);
        let entities: Vec<&str> = self
            .packs
            .entities()
            .map(|(_, entity)| entity.name.as_str())
            .collect();
        self.storage.write(|tx| epoch::renew(tx, &self.rng, &entities))?;
        let accounts: Vec<Me> = self.accounts.values().cloned().collect();
        let now = instant(0);
        self.storage.write(|tx| {
            accounts
                .iter()
                .try_for_each(|me| people::keep(tx, &self.packs, me, now))
        })?;
        Ok(true)
    }

    /// Answers a request that came in at `now` from a browser whose cookie belongs to `device`.
    pub fn handle(&mut self, request: &Request, device: &str, now: u64) -> Response {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        match (request.method, path) {
            (Method::Get, "/healthz") => ok(&json!({ "status": "ok", "service": "holdfast" })),
            (Method::Post, "/oauth/token") => self.token(request, device, now),
            _ => match self.caller(request, now) {
                Some(caller) => self.authorized(request, path, &parameters(query), &caller, now),
                None => refused(401, ErrorCode::AuthError, "The token is not good any more."),
            },
        }
    }

    fn token(&mut self, request: &Request, device: &str, now: u64) -> Response {
        let signing_in =
            matches!(&request.body, Some(Body::Form(form)) if form.contains("authorization_code"));
        if signing_in && let Some(session) = self.sessions.get_mut(device) {
            session.revoked = false;
        }
        let Some(session) = self.sessions.get(device).filter(|session| !session.revoked) else {
            return Response {
                status: 400,
                retry_after: None,
                body: r#"{"error":"invalid_grant"}"#.into(),
            };
        };
        let token = holdfast_core::ports::Rng::uuid(&self.rng);
        self.tokens
            .insert(token.clone(), (device.to_owned(), now + TOKEN_LIFE_MS));
        let user = session.user.clone();
        ok(
            &json!({ "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE_MS / 1_000,
            "device_id": device, "user_id": user }),
        )
    }

    fn caller(&self, request: &Request, now: u64) -> Option<Caller> {
        let (device, expires) = self.tokens.get(request.bearer.as_ref()?)?;
        let session = self
            .sessions
            .get(device)
            .filter(|session| !session.revoked && *expires > now)?;
        Some(Caller {
            me: self.accounts.get(&session.user)?.clone(),
            device_id: device.clone(),
        })
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
            "/api/v1/sync/push" => self.within(|tx| match read_push(request) {
                Some(batch) => Ok(push::push(tx, &cx, &batch)?.map(|answer| json!(answer))),
                None => Ok(Err(holdfast_server::sync::Refusal::malformed("Not a batch."))),
            }),
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

    fn within(&self, work: impl FnOnce(&mut dyn Transaction) -> Answer<Value>) -> Response {
        match self.storage.write(work) {
            Ok(Ok(answer)) => ok(&answer),
            Ok(Err(refusal)) => json_response(refusal.status, &json!(ErrorEnvelope { error: refusal.error })),
            Err(error) => refused(500, ErrorCode::ServerError, &error.to_string()),
        }
    }
}

fn system_scopes(packs: &Packs) -> Vec<String> {
    let all = packs
        .iter()
        .filter(|pack| pack.name == holdfast_core::system::NAME);
    all.flat_map(|pack| pack.roles.get("technician").cloned().unwrap_or_default())
        .collect()
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
