//! Identity's part of the storage port in SQLite.

mod rows;

use chrono::{DateTime, Utc};
use rusqlite::params;
use uuid::Uuid;

use super::SqliteTransaction;
use super::value::{Json, Millis, Text};
use crate::storage::identity::{
    AccessToken, AuthorizationCode, Device, KnownBrowser, RefreshToken, Revoked, SecretHash, Session, User,
};
use crate::storage::port::{IdentityReader, IdentityWriter, Result};
use rows::{read_access, read_browser, read_code, read_device, read_refresh, read_session, read_user};

impl IdentityReader for SqliteTransaction<'_> {
    fn user(&self, id: &str) -> Result<Option<User>> {
        self.one("SELECT * FROM users WHERE id = ?1", [id], read_user)
    }

    fn user_by_name(&self, username: &str) -> Result<Option<User>> {
        self.one(
            "SELECT * FROM users WHERE username = ?1",
            [username.to_lowercase()],
            read_user,
        )
    }

    fn has_users(&self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM users WHERE disabled = 0)";
        let found = self.one(sql, [], |row| row.get(0))?;
        Ok(found.unwrap_or(false))
    }

    fn users(&self) -> Result<Vec<User>> {
        self.all("SELECT * FROM users ORDER BY username", [], read_user)
    }

    fn device(&self, id: Uuid) -> Result<Option<Device>> {
        self.one("SELECT * FROM devices WHERE id = ?1", [Text(id)], read_device)
    }

    fn signed_in_devices(&self, user_id: &str, after: Option<&Device>, limit: usize) -> Result<Vec<Device>> {
        let sql = "SELECT * FROM devices WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM sessions WHERE \
                   device_id = devices.id AND revoked_at IS NULL) \
                   AND (?2 IS NULL OR last_seen_at < ?2 OR (last_seen_at = ?2 AND id > ?3)) \
                   ORDER BY last_seen_at DESC, id LIMIT ?4";
        let seen = after.map(|device| Millis(device.last_seen_at));
        let id = after.map(|device| Text(&device.id));
        self.all(sql, params![user_id, seen, id, limit], read_device)
    }

    fn session(&self, id: Uuid) -> Result<Option<Session>> {
        self.one("SELECT * FROM sessions WHERE id = ?1", [Text(id)], read_session)
    }

    fn refresh_token(&self, hash: SecretHash) -> Result<Option<RefreshToken>> {
        self.one(
            "SELECT * FROM refresh_tokens WHERE hash = ?1",
            [hash],
            read_refresh,
        )
    }

    fn has_successor(&self, token: &RefreshToken) -> Result<bool> {
        let sql = "SELECT * FROM refresh_tokens WHERE session_id = ?1 AND parent = ?2 LIMIT 1";
        let found = self.one(sql, params![Text(token.session_id), token.hash], read_refresh)?;
        Ok(found.is_some())
    }

    fn access_token(&self, hash: SecretHash) -> Result<Option<AccessToken>> {
        self.one("SELECT * FROM access_tokens WHERE hash = ?1", [hash], read_access)
    }

    fn code(&self, hash: SecretHash) -> Result<Option<AuthorizationCode>> {
        self.one(
            "SELECT * FROM authorization_codes WHERE hash = ?1",
            [hash],
            read_code,
        )
    }

    fn known_browser(&self, hash: SecretHash, user_id: &str) -> Result<Option<KnownBrowser>> {
        let sql = "SELECT * FROM known_browsers WHERE hash = ?1 AND user_id = ?2";
        self.one(sql, params![hash, user_id], read_browser)
    }
}

