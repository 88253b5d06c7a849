//! The origin under which the client reached this server: the OAuth issuer, and the home of the redirect address.

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;

use super::ApiError;
use super::state::AppState;

/// Scheme, host and port, without a trailing slash.
///
/// Without a configured public URL it follows the `Host` header: a browser sets that from the address it talks to,
/// so a page elsewhere cannot choose it for its victim.
#[derive(Debug, Clone)]
pub(super) struct Origin(pub String);

impl FromRequestParts<AppState> for Origin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if let Some(url) = &state.settings.public_url {
            return Ok(Self(url.origin().ascii_serialization()));
        }
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.ok_or_else(|| ApiError::malformed("The Host header is missing."))?;
        let scheme = if state.settings.secure_cookies {
            "https"
        } else {
            "http"
        };
        Ok(Self(format!("{scheme}://{host}")))
    }
}
