//! Settling conflicts by REST. Listing them is that of any record.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use holdfast_core::Fields;
use holdfast_core::protocol::IfMatch;
use holdfast_core::record::Operation;
use serde::Deserialize;
use utoipa::ToSchema;

use super::records::carry_out;
use crate::http::signed_in::SignedIn;
use crate::http::state::AppState;
use crate::http::{ApiError, ApiJson};
use crate::sync::rest::RestWrite;

#[derive(Debug, Deserialize, ToSchema)]
pub struct Settlement {
    /// By field: `{ "choice": "mine" | "theirs" | "value", "value"?, "remember"? }`; of a deleted record:
    /// `{ "record": { "choice": "recreate" | "let-go" } }`.
    #[schema(value_type = Object)]
    resolution: Fields,
    /// Values by field of the record, in place of chosen ones that another record has taken meanwhile.
    #[schema(value_type = Object)]
    #[serde(default)]
    instead: Fields,
}

/// Settles a conflict. The first to do so wins; a later one gets the conflict as it was settled.
#[utoipa::path(post, path = "/api/v1/conflicts/{id}/resolve", tag = "conflicts", security(("bearer" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Settlement,
    responses((status = 200, description = "The conflict", body = ref("#/components/schemas/Record")), (status = 204, description = "Done, now or before under this key; the record is gone, or no longer yours to see"), (status = 400), (status = 401),
        (status = 403), (status = 404), (status = 409), (status = 415, description = "Not `application/json`"),
        (status = 422, description = "A field without a choice")))]
pub async fn resolve(
    State(state): State<AppState>,
    me: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
    ApiJson(settlement): ApiJson<Settlement>,
) -> Result<Response, ApiError> {
    let key = headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok())
        .map(str::to_owned);
    let mut body = Fields::from_iter([("resolution".to_owned(), settlement.resolution.into())]);
    if !settlement.instead.is_empty() {
        body.insert("instead".to_owned(), settlement.instead.into());
    }
    let write = RestWrite {
        operation: Operation::Update,
        id: Some(id),
        body,
        key,
        if_match: IfMatch::Absent,
    };
    carry_out(&state, me, "conflicts".to_owned(), write, StatusCode::OK)
        .await
        .map(|(_, response)| response)
}
