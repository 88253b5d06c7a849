//! The packs in force, as clients read them.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use holdfast_core::pack::Pack;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::records::unless_known;
use crate::http::ApiError;
use crate::http::signed_in::SignedIn;
use crate::http::state::AppState;

#[derive(Serialize)]
struct Domains<'a> {
    packs: Vec<&'a Pack>,
}

/// All domain packs.
#[utoipa::path(get, path = "/api/v1/domains", tag = "domains", security(("bearer" = [])),
    responses((status = 200, body = ref("#/components/schemas/Domains")),
        (status = 304, description = "As `If-None-Match` has it"), (status = 401)))]
pub async fn list(
    State(state): State<AppState>,
    _: SignedIn,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let domains = Domains {
        packs: state.packs.iter().collect(),
    };
    let text = serde_json::to_string(&domains).map_err(ApiError::internal)?;
    let hash: String = Sha256::digest(&text)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(unless_known(&headers, &format!("\"{hash}\""), Json(domains)))
}
