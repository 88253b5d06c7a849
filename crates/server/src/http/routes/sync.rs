//! The sync endpoints. Shapes and answers: `docs/protocol.md`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use holdfast_core::protocol::{Digest, Layout, PushRequest, PushResponse};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::signed_in::SignedIn;
use crate::http::state::AppState;
use crate::http::{ApiError, ApiJson, ApiQuery};
use crate::sync::delta::{Delta, DeltaRequest};
use crate::sync::digest::DigestRequest;
use crate::sync::row::TextRow;
use crate::sync::{Refusal, digest as digests, pull, push as pushing, readers};

/// How long one batch may keep others from writing. An honest batch of 250 takes less.
const BATCH_TIME: Duration = Duration::from_millis(100);

/// Sends a batch of queued writes.
#[utoipa::path(post, path = "/api/v1/sync/push", tag = "sync", security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/PushRequest")),
    responses((status = 200, description = "A result for each operation, in order; `retry` for those that there was no time for", body = ref("#/components/schemas/PushResponse")),
        (status = 400, description = "Not a batch"), (status = 401), (status = 403, description = "Another device's"),
        (status = 410, description = "A cursor or receipt of no use: start again without it; `offerAgain` says whether writes were lost"),
        (status = 413, description = "More than 500 operations, or 8 MiB"), (status = 415, description = "Not `application/json`"),
        (status = 422), (status = 503)))]
pub async fn push(
    State(state): State<AppState>,
    me: SignedIn,
    ApiJson(request): ApiJson<PushRequest>,
) -> Result<Json<PushResponse>, ApiError> {
    me.count_operations(&state, request.operations.len())?;
    state
        .act(me, move |tx, cx| {
            let begun = Instant::now();
            pushing::push_while(tx, cx, &request, || begun.elapsed() < BATCH_TIME)
        })
        .await
        .map(Json)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeltaQuery {
    /// A cursor, or an RFC 3339 time (for readers that are no devices); a scan of everything begins, if absent.
    since: Option<String>,
    /// Plural names, comma-separated; all entities, if absent.
    entities: Option<String>,
    /// Rows of a page: 1 to 2,000.
    limit: Option<usize>,
    /// `columns`: whole records by columns, where there are several of a collection; otherwise `rows`.
    #[param(value_type = Option<String>, pattern = "^(rows|columns)$")]
    #[serde(default)]
    layout: Layout,
    /// The `receipt` of the last push, until a pull after it has come to its end.
    receipt: Option<String>,
}

/// What changed for this device.
#[utoipa::path(get, path = "/api/v1/sync/delta", tag = "sync", security(("bearer" = [])), params(DeltaQuery),
    responses((status = 200, description = "A page of changes and the cursor behind it", body = ref("#/components/schemas/Delta")),
        (status = 400, description = "An unreadable cursor, or one of another entity set"), (status = 401),
        (status = 410, description = "A cursor or receipt of no use: start again without it; `offerAgain` says whether writes were lost")))]
pub async fn delta(
    State(state): State<AppState>,
    me: SignedIn,
    ApiQuery(query): ApiQuery<DeltaQuery>,
) -> Result<Json<Delta>, ApiError> {
    let DeltaQuery {
        since,
        entities,
        limit,
        layout,
        receipt,
    } = query;
    // In a query a plus that is not encoded reads as a space; a time may have one before its offset.
    let since = since.map(|since| since.replace(' ', "+"));
    let request = DeltaRequest {
        since,
        entities,
        limit,
        layout,
        receipt,
    };
    if readers::asks(request.since.as_deref()) {
        let page = state.look(me, move |tx, cx| readers::read(tx, cx, &request));
        return page.await.map(Json);
    }
    state
        .tell(me, move |tx, cx| pull::delta(tx, cx, &request))
        .await
        .map(Json)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecordsQuery {
    /// The plural name: `work-orders`.
    entity: String,
    /// Comma-separated, at most 200.
    ids: String,
}

/// Whole records by id; those that are not readable are absent.
#[utoipa::path(get, path = "/api/v1/sync/records", tag = "sync", security(("bearer" = [])), params(RecordsQuery),
    responses((status = 200, description = "Records by collection", body = ref("#/components/schemas/RecordsByCollection")),
        (status = 400), (status = 401), (status = 413)))]
pub async fn records(
    State(state): State<AppState>,
    me: SignedIn,
    ApiQuery(query): ApiQuery<RecordsQuery>,
) -> Result<Json<BTreeMap<String, Vec<TextRow>>>, ApiError> {
    let entity = state.packs.entity_by_plural(&query.entity);
    let collection = entity.map(|entity| entity.collection());
    let unknown = || Refusal::malformed(format!("There are no \"{}\" here.", query.entity));
    let collection = collection.ok_or_else(unknown)?;
    let found = state.look(me, move |tx, cx| {
        let ids: Vec<&str> = query.ids.split(',').filter(|id| !id.is_empty()).collect();
        pull::whole_records(tx, cx, &query.entity, &ids)
    });
    Ok(Json(BTreeMap::from([(collection, found.await?)])))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DigestQuery {
    /// The device's cursor, whose page it has stored.
    since: Option<String>,
    /// Plural names, comma-separated; all entities, if absent.
    entities: Option<String>,
    /// Whether to list each id with its version.
    #[serde(default)]
    versions: bool,
}

/// Count and hash of what this device should hold.
#[utoipa::path(get, path = "/api/v1/sync/digest", tag = "sync", security(("bearer" = [])), params(DigestQuery),
    responses((status = 200, body = ref("#/components/schemas/Digest")), (status = 400), (status = 401)))]
pub async fn digest(
    State(state): State<AppState>,
    me: SignedIn,
    ApiQuery(query): ApiQuery<DigestQuery>,
) -> Result<Json<Digest>, ApiError> {
    let DigestQuery {
        since,
        entities,
        versions,
    } = query;
    let request = DigestRequest {
        since,
        entities,
        versions,
    };
    let news = request.clone();
    state
        .tell(me.clone(), move |tx, cx| digests::present(tx, cx, &news))
        .await?;
    state
        .look(me, move |tx, cx| digests::told(tx, cx, &request))
        .await
        .map(Json)
}
