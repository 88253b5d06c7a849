//! Access tokens: who a request comes from; and the ends of sessions.

use chrono::{DateTime, TimeDelta, Utc};
use holdfast_core::pack::Packs;
use holdfast_core::protocol::Me;
use uuid::Uuid;

use super::IdentityError;
use crate::storage::identity::{Device, Revocation, Revoked, SecretHash, Session};
use crate::storage::port::{IdentityReader, IdentityWriter};
use crate::sync::{Caller, scopes_of};

/// How long expired tokens and codes are remembered, so that their late use is told apart from a guess.
const MEMORY_OF_EXPIRED: TimeDelta = TimeDelta::days(1);

/// The authenticated caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub user_id: String,
    pub username: String,
    pub display_name: String,
    pub roles: Vec<String>,
    pub sites: Vec<String>,
    pub device_id: Uuid,
    pub session_id: Uuid,
}

/// The caller that an access token stands for; none if it is unknown, expired, revoked, or its account disabled.
pub fn authenticate(
    store: &dyn IdentityReader,
    now: DateTime<Utc>,
    bearer: &str,
) -> Result<Option<Identity>, IdentityError> {
    let Some(token) = store.access_token(SecretHash::of(bearer))? else {
        return Ok(None);
    };
    let Some(session) = store.session(token.session_id)? else {
        return Ok(None);
    };
    if now >= token.expires_at || session.revoked.is_some() {
        return Ok(None);
    }
    let user = store.user(&session.user_id)?.filter(|user| !user.disabled);
    Ok(user.map(|user| Identity {
        user_id: user.id,
        username: user.username,
        display_name: user.display_name,
        roles: user.roles,
        sites: user.sites,
        device_id: session.device_id,
        session_id: session.id,
    }))
}

impl Identity {
    /// The caller as the rules of sync see it: with the scopes that the packs in force give to the roles.
    pub fn caller(self, packs: &Packs) -> Caller {
        let me = Me {
            scopes: scopes_of(packs, &self.roles),
            user_id: self.user_id,
            username: self.username,
            display_name: self.display_name,
            roles: self.roles,
            sites: self.sites,
            device: None,
        };
        Caller {
            me,
            device_id: self.device_id.to_string(),
        }
    }
}

/// Ends the session that an access or refresh token belongs to, and returns it. A token that is unknown ends nothing,
/// and its bearer is not told (RFC 7009 §2.2).
pub fn sign_out(
    store: &mut dyn IdentityWriter,
    now: DateTime<Utc>,
    token: &str,
) -> Result<Option<Session>, IdentityError> {
    let Some(session) = live_session_of(store, token)? else {
        return Ok(None);
    };
    let revoked = Some(Revoked {
        at: now,
        reason: Revocation::SignedOut,
    });
    let session = Session { revoked, ..session };
    store.save_session(&session)?;
    Ok(Some(session))
}

/// The session that an access or refresh token belongs to, unless it has been revoked.
pub fn live_session_of(store: &dyn IdentityReader, token: &str) -> Result<Option<Session>, IdentityError> {
    let hash = SecretHash::of(token);
    let by_access = store.access_token(hash)?.map(|token| token.session_id);
    let by_refresh = store.refresh_token(hash)?.map(|token| token.session_id);
    let session = by_access
        .or(by_refresh)
        .map(|id| store.session(id))
        .transpose()?
        .flatten();
    Ok(session.filter(|session| session.revoked.is_none()))
}

/// Signs one of the caller's devices out. `false` if the caller has no such device signed in.
pub fn remove_device(
    store: &mut dyn IdentityWriter,
    now: DateTime<Utc>,
    user_id: &str,
    device_id: Uuid,
) -> Result<bool, IdentityError> {
    let own = store
        .device(device_id)?
        .is_some_and(|device: Device| device.user_id == user_id);
    if !own {
        return Ok(false);
    }
    let revoked = Revoked {
        at: now,
        reason: Revocation::DeviceRemoved,
    };
    Ok(store.revoke_sessions_of(device_id, revoked)? > 0)
}

/// Drops what expired long enough ago.
pub fn tidy(store: &mut dyn IdentityWriter, now: DateTime<Utc>) -> Result<(), IdentityError> {
    Ok(store.forget_expired(now - MEMORY_OF_EXPIRED)?)
}
