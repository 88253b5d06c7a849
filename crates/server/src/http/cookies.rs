//! The two cookies of the sign-in.
//!
//! Neither is sent across sites nor given to scripts. Over TLS both are `Secure` and named with the prefix `__Secure-`,
//! which browsers accept from TLS only, so that nobody can plant one from plain http. Over plain http on loopback both
//! are left out: not every browser stores such cookies there.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use chrono::TimeDelta;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::ApiError;
use super::state::Settings;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignInCookie {
    /// The refresh token.
    Refresh,
    /// What tells a browser that signed in before from strangers; see [`crate::identity::known_browser`].
    Browser,
}

use SignInCookie::{Browser, Refresh};

impl SignInCookie {
    fn plain_name(self) -> &'static str {
        match self {
            Refresh => "holdfast_refresh",
            Browser => "holdfast_browser",
        }
    }

    fn secure_name(self) -> &'static str {
        match self {
            Refresh => "__Secure-holdfast_refresh",
            Browser => "__Secure-holdfast_browser",
        }
    }

    fn name(self, settings: &Settings) -> &'static str {
        match settings.secure_cookies {
            true => self.secure_name(),
            false => self.plain_name(),
        }
    }

    fn path(self) -> &'static str {
        match self {
            Refresh => "/oauth",
            Browser => "/oauth/authorize",
        }
    }

    /// The cookie's value, if the request brings it. A refresh token under the name that it had before the prefix
    /// counts where there is no other, so that an upgrade signs nobody out.
    pub fn read(self, settings: &Settings, headers: &HeaderMap) -> Option<String> {
        let former = || self.former(settings).and_then(|name| value_of(name, headers));
        value_of(self.name(settings), headers).or_else(former)
    }

    /// The name without the prefix, where the prefix has taken its place.
    fn former(self, settings: &Settings) -> Option<&'static str> {
        (self == Refresh && settings.secure_cookies).then(|| self.plain_name())
    }

    /// The `Set-Cookie` values that keep `value` for `lifetime`, and remove it under the former name if the request
    /// brought it so.
    pub fn keep(
        self,
        settings: &Settings,
        headers: &HeaderMap,
        value: &str,
        lifetime: TimeDelta,
    ) -> Result<Vec<HeaderValue>, ApiError> {
        let mut lines = vec![self.line(settings, self.name(settings), value, lifetime)?];
        let former = self.former(settings);
        if let Some(name) = former.filter(|name| value_of(name, headers).is_some()) {
            lines.push(self.line(settings, name, "", TimeDelta::zero())?);
        }
        Ok(lines)
    }

    /// The `Set-Cookie` values that make the browser forget it.
    pub fn forget(self, settings: &Settings, headers: &HeaderMap) -> Result<Vec<HeaderValue>, ApiError> {
        self.keep(settings, headers, "", TimeDelta::zero())
    }

    fn line(
        self,
        settings: &Settings,
        name: &str,
        value: &str,
        lifetime: TimeDelta,
    ) -> Result<HeaderValue, ApiError> {
        let cookie = Cookie::build((name, value))
            .path(self.path())
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(settings.secure_cookies)
            .max_age(Duration::seconds(lifetime.num_seconds()));
        HeaderValue::try_from(cookie.to_string()).map_err(ApiError::internal)
    }
}

fn value_of(name: &str, headers: &HeaderMap) -> Option<String> {
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}
