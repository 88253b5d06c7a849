//! Counts requests and times their answers.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::http::state::AppState;

/// Counts a request and times its answer.
pub(in crate::http) async fn count(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>();
    let route = pattern.map_or("static", MatchedPath::as_str).to_owned();
    let method = known_method(request.method()).to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    state.metrics.observe(method, route, status, begun.elapsed());
    response
}

/// Methods can be any token a client likes; those must not become series.
fn known_method(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known
        .into_iter()
        .find(|name| *name == method.as_str())
        .unwrap_or("other")
}
