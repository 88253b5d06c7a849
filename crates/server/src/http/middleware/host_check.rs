//! Refuses requests that call this server by a name that is none of its own ([`hosts`]).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::ApiError;
use crate::http::client_address::ClientAddress;
use crate::http::hosts;
use crate::http::state::AppState;
use crate::security_log::{self, Event};

/// Refuses requests by another name.
pub(in crate::http) async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some(named) = hosts::asked(request.headers(), request.uri().authority()) else {
        let reason = "Name this server in exactly one Host header.";
        return ApiError::malformed(reason).into_response();
    };
    let foreign = named.iter().find(|host| !state.settings.hosts.admit(host));
    let Some(foreign) = foreign else {
        return next.run(request).await;
    };
    let client = ClientAddress::of(&state.settings, request.headers(), request.extensions());
    security_log::record_sparingly(Event::HostRefused {
        host: &foreign.name,
        network: &client.network(),
    });
    ApiError::Misdirected.into_response()
}
