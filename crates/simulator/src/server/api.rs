//! The server's door: requests to the real push and pull logic, and their answers.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::{
    ports::{Body, Method, Request, Response},
    protocol::{
        ErrorCode, ErrorEnvelope, Layout, OperationResult, PushRequest, PushResponse, ResultStatus,
        WireError, WireOperation,
    },
    timestamp,
};
use holdfast_server::{
    storage::port::{Organisation, Storage, StorageError, Transaction},
    sync::{Caller, Context, delta::DeltaRequest, digest, prepared::prepare, pull, push, readers},
};
use serde_json::{Value, json};

use super::{Answer, HOSTILE, MadeBy, Server, aliases::misaliased, identity, misjudged::misjudged, sessions};

impl Server {
    /// Answers a request that came in at `now`; `cookie` is the one that its browser sends along.
    pub fn handle(&mut self, request: &Request, cookie: Option<&str>, now: u64) -> Answer {
        let mut answer = self.answer(request, cookie, now);
        let date = timestamp::in_http(self.dated(now));
        answer.response.headers.set("Date", date);
        answer
    }

    fn answer(&mut self, request: &Request, cookie: Option<&str>, now: u64) -> Answer {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        match (request.method, path) {
            (Method::Get, "/healthz") => ok(&json!({ "status": "ok", "service": "holdfast" })).into(),
            (Method::Post, "/oauth/token") => self.sessions.token(&self.storage, request, cookie, now),
            _ => match self.caller(request, now) {
                Some(caller) => {
                    let response = self.authorized(request, path, &parameters(query), &caller, now);
                    let epochs = &mut self.epochs;
                    // A storage that cannot be read now shows it the next time.
                    let _ = self
                        .storage
                        .read::<_, StorageError>(Organisation::ONLY, |tx| epochs.look(tx));
                    response.into()
                }
                None => refused(401, ErrorCode::AuthError, "The token is not good any more.").into(),
            },
        }
    }

    fn caller(&self, request: &Request, now: u64) -> Option<Caller> {
        sessions::caller(&self.storage, request.bearer()?, &self.packs, now)
    }

    fn authorized(
        &mut self,
        request: &Request,
        path: &str,
        query: &BTreeMap<String, String>,
        caller: &Caller,
        now: u64,
    ) -> Response {
        let cx = self.context_at(caller, self.dated(now));
        let text = |name: &str| query.get(name).cloned();
        match path {
            "/api/v1/me" => ok(&json!(caller.me)),
            "/api/v1/domains" => ok(&json!({ "packs": self.packs.iter().collect::<Vec<_>>() })),
            "/api/v1/sync/push" => self.push(request, caller, now),
            "/api/v1/sync/delta" => {
                let asked = DeltaRequest {
                    since: text("since"),
                    entities: text("entities"),
                    limit: asked_limit(query, caller).or(Some(self.page)),
                    layout: match text("layout").as_deref() {
                        Some("columns") => Layout::Columns,
                        _ => Layout::Rows,
                    },
                    receipt: text("receipt"),
                };
                if readers::asks(asked.since.as_deref()) {
                    return self.within(|tx| Ok(readers::read(tx, &cx, &asked)?.map(|answer| json!(answer))));
                }
                self.tell(&cx, |tx| {
                    Ok(pull::delta(tx, &cx, &asked)?.map(|answer| json!(answer)))
                })
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
                let presented = self.told(&cx, |tx| digest::present(tx, &cx, &asked));
                match presented {
                    Ok(Ok(())) => {
                        self.within(|tx| Ok(digest::told(tx, &cx, &asked)?.map(|answer| json!(answer))))
                    }
                    refused => answered(refused.map(|refused| refused.map(|()| Value::Null))),
                }
            }
            _ => refused(404, ErrorCode::NotFound, "There is nothing here."),
        }
    }

