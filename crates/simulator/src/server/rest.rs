//! The server's plain REST endpoints, over the real rules: what its HTTP routes do, without HTTP.

use holdfast_core::{
    Fields, Timestamp,
    protocol::{IfMatch, WireRecord},
    record::Operation,
};
use holdfast_server::{
    records::whole,
    storage::{
        model::{AuditFilter, StoredRecord},
        port::{self, Organisation, Storage, StorageError, Transaction},
    },
    sync::{
        Answer, Caller, Context, Refusal, audit,
        delta::{Delta, DeltaRequest},
        readers,
        rest::{self, HistoryRequest, ListRequest, RestWrite},
        restore,
    },
};
use serde_json::{Value, json};

use super::{Server, api::parameters};
use crate::hostile::Verb;

/// A request with the headers that matter.
#[derive(Debug, Clone, Copy)]
pub struct RestRequest<'a> {
    pub verb: Verb,
    /// Path and query.
    pub path: &'a str,
    pub if_match: Option<&'a str>,
    pub if_none_match: Option<&'a str>,
    pub key: Option<&'a str>,
    pub body: Option<&'a str>,
}

impl<'a> RestRequest<'a> {
    pub fn get(path: &'a str) -> Self {
        Self {
            verb: Verb::Get,
            path,
            if_match: None,
            if_none_match: None,
            key: None,
            body: None,
        }
    }
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RestAnswer {
    pub status: u16,
    pub tag: Option<String>,
    pub body: Value,
}

impl RestAnswer {
    fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            tag: None,
            body,
        }
    }
}

type Answered = port::Result<std::result::Result<RestAnswer, Refusal>>;

impl Server {
    /// Answers a request that came in at `now`.
    pub fn rest(&mut self, caller: &Caller, request: &RestRequest<'_>, now: u64) -> RestAnswer {
        let cx = self.context_at(caller, self.dated(now));
        let answered = self
            .storage
            .write(Organisation::ONLY, |tx| route(tx, &cx, request));
        let epochs = &mut self.epochs;
        // A storage that cannot be read now shows it the next time.
        let _ = self
            .storage
            .read::<_, StorageError>(Organisation::ONLY, |tx| epochs.look(tx));
        match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(refusal)) => RestAnswer::new(refusal.status, json!(refusal.envelope())),
            Err(error) => RestAnswer::new(500, json!({ "error": error.to_string() })),
        }
    }

    /// A page for a reader that is no device.
    pub fn read_changes(&self, caller: &Caller, asked: &DeltaRequest, now: u64) -> Answer<Value> {
        let cx = self.context_at(caller, self.dated(now));
        let page: Answer<Delta> = self
            .storage
            .read(Organisation::ONLY, |tx| readers::read(tx, &cx, asked));
        Ok(page?.map(|page| json!(page)))
    }

    /// The server's time: its clock may have been set.
    pub fn dated(&self, now: u64) -> Timestamp {
        super::instant(now) + chrono::Duration::milliseconds(self.clock_ms)
    }
}

/// Which rule answers, by verb and path.
fn route(tx: &mut dyn Transaction, cx: &Context<'_>, request: &RestRequest<'_>) -> Answered {
    let (path, query) = request.path.split_once('?').unwrap_or((request.path, ""));
    let path = path.strip_prefix("/api/v1/").unwrap_or(path);
    let parts: Vec<String> = path.split('/').map(decoded).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (request.verb, parts.as_slice()) {
        (Verb::Get, ["audit"]) => {
            let filter = AuditFilter {
                limit: 100,
                ..AuditFilter::default()
            };
            let found = audit::list(tx, cx, &filter)?;
            Ok(found.map(|page| RestAnswer::new(200, json!(page))))
        }
        (Verb::Post, ["audit", id, "restore"]) => {
            let restored = restore::restore(tx, cx, id, &[])?;
            Ok(restored.map(|record| RestAnswer::new(200, json!(record))))
        }
        (Verb::Post, ["conflicts", id, "resolve"]) => {
            let resolution = body(request).remove("resolution").unwrap_or_default();
            let body = Fields::from_iter([("resolution".to_owned(), resolution)]);
            write(
                tx,
                cx,
                request,
                ("conflicts", Some(id)),
                (Operation::Update, body),
            )
        }
        (Verb::Get, [plural]) => list(tx, cx, plural, query),
        (Verb::Get, [plural, id]) => one(tx, cx, request, plural, id),
        (Verb::Get, [plural, id, "history"]) => history(tx, cx, plural, id, query),
        (Verb::Post, [plural]) => write(
            tx,
            cx,
            request,
            (plural, None),
            (Operation::Create, body(request)),
        ),
        (Verb::Patch, [plural, id]) => write(
            tx,
            cx,
            request,
            (plural, Some(id)),
            (Operation::Update, body(request)),
        ),
        (Verb::Delete, [plural, id]) => write(
            tx,
            cx,
            request,
            (plural, Some(id)),
            (Operation::Delete, Fields::new()),
        ),
        _ => Ok(Err(Refusal::not_found("There is nothing here."))),
    }
}

fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part)
        .decode_utf8_lossy()
        .into_owned()
}

fn body(request: &RestRequest<'_>) -> Fields {
    let body = request
        .body
        .and_then(|body| serde_json::from_str::<Value>(body).ok());
    body.and_then(|body| body.as_object().cloned())
        .unwrap_or_default()
}

fn list(tx: &dyn Transaction, cx: &Context<'_>, plural: &str, query: &str) -> Answered {
    let mut query = parameters(query);
    let page = query.remove("page");
    let Ok(limit) = query.remove("limit").map(|limit| limit.parse()).transpose() else {
        return Ok(Err(Refusal::malformed("limit must be a whole number.")));
    };
    let request = ListRequest {
        page,
        limit,
        filters: query.into_iter().collect(),
    };
    let entity = match rest::entity(cx, plural) {
        Ok(entity) => entity,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let found = rest::list(tx, cx, entity, &request)?;
    Ok(found.map(|page| RestAnswer::new(200, json!(page))))
}

fn one(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    request: &RestRequest<'_>,
    plural: &str,
    id: &str,
) -> Answered {
    let entity = match rest::entity(cx, plural) {
        Ok(entity) => entity,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(record) = rest::get(tx, cx, entity, id)? else {
        return Ok(Err(Refusal::not_found(
            "This record is not there, or is not yours to see.",
        )));
    };
    let tag = rest::tag(tx, &record)?;
    let known = request.if_none_match == Some(tag.as_str());
    let row = shown(cx, &record);
    Ok(Ok(RestAnswer {
        status: if known { 304 } else { 200 },
        tag: Some(tag),
        body: if known { Value::Null } else { json!(row) },
    }))
}

/// The record as its reader may see it.
fn shown(cx: &Context<'_>, record: &StoredRecord) -> Option<WireRecord> {
    let entity = cx.packs.entity(&record.entity)?;
    Some(whole(entity, record, &cx.caller.device_id))
}

fn history(tx: &dyn Transaction, cx: &Context<'_>, plural: &str, id: &str, query: &str) -> Answered {
    let query = parameters(query);
    let number = |name: &str| query.get(name).and_then(|text| text.parse().ok());
    let asked = HistoryRequest {
        after: number("after"),
        before: number("before"),
        limit: number("limit").and_then(|limit| usize::try_from(limit).ok()),
    };
    let entity = match rest::entity(cx, plural) {
        Ok(entity) => entity,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let found = rest::history(tx, cx, entity, id, &asked)?;
    Ok(found.map(|page| RestAnswer::new(200, json!(page.versions))))
}

fn write(
    tx: &mut dyn Transaction,
    cx: &Context<'_>,
    request: &RestRequest<'_>,
    (plural, id): (&str, Option<&str>),
    (operation, body): (Operation, Fields),
) -> Answered {
    let Some(entity) = cx.packs.entity_by_plural(plural) else {
        return Ok(Err(Refusal::not_found("There is nothing here.")));
    };
    let Some(if_match) = IfMatch::parse(request.if_match) else {
        return Ok(Err(Refusal::malformed(
            "If-Match must be * or the ETag of the record.",
        )));
    };
    let asked = RestWrite {
        operation,
        id: id.map(str::to_owned),
        body,
        key: request.key.map(str::to_owned),
        if_match,
    };
    let written = match rest::write(tx, cx, entity, asked)? {
        Ok(written) => written,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let row = written.record.as_ref().and_then(|record| shown(cx, record));
    let tag = written
        .record
        .as_ref()
        .map(|record| rest::tag(tx, record))
        .transpose()?;
    let status = match (&written.result.conflict, operation, &row) {
        (Some(_), _, _) => 409,
        (None, Operation::Create, Some(_)) => 201,
        (None, Operation::Update, Some(_)) => 200,
        _ => 204,
    };
    let body = json!({ "conflict": written.result.conflict, "record": row });
    Ok(Ok(RestAnswer { status, tag, body }))
}
