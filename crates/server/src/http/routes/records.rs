//! Plain REST over records: `/api/v1/{entities}` and what is below.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LINK};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use holdfast_core::Fields;
use holdfast_core::pack::Entity;
use holdfast_core::protocol::{IfMatch, WireRecord};
use holdfast_core::record::Operation;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use crate::http::signed_in::SignedIn;
use crate::http::state::AppState;
use crate::http::{ApiError, ApiJson, ApiQuery};
use crate::records::whole;
use crate::storage::model::StoredRecord;
use crate::storage::port::Transaction;
use crate::sync::rest::{self, HistoryPage, HistoryRequest, ListRequest, RestWrite, Written};
use crate::sync::{Context, Refusal};

/// Lists readable records. Any other query parameter is a field that must have this value.
#[utoipa::path(get, path = "/api/v1/{entities}", tag = "records", security(("bearer" = [])),
    params(("entities" = String, Path, description = "The plural name: `work-orders`"),
        ("page" = Option<String>, Query, description = "`nextPage` of the page before"),
        ("limit" = Option<usize>, Query, description = "1 to 500")),
    responses((status = 200, body = ref("#/components/schemas/RecordPage")),
        (status = 304, description = "As `If-None-Match` has it"), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub async fn list(
    State(state): State<AppState>,
    me: SignedIn,
    Path(plural): Path<String>,
    ApiQuery(mut query): ApiQuery<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = query.remove("page");
    let limit = match query.remove("limit").map(|limit| limit.parse()) {
        Some(Err(_)) => return Err(ApiError::malformed("limit must be a whole number.")),
        Some(Ok(limit)) => Some(limit),
        None => None,
    };
    let request = ListRequest {
        page,
        limit,
        filters: query.into_iter().collect(),
    };
    let found = state.look(me, move |tx, cx| match rest::entity(cx, &plural) {
        Ok(entity) => rest::list(tx, cx, entity, &request),
        Err(refusal) => Ok(Err(refusal)),
    });
    let body = serde_json::to_vec(&found.await?).map_err(ApiError::internal)?;
    let hash: String = Sha256::digest(&body)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let json = [("content-type", "application/json")];
    Ok(unless_known(&headers, &format!("\"{hash}\""), (json, body)))
}

/// One record.
#[utoipa::path(get, path = "/api/v1/{entities}/{id}", tag = "records", security(("bearer" = [])),
    params(("entities" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = ref("#/components/schemas/Record")), (status = 304), (status = 401), (status = 403), (status = 404)))]
pub async fn get(
    State(state): State<AppState>,
    me: SignedIn,
    Path((plural, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = state.look(me, move |tx, cx| match rest::entity(cx, &plural) {
        Ok(entity) => {
            let record = rest::get(tx, cx, entity, &id)?;
            Ok(record
                .map(|record| shown(tx, cx, entity, &record))
                .transpose()?
                .ok_or_else(not_there))
        }
        Err(refusal) => Ok(Err(refusal)),
    });
    let (tag, row) = found.await?;
    Ok(unless_known(&headers, &tag, Json(row)))
}

fn not_there() -> Refusal {
    Refusal::not_found("This record is not there, or is not yours to see.")
}

/// The answer with its tag; 304 without a body where the caller has it.
pub(super) fn unless_known(headers: &HeaderMap, tag: &str, answer: impl IntoResponse) -> Response {
    let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let fresh = known.is_some_and(|tags| {
        tags.split(',')
            .any(|known| known.trim().trim_start_matches("W/") == tag)
    });
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        answer.into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Only versions after this one; from the first on, if absent.
    after: Option<u64>,
    /// The last versions before this one.
    before: Option<u64>,
    /// 1 to 500; 100, if absent.
    limit: Option<usize>,
}

/// The versions of a record, oldest first: who, when, which fields, from what to what.
#[utoipa::path(get, path = "/api/v1/{entities}/{id}/history", tag = "records", security(("bearer" = [])),
    params(("entities" = String, Path), ("id" = String, Path), HistoryQuery),
    responses((status = 200, description = "Versions; `Link` names the pages beside this one, as `next` and `prev`", body = ref("#/components/schemas/History")),
        (status = 400), (status = 401), (status = 403), (status = 404)))]
