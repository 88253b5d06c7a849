//! The cookie that carries the refresh token.
//!
//! It is sent to `/oauth` only, never across sites and never to scripts. `Secure` is left out only while the server
//! listens on loopback without TLS: not every browser stores such cookies from plain http there.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use chrono::TimeDelta;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::ApiError;
use super::state::Settings;

const NAME: &str = "holdfast_refresh";
const PATH: &str = "/oauth";

/// The refresh token of the request, if it brings one.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies
        .find(|cookie| cookie.name() == NAME)
        .map(|cookie| cookie.value().to_owned())
}

/// The `Set-Cookie` value that keeps `token` for `lifetime`.
pub(super) fn keep(settings: &Settings, token: &str, lifetime: TimeDelta) -> Result<HeaderValue, ApiError> {
    let cookie = Cookie::build((NAME, token))
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(settings.secure_cookies)
        .max_age(Duration::seconds(lifetime.num_seconds()));
    HeaderValue::try_from(cookie.to_string()).map_err(ApiError::internal)
}

/// The `Set-Cookie` value that makes the browser forget it.
pub(super) fn forget(settings: &Settings) -> Result<HeaderValue, ApiError> {
    keep(settings, "", TimeDelta::zero())
}
