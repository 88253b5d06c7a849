//! The address a request comes from, for rate limits.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

use super::state::AppState;

/// The peer's address, or what the trusted proxy says it is.
#[derive(Debug, Clone)]
pub(super) struct ClientAddress(pub String);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let forwarded = state
            .settings
            .behind_proxy
            .then(|| last_forwarded(parts))
            .flatten();
        let peer = || {
            parts
                .extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map(|peer| peer.0.ip().to_string())
        };
        Ok(Self(forwarded.or_else(peer).unwrap_or_default()))
    }
}

/// The proxy appends the address it saw; what stands before that is the client's own claim.
fn last_forwarded(parts: &Parts) -> Option<String> {
    let header = parts
        .headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()?
        .to_str()
        .ok()?;
    header.rsplit(',').next().map(|address| address.trim().to_owned())
}