    fn push(&mut self, request: &Request, caller: &Caller, now: u64) -> Response {
        // Not `context_at`: what is noted beside the rules is written while they are looked at.
        let cx = Context {
            stamps_alike: false,
            packs: &self.packs,
            rng: &self.rng,
            now: self.dated(now),
            caller,
        };
        let Some(batch) = read_push(request) else {
            return refused(400, ErrorCode::ValidationError, "Not a batch.");
        };
        let again = self.answered_before(&batch);
        let pushed = self
            .storage
            .write(Organisation::ONLY, |tx| push::push(tx, &cx, &batch));
        if let Ok(Ok(answer)) = &pushed {
            let honest = caller.me.user_id != HOSTILE;
            let found = self
                .storage
                .read(Organisation::ONLY, |tx| misaliased(tx, &batch, answer, honest));
            self.misaliased.extend(found.unwrap_or_default());
            // What the hostile device says of its writes is not to be believed.
            if honest {
                remember(&mut self.made_by, &batch, answer, &again);
                let (lost, made_by) = (&self.lost, &self.made_by);
                let found = self
                    .storage
                    .read(Organisation::ONLY, |tx| misjudged(tx, &cx, lost, &batch, answer));
                self.misjudged.extend(found.unwrap_or_default());
                let found = self.storage.read(Organisation::ONLY, |tx| {
                    identity::taken(tx, (lost, made_by), &batch, answer, &again)
                });
                self.taken.extend(found.unwrap_or_default());
            }
        }
        answered(pushed.map(|answer| answer.map(|answer| json!(answer))))
    }

    /// Keys of operations that the ledger knows as accepted; a refusal of access is judged anew.
    fn answered_before(&self, batch: &PushRequest) -> BTreeSet<String> {
        let known = |key: &&str| {
            let answer = self
                .storage
                .read::<_, StorageError>(Organisation::ONLY, |tx| tx.answer(&batch.device_id, key));
            let answer = answer.ok().flatten();
            let first = answer.and_then(|answer| serde_json::from_str::<OperationResult>(&answer).ok());
            first.is_some_and(|first| first.status != ResultStatus::Rejected)
        };
        let keys = batch.operations.iter().map(WireOperation::key);
        keys.filter(known).map(str::to_owned).collect()
    }

    fn within(
        &self,
        work: impl FnOnce(&mut dyn Transaction) -> holdfast_server::sync::Answer<Value>,
    ) -> Response {
        answered(self.storage.write(Organisation::ONLY, work))
    }
}

impl Server {
    /// Carries out what writes only what is known of the caller's device, as the real server's routes do: prepared on a
    /// snapshot, and stored in a second step.
    fn told<T>(
        &self,
        cx: &Context<'_>,
        work: impl Fn(&mut dyn Transaction) -> holdfast_server::sync::Answer<T>,
    ) -> holdfast_server::sync::Answer<T> {
        let prepared = self
            .storage
            .read(Organisation::ONLY, |tx| prepare(tx, cx, &work))?;
        match prepared {
            Some(prepared) if prepared.is_final() => Ok(prepared.into_answer()),
            Some(prepared) => self
                .storage
                .write(Organisation::ONLY, |tx| prepared.store(tx, cx, &work)),
            None => self.storage.write(Organisation::ONLY, work),
        }
    }

    fn tell(
        &self,
        cx: &Context<'_>,
        work: impl Fn(&mut dyn Transaction) -> holdfast_server::sync::Answer<Value>,
    ) -> Response {
        answered(self.told(cx, work))
    }
}

fn answered(outcome: holdfast_server::sync::Answer<Value>) -> Response {
    match outcome {
        Ok(Ok(answer)) => ok(&answer),
        Ok(Err(refusal)) => json_response(refusal.status, &json!(refusal.envelope())),
        Err(error) => refused(500, ErrorCode::ServerError, &error.to_string()),
    }
}

/// Notes which writes made which versions. An answer that is only repeated tells of a later version.
fn remember(made_by: &mut MadeBy, batch: &PushRequest, answer: &PushResponse, again: &BTreeSet<String>) {
    for (operation, result) in batch.operations.iter().zip(&answer.results) {
        let Some(version) = result.new_version.filter(|_| !again.contains(operation.key())) else {
            continue;
        };
        let id = result.entity_id.as_ref().unwrap_or(&operation.entity_id);
        made_by
            .entry((operation.entity_type.clone(), id.clone(), version))
            .or_insert_with(|| operation.queue_id.clone());
    }
}

/// Devices are given small pages; the hostile one gets what it asks for.
fn asked_limit(query: &BTreeMap<String, String>, caller: &Caller) -> Option<usize> {
    let limit = query.get("limit").filter(|_| caller.me.user_id == HOSTILE)?;
    Some(limit.parse().unwrap_or(0))
}

fn read_push(request: &Request) -> Option<PushRequest> {
    serde_json::from_slice(request.body.as_ref().and_then(Body::as_json)?).ok()
}

pub(super) fn parameters(query: &str) -> BTreeMap<String, String> {
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
    Response::new(status, body.to_string())
}

pub(super) fn ok(body: &Value) -> Response {
    json_response(200, body)
}

pub(super) fn refused(status: u16, code: ErrorCode, message: &str) -> Response {
    json_response(status, &json!(ErrorEnvelope::from(WireError::new(code, message))))
}