impl IdentityWriter for SqliteTransaction<'_> {
    fn save_user(&mut self, user: &User) -> Result<()> {
        // An upsert, not REPLACE: replacing would delete the row first, and its devices and sessions with it.
        let sql = "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET \
                   username = ?2, display_name = ?3, password_hash = ?4, roles = ?5, sites = ?6, demo = ?7, \
                   disabled = ?8";
        self.run(
            sql,
            params![
                user.id,
                user.username.to_lowercase(),
                user.display_name,
                user.password_hash,
                Json(&user.roles),
                Json(&user.sites),
                user.demo,
                user.disabled,
                Millis(user.created_at)
            ],
        )
    }

    fn save_device(&mut self, device: &Device) -> Result<()> {
        let sql = "INSERT INTO devices VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET label = ?3, \
                   last_seen_at = ?5";
        let Device {
            id,
            user_id,
            label,
            first_seen_at,
            last_seen_at,
        } = device;
        self.run(
            sql,
            params![
                Text(id),
                user_id,
                label,
                Millis(*first_seen_at),
                Millis(*last_seen_at)
            ],
        )
    }

    fn save_session(&mut self, session: &Session) -> Result<()> {
        let sql = "INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET \
                   current_token = ?4, revoked_at = ?6, revocation = ?7";
        self.run(
            sql,
            params![
                Text(session.id),
                session.user_id,
                Text(session.device_id),
                session.current_token,
                Millis(session.created_at),
                session.revoked.map(|revoked| Millis(revoked.at)),
                session.revoked.map(|revoked| revoked.reason)
            ],
        )
    }

    fn revoke_sessions_of(&mut self, device_id: Uuid, revoked: Revoked) -> Result<usize> {
        let sql = "UPDATE sessions SET revoked_at = ?2, revocation = ?3 WHERE device_id = ?1 AND \
                   revoked_at IS NULL";
        self.execute(sql, params![Text(device_id), Millis(revoked.at), revoked.reason])
    }

    fn revoke_sessions_of_user(&mut self, user_id: &str, revoked: Revoked) -> Result<usize> {
        let sql = "UPDATE sessions SET revoked_at = ?2, revocation = ?3 WHERE user_id = ?1 AND \
                   revoked_at IS NULL";
        self.execute(sql, params![user_id, Millis(revoked.at), revoked.reason])
    }

    fn save_refresh_token(&mut self, token: &RefreshToken) -> Result<()> {
        let RefreshToken {
            hash,
            session_id,
            parent,
            expires_at,
        } = token;
        let sql = "INSERT OR REPLACE INTO refresh_tokens VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, params![hash, Text(session_id), parent, Millis(*expires_at)])
    }

    fn save_access_token(&mut self, token: &AccessToken) -> Result<()> {
        let AccessToken {
            hash,
            session_id,
            expires_at,
        } = token;
        let sql = "INSERT OR REPLACE INTO access_tokens VALUES (?1, ?2, ?3)";
        self.run(sql, params![hash, Text(session_id), Millis(*expires_at)])
    }

    fn save_code(&mut self, code: &AuthorizationCode) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO authorization_codes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.run(
            sql,
            params![
                code.hash,
                code.user_id,
                code.redirect_uri,
                code.code_challenge,
                Millis(code.expires_at),
                code.spent,
                code.session_id.map(Text)
            ],
        )
    }

    fn forget_unused_codes_of(&mut self, user_id: &str) -> Result<()> {
        let sql = "DELETE FROM authorization_codes WHERE user_id = ?1 AND spent = 0";
        self.run(sql, [user_id])
    }

    fn save_known_browser(&mut self, browser: &KnownBrowser) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO known_browsers VALUES (?1, ?2, ?3)";
        let values = params![browser.hash, browser.user_id, Millis(browser.signed_in_at)];
        self.run(sql, values)
    }

    fn rename_browser(&mut self, from: SecretHash, to: SecretHash) -> Result<()> {
        self.run("UPDATE known_browsers SET hash = ?2 WHERE hash = ?1", [from, to])
    }

    fn trim_browsers_of(&mut self, user_id: &str, most: usize) -> Result<()> {
        let sql = "DELETE FROM known_browsers WHERE user_id = ?1 AND hash NOT IN (SELECT hash FROM known_browsers \
                   WHERE user_id = ?1 ORDER BY signed_in_at DESC, hash LIMIT ?2)";
        self.run(sql, params![user_id, most])
    }

    fn forget_browsers_of(&mut self, user_id: &str) -> Result<()> {
        self.run("DELETE FROM known_browsers WHERE user_id = ?1", [user_id])
    }

    fn forget_expired(&mut self, before: DateTime<Utc>) -> Result<()> {
        for table in ["authorization_codes", "access_tokens", "refresh_tokens"] {
            self.run(
                &format!("DELETE FROM {table} WHERE expires_at < ?1"),
                [Millis(before)],
            )?;
        }
        Ok(())
    }
}
