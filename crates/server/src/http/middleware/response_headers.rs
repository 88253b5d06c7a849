//! Adds the security headers to every response.

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::Response;

use crate::http::state::AppState;

/// Adds the headers to every response.
pub(in crate::http) async fn add(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in state.security_headers.of(headers.get(CONTENT_TYPE)) {
        headers.insert(name, value.clone());
    }
    response
}
