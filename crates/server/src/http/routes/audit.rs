//! The audit trail, for administrators.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use holdfast_core::protocol::WireRecord;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::http::signed_in::SignedIn;
use crate::http::state::AppState;
use crate::http::{ApiError, ApiJson, ApiQuery};
use crate::security_log::{self, Event};
use crate::storage::model::AuditFilter;
use crate::sync::audit::{self, AuditPage};
use crate::sync::{Refusal, restore as restoring};

const DEFAULT_LIMIT: usize = 100;
const MAXIMAL_LIMIT: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Entity type: `work-order`.
    entity: Option<String>,
    /// Record id.
    id: Option<String>,
    /// User id of whoever's write it was.
    user: Option<String>,
    /// `before` of the page before.
    before: Option<u64>,
    /// 1 to 500.
    limit: Option<usize>,
}

/// Conflicts, automatic decisions, restorations and refusals, newest first, with the values that lost.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", security(("bearer" = [])), params(AuditQuery),
    responses((status = 200, body = AuditPage), (status = 400), (status = 401), (status = 403)))]
pub async fn list(
    State(state): State<AppState>,
    me: SignedIn,
    ApiQuery(query): ApiQuery<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let AuditQuery {
        entity,
        id,
        user,
        before,
        limit,
    } = query;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAXIMAL_LIMIT).contains(&limit) {
        return Err(Refusal::malformed(format!("limit must be 1 to {MAXIMAL_LIMIT}.")).into());
    }
    let filter = AuditFilter {
        entity,
        record_id: id,
        user_id: user,
        before,
        limit,
    };
    state
        .look(me, move |tx, cx| audit::list(tx, cx, &filter))
        .await
        .map(Json)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct Restoration {
    /// Positions in the entry's `losing`; the first of each field, if empty.
    #[serde(default)]
    losing: Vec<usize>,
}

/// Puts losing values back, as a new version of the record.
#[utoipa::path(post, path = "/api/v1/audit/{id}/restore", tag = "audit", security(("bearer" = [])),
    params(("id" = String, Path)), request_body = Restoration,
    responses((status = 200, description = "The record", body = ref("#/components/schemas/Record")), (status = 400), (status = 401),
        (status = 403), (status = 404), (status = 409, description = "The record is deleted"), (status = 415, description = "Not `application/json`"), (status = 422)))]
pub async fn restore(
    State(state): State<AppState>,
    me: SignedIn,
    Path(id): Path<String>,
    ApiJson(restoration): ApiJson<Restoration>,
) -> Result<Json<WireRecord>, ApiError> {
    let positions: BTreeSet<usize> = restoration.losing.iter().copied().collect();
    if positions.len() < restoration.losing.len() || positions.len() > MAXIMAL_LIMIT {
        let message = format!("losing must name at most {MAXIMAL_LIMIT} positions, each once.");
        return Err(Refusal::malformed(message).into());
    }
    let (user_id, entry) = (me.user_id.clone(), id.clone());
    let restored = state
        .act(me, move |tx, cx| {
            restoring::restore(tx, cx, &id, &restoration.losing)
        })
        .await?;
    security_log::record(Event::AuditRestored {
        user_id: &user_id,
        entry: &entry,
    });
    Ok(Json(restored))
}
