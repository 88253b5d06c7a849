//! How identity's values lie in its rows.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql};

use crate::storage::identity::{
    AccessToken, AuthorizationCode, Device, KnownBrowser, RefreshToken, Revocation, Revoked, SecretHash,
    Session, User,
};
use crate::storage::sqlite::value::{Json, Millis, Text};

pub(super) fn read_user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get("id")?,
        username: row.get("username")?,
        display_name: row.get("display_name")?,
        password_hash: row.get("password_hash")?,
        roles: row.get::<_, Json<_>>("roles")?.0,
        sites: row.get::<_, Json<_>>("sites")?.0,
        demo: row.get("demo")?,
        disabled: row.get("disabled")?,
        created_at: row.get::<_, Millis>("created_at")?.0,
    })
}

pub(super) fn read_device(row: &Row<'_>) -> rusqlite::Result<Device> {
    Ok(Device {
        id: row.get::<_, Text<_>>("id")?.0,
        user_id: row.get("user_id")?,
        label: row.get("label")?,
        first_seen_at: row.get::<_, Millis>("first_seen_at")?.0,
        last_seen_at: row.get::<_, Millis>("last_seen_at")?.0,
    })
}

pub(super) fn read_session(row: &Row<'_>) -> rusqlite::Result<Session> {
    let at: Option<Millis> = row.get("revoked_at")?;
    let reason: Option<Revocation> = row.get("revocation")?;
    Ok(Session {
        id: row.get::<_, Text<_>>("id")?.0,
        user_id: row.get("user_id")?,
        device_id: row.get::<_, Text<_>>("device_id")?.0,
        current_token: row.get("current_token")?,
        created_at: row.get::<_, Millis>("created_at")?.0,
        revoked: at.zip(reason).map(|(at, reason)| Revoked { at: at.0, reason }),
    })
}

pub(super) fn read_refresh(row: &Row<'_>) -> rusqlite::Result<RefreshToken> {
    Ok(RefreshToken {
        hash: row.get("hash")?,
        session_id: row.get::<_, Text<_>>("session_id")?.0,
        parent: row.get("parent")?,
        expires_at: row.get::<_, Millis>("expires_at")?.0,
    })
}

pub(super) fn read_access(row: &Row<'_>) -> rusqlite::Result<AccessToken> {
    Ok(AccessToken {
        hash: row.get("hash")?,
        session_id: row.get::<_, Text<_>>("session_id")?.0,
        expires_at: row.get::<_, Millis>("expires_at")?.0,
    })
}

pub(super) fn read_code(row: &Row<'_>) -> rusqlite::Result<AuthorizationCode> {
    Ok(AuthorizationCode {
        hash: row.get("hash")?,
        user_id: row.get("user_id")?,
        redirect_uri: row.get("redirect_uri")?,
        code_challenge: row.get("code_challenge")?,
        expires_at: row.get::<_, Millis>("expires_at")?.0,
        spent: row.get("spent")?,
        session_id: row.get::<_, Option<Text<_>>>("session_id")?.map(|id| id.0),
    })
}

pub(super) fn read_browser(row: &Row<'_>) -> rusqlite::Result<KnownBrowser> {
    Ok(KnownBrowser {
        hash: row.get("hash")?,
        user_id: row.get("user_id")?,
        signed_in_at: row.get::<_, Millis>("signed_in_at")?.0,
    })
}

impl ToSql for SecretHash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_slice().into())
    }
}

impl FromSql for SecretHash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self)
    }
}

const REVOCATIONS: [Revocation; 9] = [
    Revocation::SignedOut,
    Revocation::DeviceRemoved,
    Revocation::Replaced,
    Revocation::TokenReused,
    Revocation::CodeReplayed,
    Revocation::PasswordChanged,
    Revocation::AccountDisabled,
    Revocation::AccountEnabled,
    Revocation::LifetimeEnded,
];

fn revocation_name(revocation: Revocation) -> &'static str {
    match revocation {
        Revocation::SignedOut => "signed_out",
        Revocation::DeviceRemoved => "device_removed",
        Revocation::Replaced => "replaced",
        Revocation::TokenReused => "token_reused",
        Revocation::CodeReplayed => "code_replayed",
        Revocation::PasswordChanged => "password_changed",
        Revocation::AccountDisabled => "account_disabled",
        Revocation::AccountEnabled => "account_enabled",
        Revocation::LifetimeEnded => "lifetime_ended",
    }
}

impl ToSql for Revocation {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(revocation_name(*self).into())
    }
}

impl FromSql for Revocation {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        let found = REVOCATIONS
            .into_iter()
            .find(|revocation| revocation_name(*revocation) == name);
        found.ok_or(FromSqlError::InvalidType)
    }
}
