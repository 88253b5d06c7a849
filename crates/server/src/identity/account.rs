//! Changes of an account's password or status, and what each ends.
//!
//! Every change revokes the account's sessions, drops its unused codes and forgets its known browsers, in the
//! transaction of the change: what the earlier state admitted, the later one refuses. Letting an
//! account in again revives nothing.

use chrono::{DateTime, Utc};

use super::IdentityError;
use crate::storage::identity::{Revocation, Revoked, User};
use crate::storage::port::IdentityWriter;

/// Replaces the password hash.
pub fn set_password(
    store: &mut dyn IdentityWriter,
    now: DateTime<Utc>,
    user: User,
    password_hash: String,
) -> Result<usize, IdentityError> {
    let user = User {
        password_hash,
        ..user
    };
    save_and_end(store, now, &user, Revocation::PasswordChanged)
}

/// Disables or enables the account. Does nothing if it is in that state already. Returns how many sessions ended.
pub fn set_disabled(
    store: &mut dyn IdentityWriter,
    now: DateTime<Utc>,
    user: User,
    disabled: bool,
) -> Result<usize, IdentityError> {
    if user.disabled == disabled {
        return Ok(0);
    }
    let reason = match disabled {
        true => Revocation::AccountDisabled,
        false => Revocation::AccountEnabled,
    };
    save_and_end(store, now, &User { disabled, ..user }, reason)
}

/// Saves the account as it is now. Returns how many sessions ended.
fn save_and_end(
    store: &mut dyn IdentityWriter,
    now: DateTime<Utc>,
    user: &User,
    reason: Revocation,
) -> Result<usize, IdentityError> {
    store.save_user(user)?;
    store.forget_unused_codes_of(&user.id)?;
    store.forget_browsers_of(&user.id)?;
    Ok(store.revoke_sessions_of_user(&user.id, Revoked { at: now, reason })?)
}
