//! Holds each network to what it may ask of each OAuth route.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde_json::json;

use crate::http::ApiError;
use crate::http::client_address::ClientAddress;
use crate::http::error::whole_seconds;
use crate::http::routes::authorize::too_many_requests;
use crate::http::state::AppState;
use crate::identity::throttle::Key;
use crate::security_log::{self, Event};

/// Refuses what is one too many, before anything of the request is read.
pub(in crate::http) async fn admit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let network = ClientAddress::of(&state.settings, request.headers(), request.extensions()).network();
    let route = route(request.uri().path());
    let verb = if request.method() == Method::POST {
        "POST"
    } else {
        "GET"
    };
    let key = Key::of(&[verb, route, &network]);
    let admitted = state.limits().oauth_requests.admit(state.now(), key);
    match admitted {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            security_log::record_sparingly(Event::LimitHit {
                limit: route,
                user_id: None,
                network: &network,
            });
            refusal(route, wait)
        }
    }
}

/// Addresses that do not exist share one count.
fn route(path: &str) -> &'static str {
    let known = [
        "/oauth/authorize",
        "/oauth/sign-in.css",
        "/oauth/token",
        "/oauth/revoke",
        "/.well-known/oauth-authorization-server",
    ];
    known
        .into_iter()
        .find(|known| *known == path)
        .unwrap_or("/oauth/*")
}

fn refusal(route: &str, wait: TimeDelta) -> Response {
    match route {
        "/oauth/token" | "/oauth/revoke" => {
            let error = json!({"error": "temporarily_unavailable", "error_description": "too many requests"});
            let retry_after = [(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)))];
            (StatusCode::TOO_MANY_REQUESTS, retry_after, Json(error)).into_response()
        }
        "/oauth/authorize" => too_many_requests(wait),
        _ => ApiError::RateLimited { retry_after: wait }.into_response(),
    }
}
