//! The routes and what wraps them.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::extract::BODY_LIMIT;
use super::middleware::{host_check, oauth_limits, request_metrics, response_headers};
use super::state::AppState;
use super::{ApiError, compression, routes, static_files};

/// Until the head of the response; bodies may stream for longer.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The whole server.
pub fn router(state: AppState) -> Router {
    let pages = Router::new()
        .fallback_service(static_files::service(&state.settings.web))
        .layer(compression::files());
    let mut routes = Router::new()
        .merge(api())
        .merge(oauth(&state))
        .merge(health())
        .merge(pages);
    routes = match state.settings.separate_operations {
        true => routes.merge(no_operations()),
        false => routes.merge(operations()),
    };
    let routes = routes.layer(from_fn_with_state(state.clone(), host_check::check));
    guard(routes, &state).with_state(state)
}

/// What the operator's own listener serves. It may be asked by any name: monitoring finds a server by its address, and
/// nothing here belongs to anybody signed in.
pub fn operations_router(state: AppState) -> Router {
    let routes = Router::new()
        .merge(health())
        .merge(operations())
        .fallback(unknown_address);
    guard(routes, &state).with_state(state)
}

/// What every response passes through, also those that nobody foresaw.
fn guard(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), response_headers::add))
        .layer(from_fn_with_state(state.clone(), request_metrics::count))
}

fn api() -> Router<AppState> {
    let routes = Router::new()
        .route("/api/v1/me", get(routes::me::show))
        .route("/api/v1/devices", get(routes::devices::list))
        .route("/api/v1/devices/{id}", delete(routes::devices::remove))
        .route("/api/v1/domains", get(routes::domains::list))
        .route("/api/v1/sync/push", post(routes::sync::push))
        .route("/api/v1/sync/delta", get(routes::sync::delta))
        .route("/api/v1/sync/records", get(routes::sync::records))
        .route("/api/v1/sync/digest", get(routes::sync::digest))
        .route("/api/v1/conflicts/{id}/resolve", post(routes::conflicts::resolve))
        .route("/api/v1/audit", get(routes::audit::list))
        .route("/api/v1/audit/{id}/restore", post(routes::audit::restore))
        .route(
            "/api/v1/{entities}",
            get(routes::records::list).post(routes::records::create),
        )
        .route(
            "/api/v1/{entities}/{id}",
            get(routes::records::get)
                .patch(routes::records::update)
                .delete(routes::records::delete),
        )
        .route("/api/v1/{entities}/{id}/history", get(routes::records::history))
        .route("/api", any(unknown_address))
        .route("/api/{*rest}", any(unknown_address))
        .method_not_allowed_fallback(method_not_allowed);
    wrap_api(routes)
}

/// What every route of the API is wrapped in.
fn wrap_api(routes: Router<AppState>) -> Router<AppState> {
    routes.layer(
        ServiceBuilder::new()
            .layer(no_store())
            .layer(compression::other_answers())
            .layer(compression::large_answers())
            .layer(from_fn(time_limit))
            .layer(from_fn(known_encoding))
            .layer(RequestDecompressionLayer::new())
            .layer(DefaultBodyLimit::max(BODY_LIMIT)),
    )
}

fn oauth(state: &AppState) -> Router<AppState> {
    let routes = Router::new()
        .route(
            "/oauth/authorize",
            get(routes::authorize::page).post(routes::authorize::sign_in),
        )
        .route("/oauth/sign-in.css", get(routes::authorize::style))
        .route("/oauth/token", post(routes::token::grant))
        .route("/oauth/revoke", post(routes::revoke::revoke))
        .route("/oauth", any(unknown_address))
        .route("/oauth/{*rest}", any(unknown_address))
        .route(
            "/.well-known/oauth-authorization-server",
            get(routes::metadata::show),
        )
        .method_not_allowed_fallback(method_not_allowed);
    routes.layer(
        ServiceBuilder::new()
            .layer(no_store())
            .layer(from_fn_with_state(state.clone(), oauth_limits::admit))
            .layer(from_fn(time_limit))
            .layer(DefaultBodyLimit::max(64 * 1024)),
    )
}

fn health() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(routes::health::alive))
        .layer(no_store())
}

const OPERATIONS: [&str; 3] = ["/readyz", "/metrics", "/api/v1/openapi.json"];

fn operations() -> Router<AppState> {
    let [ready, metrics, openapi] = OPERATIONS;
    let routes = Router::new()
        .route(ready, get(routes::health::ready))
        .route(metrics, get(routes::metrics::show))
        .route(openapi, get(routes::openapi::show))
        .method_not_allowed_fallback(method_not_allowed);
    wrap_api(routes)
}

/// In the place of [`operations`] where those have a listener of their own.
fn no_operations() -> Router<AppState> {
    let add = |routes: Router<AppState>, path| routes.route(path, any(unknown_address));
    OPERATIONS.into_iter().fold(Router::new(), add).layer(no_store())
}

fn no_store() -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

async fn unknown_address() -> ApiError {
    ApiError::NotFound("There is nothing at this address.".to_owned())
}

async fn method_not_allowed() -> ApiError {
    ApiError::MethodNotAllowed
}

async fn time_limit(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::TimedOut.into_response(),
    }
}

/// The decompression layer would answer other encodings with an empty body.
async fn known_encoding(request: Request, next: Next) -> Response {
    match request.headers().get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"gzip" | b"identity") => next.run(request).await,
        Some(_) => ApiError::UnsupportedMediaType("gzip, or without Content-Encoding").into_response(),
    }
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    ApiError::internal(text.unwrap_or_else(|| "a panic without a message".to_owned())).into_response()
}

#[cfg(test)]
mod tests;
