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
//! | any other of the family | alive | refused | the session is revoked |
//! | expired, or its account disabled | alive | refused | nothing |
//! | any | revoked | refused | nothing |
//!
//! A browser writes its cookies to disk only every half a minute or so, and a killed one comes back with those on
//! disk; and two contexts of one browser may refresh at the same moment. Neither is theft: hence the settling time.

use super::IdentityError;
use super::grant::{Grant, Refusal, Terms, Tokens, issue};
use super::model::{Device, RefreshToken, Revocation, Revoked, Session};
use super::secret::{Secret, SecretHash};
use super::store::IdentityStore;

/// What a presented token turned out to be.
enum Plan {
    Rotate,
    RevokeFamily,
    Refuse(Refusal),
}

/// Answers a token request with `grant_type=refresh_token`; `presented` comes from the cookie.
pub fn refresh(
    store: &impl IdentityStore,
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
    match plan(store, terms, &token, &session)? {
        Plan::Refuse(refusal) => Ok(Grant::Refused(refusal)),
        Plan::RevokeFamily => {
            let revoked = Some(Revoked {
                at: terms.now,
                reason: Revocation::TokenReused,
            });
            store.save_session(&Session { revoked, ..session })?;
            Ok(Grant::Refused(Refusal::TokenReused))
        }
        Plan::Rotate => rotate(store, terms, &token, session, label).map(Grant::Issued),
    }
}

fn plan(
    store: &impl IdentityStore,
    terms: &Terms<'_>,
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
        && !settling(store, terms, token, current)?
    {
        Plan::RevokeFamily
    } else if terms.now >= token.expires_at {
        Plan::Refuse(Refusal::TokenExpired)
    } else if user.disabled {
        Plan::Refuse(Refusal::UserDisabled)
    } else {
        Plan::Rotate
    })
}

/// Whether the token, or the one it was issued for, was current within the settling time.
fn settling(
    store: &impl IdentityStore,
    terms: &Terms<'_>,
    token: &RefreshToken,
    current: SecretHash,
) -> Result<bool, IdentityError> {
    let mut newer = current;
    // Each step goes back to an older token, so the settling time bounds the walk.
    while let Some(link) = store.refresh_token(newer)? {
        let issued_at = link.expires_at - terms.lifetimes.refresh;
        let Some(parent) = link
            .parent
            .filter(|_| terms.now - issued_at < terms.lifetimes.settling)
        else {
            return Ok(false);
        };
        if parent == token.hash || Some(parent) == token.parent {
            return Ok(true);
        }
        newer = parent;
    }
    Ok(false)
}

fn rotate(
    store: &impl IdentityStore,
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
    let device = store
        .device(session.device_id)?
        .ok_or(IdentityError::Inconsistent("a session without its device"))?;
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
