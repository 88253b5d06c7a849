//! The extractor by which a route demands a signed-in caller.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::ApiError;
use super::state::AppState;
use crate::identity::sqlite::SqliteIdentity;
use crate::identity::{Identity, access};

impl FromRequestParts<AppState> for Identity {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = bearer_token(parts).ok_or(ApiError::Unauthenticated)?.to_owned();
        let now = state.now();
        let identity = state
            .read(move |tx| access::authenticate(&SqliteIdentity(tx), now, &token))
            .await?;
        identity.ok_or(ApiError::Unauthenticated)
    }
}

fn bearer_token(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