pub async fn history(
    State(state): State<AppState>,
    me: SignedIn,
    Path((plural, id)): Path<(String, String)>,
    OriginalUri(address): OriginalUri,
    ApiQuery(query): ApiQuery<HistoryQuery>,
) -> Result<Response, ApiError> {
    let HistoryQuery { after, before, limit } = query;
    let request = HistoryRequest { after, before, limit };
    let found = state.look(me, move |tx, cx| match rest::entity(cx, &plural) {
        Ok(entity) => rest::history(tx, cx, entity, &id, &request),
        Err(refusal) => Ok(Err(refusal)),
    });
    let HistoryPage {
        versions,
        previous,
        next,
    } = found.await?;
    let limit = limit.unwrap_or(rest::DEFAULT_PAGE);
    let link = |relation: &str, side: &str, version: u64| {
        let path = address.path();
        format!("<{path}?{side}={version}&limit={limit}>; rel=\"{relation}\"")
    };
    let links = [
        next.map(|version| link("next", "after", version)),
        previous.map(|version| link("prev", "before", version)),
    ];
    let links = links.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut response = Json(versions).into_response();
    if let Some(links) = HeaderValue::from_str(&links)
        .ok()
        .filter(|links| !links.is_empty())
    {
        response.headers_mut().insert(LINK, links);
    }
    Ok(response)
}

/// Creates a record.
#[utoipa::path(post, path = "/api/v1/{entities}", tag = "records", security(("bearer" = [])),
    params(("entities" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = ref("#/components/schemas/Fields")),
    responses((status = 201, description = "The record, and its `Location`", body = ref("#/components/schemas/Record")), (status = 204, description = "Done, now or before under this key; the record is gone, or no longer yours to see"), (status = 400),
        (status = 401), (status = 403), (status = 404), (status = 409), (status = 415, description = "Not `application/json`"),
        (status = 422, description = "`error.fields` says which")))]
pub async fn create(
    State(state): State<AppState>,
    me: SignedIn,
    Path(plural): Path<String>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Fields>,
) -> Result<Response, ApiError> {
    let write = RestWrite {
        operation: Operation::Create,
        id: None,
        body,
        key: key(&headers),
        if_match: IfMatch::Absent,
    };
    let path = plural.clone();
    let (written, mut response) = carry_out(&state, me, plural, write, StatusCode::CREATED).await?;
    let location = written
        .record
        .and_then(|record| HeaderValue::from_str(&format!("/api/v1/{path}/{}", record.id)).ok());
    if let Some(location) = location {
        response.headers_mut().insert("location", location);
    }
    Ok(response)
}

/// Changes some fields of a record; `null` clears one.
#[utoipa::path(patch, path = "/api/v1/{entities}/{id}", tag = "records", security(("bearer" = [])),
    params(("entities" = String, Path), ("id" = String, Path), ("Idempotency-Key" = Option<String>, Header),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that its author saw; merged if it is not the last. Needed where a field is changed of which a person decides")),
    request_body(content = ref("#/components/schemas/Fields")),
    responses((status = 200, description = "The record", body = ref("#/components/schemas/Record")), (status = 204, description = "Done, now or before under this key; the record is gone, or no longer yours to see"), (status = 400), (status = 401),
        (status = 403), (status = 404), (status = 409, description = "`conflict`; the other fields were applied"), (status = 412, description = "Not a version of this record"), (status = 415, description = "Not `application/json`"), (status = 422),
        (status = 428, description = "`If-Match` is needed")))]
