//! Rotation of refresh tokens.
//!
//! Every use issues a child. The answer that carries it may be lost, so the parent stays good until a child is
//! used; every child issued meanwhile is good too, since nobody knows which answers arrived. The first child to be
//! used becomes the session's current token, and from then on the parent and the siblings are superseded. Whoever
//! presents a superseded token holds a copy, or somebody else does: the whole family is revoked.
//!
//! | presented token is | while the session is | answer | stored |
//! |---|---|---|---|
//! | current | alive | tokens | a child |
//! | a child of current | alive | tokens | it becomes current; a child |
//! | superseded, within the settling time | alive | tokens | it becomes current; a child |
//! | never used, and nothing was refreshed later than the settling time after its issue | alive | tokens | it becomes current; a child |
//! | any other of the family | alive | refused | the session is revoked |
//! | good, and the session has reached its longest lifetime | alive | refused | the session is revoked |
//! | expired, or its account disabled | alive | refused | nothing |
//! | any | revoked | refused | nothing |
//!
//! A browser writes its cookies to disk only every half a minute or so, and a killed one comes back with those on
//! disk; and two contexts of one browser may refresh at the same moment. Neither is theft: hence the settling time.
//! Where answers overtake each other, the browser keeps the cookie of the one that arrives last, which need not be of
//! the line that was used meanwhile. Whatever was used in between was used before that answer arrived, so soon after it
//! was issued; and since then the browser has refreshed nothing, or it would hold another cookie.

use chrono::{DateTime, Utc};

use super::IdentityError;
use super::grant::{Grant, Lifetimes, Refusal, Terms, Tokens, issue};
use super::secret::Secret;
use crate::storage::identity::{Device, RefreshToken, Revocation, Revoked, SecretHash, Session};
use crate::storage::port::{IdentityReader, IdentityWriter};

/// What a presented token turned out to be.
enum Plan {
    Rotate,
    Revoke(Revocation, Refusal),
    Refuse(Refusal),
}

/// Answers a token request with `grant_type=refresh_token`; `presented` comes from the cookie.
pub fn refresh(
    store: &mut dyn IdentityWriter,
    terms: &mut Terms<'_>,
    presented: Option<&str>,
    label: &str,
) -> Result<Grant, IdentityError> {
    let Some(presented) = presented else {
        return Ok(Grant::Refused(Refusal::NoToken));
    };
    let Some(token) = store.refresh_token(SecretHash::of(presented))? else {
        return Ok(Grant::Refused(Refusal::UnknownToken));
    };
    let session = store
        .session(token.session_id)?
        .ok_or(IdentityError::Inconsistent("a refresh token without its session"))?;
    match plan(store, terms.now, terms.lifetimes, &token, &session)? {
        Plan::Refuse(refusal) => Ok(Grant::Refused(refusal)),
        Plan::Revoke(reason, refusal) => {
            let revoked = Some(Revoked {
                at: terms.now,
                reason,
            });
            store.save_session(&Session { revoked, ..session })?;
            Ok(Grant::Refused(refusal))
        }
        Plan::Rotate => rotate(store, terms, &token, session, label).map(Grant::Issued),
    }
}

/// Whether [`refresh`] would refuse the token and store nothing: asked on a snapshot, so that a token that is good for
/// nothing takes no turn at writing.
pub fn refusal(
    store: &dyn IdentityReader,
    now: DateTime<Utc>,
    lifetimes: Lifetimes,
    presented: Option<&str>,
) -> Result<Option<Refusal>, IdentityError> {
    let Some(presented) = presented else {
        return Ok(Some(Refusal::NoToken));
    };
    let Some(token) = store.refresh_token(SecretHash::of(presented))? else {
        return Ok(Some(Refusal::UnknownToken));
    };
    let session = store
        .session(token.session_id)?
        .ok_or(IdentityError::Inconsistent("a refresh token without its session"))?;
    Ok(match plan(store, now, lifetimes, &token, &session)? {
        Plan::Refuse(refusal) => Some(refusal),
        Plan::Rotate | Plan::Revoke(..) => None,
    })
}

fn plan(
    store: &dyn IdentityReader,
    now: DateTime<Utc>,
    lifetimes: Lifetimes,
    token: &RefreshToken,
    session: &Session,
) -> Result<Plan, IdentityError> {
    let user = store
        .user(&session.user_id)?
        .ok_or(IdentityError::Inconsistent("a session without its user"))?;
    let current = session.current_token;
    Ok(if session.revoked.is_some() {
        Plan::Refuse(Refusal::SessionRevoked)
    } else if token.hash != current
        && token.parent != Some(current)
        && !settling(store, now, lifetimes, token, current)?
        && !overtaken(store, lifetimes, token, session)?
    {
        Plan::Revoke(Revocation::TokenReused, Refusal::TokenReused)
    } else if now >= session.created_at + lifetimes.session {
        Plan::Revoke(Revocation::LifetimeEnded, Refusal::SessionExpired)
    } else if now >= token.expires_at {
        Plan::Refuse(Refusal::TokenExpired)
    } else if user.disabled {
        Plan::Refuse(Refusal::UserDisabled)
    } else {
        Plan::Rotate
    })
}

/// Whether the token, or the one it was issued for, was current within the settling time.
fn settling(
    store: &dyn IdentityReader,
    now: DateTime<Utc>,
    lifetimes: Lifetimes,
    token: &RefreshToken,
    current: SecretHash,
) -> Result<bool, IdentityError> {
    let mut newer = current;
    // Each step goes back to an older token, so the settling time bounds the walk.
    while let Some(link) = store.refresh_token(newer)? {
        let issued_at = link.expires_at - lifetimes.refresh;
        let Some(parent) = link.parent.filter(|_| now - issued_at < lifetimes.settling) else {
            return Ok(false);
        };
        if parent == token.hash || Some(parent) == token.parent {
            return Ok(true);
        }
        newer = parent;
    }
    Ok(false)
}

/// Whether the token may be the browser's cookie because its answer arrived after those to later refreshes.
fn overtaken(
    store: &dyn IdentityReader,
    lifetimes: Lifetimes,
    token: &RefreshToken,
    session: &Session,
) -> Result<bool, IdentityError> {
    let issued_at = token.expires_at - lifetimes.refresh;
    let last_refresh = device_of(store, session)?.last_seen_at;
    Ok(last_refresh - issued_at < lifetimes.settling && !store.has_successor(token)?)
}

fn device_of(store: &dyn IdentityReader, session: &Session) -> Result<Device, IdentityError> {
    let device = store.device(session.device_id)?;
    device.ok_or(IdentityError::Inconsistent("a session without its device"))
}

fn rotate(
    store: &mut dyn IdentityWriter,
    terms: &mut Terms<'_>,
    token: &RefreshToken,
    session: Session,
    label: &str,
) -> Result<Tokens, IdentityError> {
    let session = Session {
        current_token: token.hash,
        ..session
    };
    store.save_session(&session)?;
    let device = device_of(store, &session)?;
    let last_seen = Some(device.last_seen_at);
    let label = label.to_owned();
    store.save_device(&Device {
        label,
        last_seen_at: terms.now,
        ..device
    })?;
    let child = Secret::random(terms.rng);
    issue(store, terms, &session, child, Some(token.hash), last_seen)
}
