//! What the token endpoint gives: a pair of tokens, or a refusal.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use rand::CryptoRng;
use uuid::Uuid;

use super::IdentityError;
use super::secret::Secret;
use crate::storage::identity::{AccessToken, RefreshToken, SecretHash, Session};
use crate::storage::port::IdentityWriter;

/// How long tokens are good for.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    pub access: TimeDelta,
    /// From each rotation anew: a device that syncs now and then stays signed in.
    pub refresh: TimeDelta,
    /// From the sign-in, whatever happens in between: then the person signs in again.
    pub session: TimeDelta,
    /// For how long after its successor was issued a superseded refresh token is still taken for its owner's.
    pub settling: TimeDelta,
}

/// How long a browser may take to bring a cookie to its disk, and some more.
pub const SETTLING: TimeDelta = TimeDelta::minutes(1);

/// What the token rules take from outside.
pub struct Terms<'a> {
    pub now: DateTime<Utc>,
    pub rng: &'a mut dyn CryptoRng,
    pub lifetimes: Lifetimes,
}

impl fmt::Debug for Terms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms")
            .field("now", &self.now)
            .field("lifetimes", &self.lifetimes)
            .finish_non_exhaustive()
    }
}

/// The answer to a token request. Both are committed.
#[derive(Debug)]
pub enum Grant {
    Issued(Tokens),
    Refused(Refusal),
}

#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: Secret,
    pub access_expires_in: TimeDelta,
    pub refresh: Secret,
    pub refresh_expires_in: TimeDelta,
    pub user_id: String,
    pub device_id: Uuid,
    /// The device's last contact before this one; none if it is new. A device that finds itself empty and was here
    /// before has lost its storage.
    pub device_last_seen_at: Option<DateTime<Utc>>,
}

/// Why no tokens are given. To the client all of them are `invalid_grant`; the text tells its developer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the code is unknown")]
    UnknownCode,
    #[error("the code has expired")]
    CodeExpired,
    #[error("the code was used before; what it opened has been revoked")]
    CodeReplayed,
    #[error("client_id or redirect_uri is not the one the code was issued for")]
    WrongClient,
    #[error("code_verifier does not match the code_challenge")]
    WrongVerifier,
    #[error("there is no refresh token; sign in")]
    NoToken,
    #[error("the refresh token is unknown; sign in")]
    UnknownToken,
    #[error("the refresh token has expired; sign in")]
    TokenExpired,
    #[error("the refresh token was superseded; its session has been revoked; sign in")]
    TokenReused,
    #[error("the session has reached its longest lifetime; sign in")]
    SessionExpired,
    #[error("the session was revoked; sign in")]
    SessionRevoked,
    #[error("the account is disabled; ask an administrator")]
    UserDisabled,
}

/// Gives a stored session the refresh token `refresh`, child of `parent`, and an access token to go with it.
/// `last_seen` is the device's contact before this one.
pub(super) fn issue(
    store: &mut dyn IdentityWriter,
    terms: &mut Terms<'_>,
    session: &Session,
    refresh: Secret,
    parent: Option<SecretHash>,
    last_seen: Option<DateTime<Utc>>,
) -> Result<Tokens, IdentityError> {
    let access = Secret::random(terms.rng);
    let left = session.created_at + terms.lifetimes.session - terms.now;
    let access_expires_in = terms.lifetimes.access.min(left);
    store.save_refresh_token(&RefreshToken {
        hash: refresh.hash(),
        session_id: session.id,
        parent,
        // Not cut off at the session's end: the time of issue is reckoned from it. The session is asked itself.
        expires_at: terms.now + terms.lifetimes.refresh,
    })?;
    store.save_access_token(&AccessToken {
        hash: access.hash(),
        session_id: session.id,
        expires_at: terms.now + access_expires_in,
    })?;
    Ok(Tokens {
        access,
        access_expires_in,
        refresh,
        refresh_expires_in: terms.lifetimes.refresh.min(left),
        user_id: session.user_id.clone(),
        device_id: session.device_id,
        device_last_seen_at: last_seen,
    })
}