pub async fn update(
    State(state): State<AppState>,
    me: SignedIn,
    Path((plural, id)): Path<(String, String)>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Fields>,
) -> Result<Response, ApiError> {
    let (key, if_match) = (key(&headers), if_match(&headers)?);
    let write = RestWrite {
        operation: Operation::Update,
        id: Some(id),
        body,
        key,
        if_match,
    };
    carry_out(&state, me, plural, write, StatusCode::OK)
        .await
        .map(|(_, response)| response)
}

/// Deletes a record.
#[utoipa::path(delete, path = "/api/v1/{entities}/{id}", tag = "records", security(("bearer" = [])),
    params(("entities" = String, Path), ("id" = String, Path), ("Idempotency-Key" = Option<String>, Header),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that its author saw; `*` for whatever is there. Needed")),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404),
        (status = 409, description = "Changed since by somebody else: a person decides"), (status = 412, description = "Not a version of this record"), (status = 422),
        (status = 428, description = "`If-Match` is needed")))]
pub async fn delete(
    State(state): State<AppState>,
    me: SignedIn,
    Path((plural, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (key, if_match) = (key(&headers), if_match(&headers)?);
    let write = RestWrite {
        operation: Operation::Delete,
        id: Some(id),
        body: Fields::new(),
        key,
        if_match,
    };
    carry_out(&state, me, plural, write, StatusCode::NO_CONTENT)
        .await
        .map(|(_, response)| response)
}

fn key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    key.map(|key| key.trim_matches('"').to_owned())
        .filter(|key| !key.is_empty())
}

fn if_match(headers: &HeaderMap) -> Result<IfMatch, ApiError> {
    let values: Result<Vec<&str>, _> = headers
        .get_all(IF_MATCH)
        .iter()
        .map(HeaderValue::to_str)
        .collect();
    let found = values.ok().and_then(IfMatch::parse);
    found.ok_or_else(|| ApiError::malformed("If-Match must be * or the ETag of the record, in its quotes."))
}

/// Writes, and answers with the record; with 409, where a person has to decide.
pub(super) async fn carry_out(
    state: &AppState,
    me: SignedIn,
    plural: String,
    write: RestWrite,
    success: StatusCode,
) -> Result<(Written, Response), ApiError> {
    let done = state.act(me, move |tx, cx| match writable(cx, &plural) {
        Ok(entity) => match rest::write(tx, cx, entity, write)? {
            Ok(written) => {
                let row = written
                    .record
                    .as_ref()
                    .map(|record| shown(tx, cx, entity, record));
                Ok(Ok((written, row.transpose()?)))
            }
            Err(refusal) => Ok(Err(refusal)),
        },
        Err(refusal) => Ok(Err(refusal)),
    });
    let (written, row) = done.await?;
    let response = match (&written.result.conflict, row) {
        (Some(conflict), row) => {
            let body = serde_json::json!({
                "error": {
                    "code": "VERSION_CONFLICT",
                    "message": "Somebody else changed this too. A person has to decide; the other fields were applied.",
                },
                "conflict": conflict,
                "record": row.map(|(_, row)| row),
            });
            (StatusCode::CONFLICT, Json(body)).into_response()
        }
        (None, Some((tag, row))) if success != StatusCode::NO_CONTENT => {
            (success, [(ETAG, tag)], Json(row)).into_response()
        }
        (None, _) => StatusCode::NO_CONTENT.into_response(),
    };
    Ok((written, response))
}

fn writable<'a>(cx: &Context<'a>, plural: &str) -> Result<&'a Entity, Refusal> {
    let found = cx.packs.entity_by_plural(plural);
    found.ok_or_else(|| Refusal::not_found(format!("There are no \"{plural}\" here.")))
}

/// The record with its entity tag.
fn shown(
    tx: &dyn Transaction,
    cx: &Context<'_>,
    entity: &Entity,
    record: &StoredRecord,
) -> crate::storage::port::Result<(String, WireRecord)> {
    let row = whole(entity, record, &cx.caller.device_id);
    Ok((rest::tag(tx, record)?, row))
}
