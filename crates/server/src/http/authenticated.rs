//! The extractor by which a route demands a signed-in caller, within what that caller may ask for.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::ApiError;
use super::quotas::Kind;
use super::signed_in::SignedIn;
use super::state::AppState;
use crate::identity::throttle::Key;
use crate::identity::{Identity, access};
use crate::security_log::{self, Event};

impl SignedIn {
    /// Counts the operations of a push, beyond the one that every request counts as.
    pub(super) fn count_operations(&self, state: &AppState, operations: usize) -> Result<(), ApiError> {
        let further = operations.saturating_sub(1).try_into().unwrap_or(u32::MAX);
        spend(state, self, Kind::Write, further)
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = bearer_token(parts).ok_or(ApiError::Unauthenticated)?.to_owned();
        let now = state.now();
        let identity = state
            .read(move |tx| access::authenticate(tx.identity(), now, &token))
            .await?;
        let identity = identity.ok_or(ApiError::Unauthenticated)?;
        let kind = match parts.method {
            Method::GET | Method::HEAD => Kind::Read,
            _ => Kind::Write,
        };
        spend(state, &identity, kind, 1)?;
        parts.extensions.insert(Payer {
            identity: identity.clone(),
            state: state.clone(),
        });
        let turn = state.user_turns.enter(Key::of(&[&identity.user_id])).await;
        let turn = turn.map_err(|_| limited(&identity, "requests at once", chrono::TimeDelta::seconds(1)))?;
        Ok(Self::new(identity, turn))
    }
}

/// Pays for the size of a request's body, as it is unpacked.
#[derive(Debug, Clone)]
pub(super) struct Payer {
    identity: Identity,
    state: AppState,
}

/// Bytes of a body that count as one more write.
const BYTES_OF_A_WRITE: usize = 16 * 1024;

impl Payer {
    pub fn pay_for(&self, bytes: usize) -> Result<(), ApiError> {
        let further = (bytes / BYTES_OF_A_WRITE).try_into().unwrap_or(u32::MAX);
        spend(&self.state, &self.identity, Kind::Write, further)
    }
}

fn spend(state: &AppState, who: &Identity, kind: Kind, amount: u32) -> Result<(), ApiError> {
    let limit = match kind {
        Kind::Read => "reads",
        Kind::Write => "writes",
    };
    let spent = state.quotas.spend(who, kind, amount);
    spent.map_err(|wait| limited(who, limit, wait))
}

fn limited(who: &Identity, limit: &'static str, retry_after: chrono::TimeDelta) -> ApiError {
    security_log::record_sparingly(Event::LimitHit {
        limit,
        user_id: Some(&who.user_id),
        network: "",
    });
    ApiError::RateLimited { retry_after }
}

fn bearer_token(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
