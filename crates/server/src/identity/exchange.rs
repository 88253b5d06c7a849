//! Exchanging an authorization code for a session.
//!
//! Each code has one try. A wrong verifier spends it, and presenting a spent code revokes what it opened: whoever
//! does either holds a code that was not meant for them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::IdentityError;
use super::authorization::CLIENT_ID;
use super::grant::{Grant, Refusal, Terms, issue};
use super::secret::{Secret, random_uuid, verifier_matches};
use crate::storage::identity::{AuthorizationCode, Device, Revocation, Revoked, SecretHash, Session, User};
use crate::storage::port::{IdentityReader, IdentityWriter};

/// A token request with `grant_type=authorization_code`.
#[derive(Debug, Clone, Default)]
pub struct CodeExchange {
    pub code: String,
    pub code_verifier: String,
    pub client_id: String,
    pub redirect_uri: String,
    /// The id that the device's own storage knows it by, if it has one.
    pub device_id: Option<Uuid>,
    /// The refresh token of an earlier session in the same browser, from its cookie.
    pub earlier_refresh: Option<String>,
    /// What to call the device in its owner's list.
    pub label: String,
}

/// Opens a session for the person who earned the code.
pub fn exchange_code(
    store: &mut dyn IdentityWriter,
    terms: &mut Terms<'_>,
    request: &CodeExchange,
) -> Result<Grant, IdentityError> {
    let Some(code) = store.code(SecretHash::of(&request.code))? else {
        return Ok(Grant::Refused(Refusal::UnknownCode));
    };
    if code.spent {
        revoke_what_it_opened(store, terms, &code)?;
        return Ok(Grant::Refused(Refusal::CodeReplayed));
    }
    let mut code = AuthorizationCode { spent: true, ..code };
    let user = store
        .user(&code.user_id)?
        .ok_or(IdentityError::Inconsistent("a code without its user"))?;
    if let Some(refusal) = objection(terms, request, &code, &user) {
        store.save_code(&code)?;
        return Ok(Grant::Refused(refusal));
    }
    let (device, last_seen) = recognise(store, terms, request, &user)?;
    let revoked = Revoked {
        at: terms.now,
        reason: Revocation::Replaced,
    };
    store.revoke_sessions_of(device.id, revoked)?;
    store.save_device(&device)?;

    let refresh = Secret::random(terms.rng);
    let session = Session {
        id: random_uuid(terms.rng),
        user_id: user.id,
        device_id: device.id,
        current_token: refresh.hash(),
        created_at: terms.now,
        revoked: None,
    };
    store.save_session(&session)?;
    code.session_id = Some(session.id);
    store.save_code(&code)?;
    issue(store, terms, &session, refresh, None, last_seen).map(Grant::Issued)
}

/// Whether [`exchange_code`] would refuse the code and store nothing; see [`super::refresh::refusal`].
pub fn refusal(store: &dyn IdentityReader, presented: &str) -> Result<Option<Refusal>, IdentityError> {
    let Some(code) = store.code(SecretHash::of(presented))? else {
        return Ok(Some(Refusal::UnknownCode));
    };
    let opened = code.session_id.map(|id| store.session(id)).transpose()?.flatten();
    let over = opened.is_none_or(|session| session.revoked.is_some());
    Ok((code.spent && over).then_some(Refusal::CodeReplayed))
}

fn objection(
    terms: &Terms<'_>,
    request: &CodeExchange,
    code: &AuthorizationCode,
    user: &User,
) -> Option<Refusal> {
    if terms.now >= code.expires_at {
        Some(Refusal::CodeExpired)
    } else if request.client_id != CLIENT_ID || request.redirect_uri != code.redirect_uri {
        Some(Refusal::WrongClient)
    } else if !verifier_matches(&request.code_verifier, &code.code_challenge) {
        Some(Refusal::WrongVerifier)
    } else if user.disabled {
        Some(Refusal::UserDisabled)
    } else {
        None
    }
}

fn revoke_what_it_opened(
    store: &mut dyn IdentityWriter,
    terms: &Terms<'_>,
    code: &AuthorizationCode,
) -> Result<(), IdentityError> {
    let Some(session) = code.session_id.map(|id| store.session(id)).transpose()?.flatten() else {
        return Ok(());
    };
    if session.revoked.is_none() {
        let revoked = Some(Revoked {
            at: terms.now,
            reason: Revocation::CodeReplayed,
        });
        store.save_session(&Session { revoked, ..session })?;
    }
    Ok(())
}

/// The device that signs in: the one it says it is, else the one its cookie was given to, else a new one. A device
/// has one owner, so neither an id nor a cookie of somebody else's counts. With it, its last contact before this one.
fn recognise(
    store: &dyn IdentityReader,
    terms: &mut Terms<'_>,
    request: &CodeExchange,
    user: &User,
) -> Result<(Device, Option<DateTime<Utc>>), IdentityError> {
    let (claimed, known) = match request.device_id {
        Some(id) => (Some(id), store.device(id)?),
        None => (None, device_of_cookie(store, request)?),
    };
    let label = request.label.clone();
    let new_id = match (claimed, known) {
        (_, Some(device)) if device.user_id == user.id => {
            let last_seen = Some(device.last_seen_at);
            let device = Device {
                label,
                last_seen_at: terms.now,
                ..device
            };
            return Ok((device, last_seen));
        }
        (Some(unknown), None) => unknown,
        _ => random_uuid(terms.rng),
    };
    let device = Device {
        id: new_id,
        user_id: user.id.clone(),
        label,
        first_seen_at: terms.now,
        last_seen_at: terms.now,
    };
    Ok((device, None))
}

fn device_of_cookie(
    store: &dyn IdentityReader,
    request: &CodeExchange,
) -> Result<Option<Device>, IdentityError> {
    let Some(cookie) = &request.earlier_refresh else {
        return Ok(None);
    };
    let Some(token) = store.refresh_token(SecretHash::of(cookie))? else {
        return Ok(None);
    };
    let Some(session) = store.session(token.session_id)? else {
        return Ok(None);
    };
    Ok(store.device(session.device_id)?)
}
