//! The authorization endpoint's rules: which requests deserve a sign-in page, and the code a sign-in earns.

use chrono::{DateTime, TimeDelta, Utc};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};

use super::IdentityError;
use super::secret::Secret;
use crate::storage::identity::{AuthorizationCode, User};
use crate::storage::port::IdentityWriter;

/// The one client: the app that this server itself serves. It is public; PKCE stands in for a client secret.
pub const CLIENT_ID: &str = "holdfast-pwa";

/// Where, on this server's own origin, the app receives the code.
pub const REDIRECT_PATH: &str = "/signed-in";

/// How long a code waits to be exchanged. The browser does it at once.
pub const CODE_LIFETIME: TimeDelta = TimeDelta::seconds(60);

/// A SHA-256 in unpadded base64url.
const CHALLENGE_LENGTH: usize = 43;

/// The parameters of RFC 6749 §4.1.1 and RFC 7636 §4.3, as they came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthorizationRequest {
    pub response_type: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub code_challenge: String,
    pub code_challenge_method: String,
    pub state: String,
    /// A user name to fill in beforehand.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub login_hint: String,
}

/// Why a request gets no sign-in page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// The client or the return address is not ours: told on a page, and never redirected to.
    Untrusted(&'static str),
    /// Ours, but malformed: the app gets this error code and description at its return address.
    Malformed(&'static str, &'static str),
}

/// Checks a request that reached the server under `origin` (scheme, host and port).
pub fn check(request: &AuthorizationRequest, origin: &str) -> Result<(), Objection> {
    if request.client_id != CLIENT_ID {
        return Err(Objection::Untrusted("This application is not known here."));
    }
    if request.redirect_uri != format!("{origin}{REDIRECT_PATH}") {
        return Err(Objection::Untrusted(
            "The return address does not belong to this server.",
        ));
    }
    if request.response_type != "code" {
        let reason = "response_type must be \"code\"";
        return Err(Objection::Malformed("unsupported_response_type", reason));
    }
    if request.code_challenge_method != "S256" {
        return Err(Objection::Malformed(
            "invalid_request",
            "code_challenge_method must be \"S256\"",
        ));
    }
    if request.code_challenge.len() != CHALLENGE_LENGTH {
        let reason = "code_challenge must be a SHA-256 in unpadded base64url";
        return Err(Objection::Malformed("invalid_request", reason));
    }
    Ok(())
}

/// Issues the code for an account whose password was just verified, outside this transaction; none if the account was
/// changed meanwhile: the password may be one that lets nobody in any more.
pub fn issue_code_to(
    store: &mut dyn IdentityWriter,
    rng: &mut dyn CryptoRng,
    now: DateTime<Utc>,
    verified: &User,
    request: &AuthorizationRequest,
) -> Result<Option<Secret>, IdentityError> {
    let account = store.user(&verified.id)?;
    let unchanged =
        account.is_some_and(|account| !account.disabled && account.password_hash == verified.password_hash);
    if !unchanged {
        return Ok(None);
    }
    issue_code(store, rng, now, &verified.id, request).map(Some)
}

/// Issues the code for a person who proved who they are.
pub fn issue_code(
    store: &mut dyn IdentityWriter,
    rng: &mut dyn CryptoRng,
    now: DateTime<Utc>,
    user_id: &str,
    request: &AuthorizationRequest,
) -> Result<Secret, IdentityError> {
    let code = Secret::random(rng);
    store.save_code(&AuthorizationCode {
        hash: code.hash(),
        user_id: user_id.to_owned(),
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        expires_at: now + CODE_LIFETIME,
        spent: false,
        session_id: None,
    })?;
    Ok(code)
}
