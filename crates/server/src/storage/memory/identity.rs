//! Identity's part of the storage port in memory.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::transaction::MemoryTransaction;
use crate::storage::identity::{
    AccessToken, AuthorizationCode, Device, KnownBrowser, RefreshToken, Revoked, SecretHash, Session, User,
};
use crate::storage::port::{IdentityReader, IdentityWriter, Result};

impl IdentityReader for MemoryTransaction<'_> {
    fn user(&self, id: &str) -> Result<Option<User>> {
        Ok(self.identity_tables().users.rows().get(id).cloned())
    }

    fn user_by_name(&self, username: &str) -> Result<Option<User>> {
        let username = username.to_lowercase();
        let tables = self.identity_tables();
        let mut users = tables.users.rows().values();
        Ok(users.find(|user| user.username == username).cloned())
    }

    fn has_users(&self) -> Result<bool> {
        Ok(self
            .identity_tables()
            .users
            .rows()
            .values()
            .any(|user| !user.disabled))
    }

    fn users(&self) -> Result<Vec<User>> {
        let mut users: Vec<User> = self.identity_tables().users.rows().values().cloned().collect();
        users.sort_by(|one, other| one.username.cmp(&other.username));
        Ok(users)
    }

    fn device(&self, id: Uuid) -> Result<Option<Device>> {
        Ok(self.identity_tables().devices.rows().get(&id).cloned())
    }

    fn signed_in_devices(&self, user_id: &str, after: Option<&Device>, limit: usize) -> Result<Vec<Device>> {
        let tables = self.identity_tables();
        let signed_in = |device: &&Device| {
            let mut sessions = tables.sessions.rows().values();
            device.user_id == user_id && sessions.any(|s| s.device_id == device.id && s.revoked.is_none())
        };
        let devices = tables.devices.rows().values();
        let mut devices: Vec<Device> = devices.filter(signed_in).cloned().collect();
        let order = |one: &Device, other: &Device| {
            let newest_first = other.last_seen_at.cmp(&one.last_seen_at);
            newest_first.then_with(|| one.id.to_string().cmp(&other.id.to_string()))
        };
        devices.sort_by(order);
        devices.retain(|device| after.is_none_or(|after| order(after, device).is_lt()));
        devices.truncate(limit);
        Ok(devices)
    }

    fn session(&self, id: Uuid) -> Result<Option<Session>> {
        Ok(self.identity_tables().sessions.rows().get(&id).cloned())
    }

    fn refresh_token(&self, hash: SecretHash) -> Result<Option<RefreshToken>> {
        Ok(self.identity_tables().refresh_tokens.rows().get(&hash).cloned())
    }

    fn has_successor(&self, token: &RefreshToken) -> Result<bool> {
        let tables = self.identity_tables();
        let mut tokens = tables.refresh_tokens.rows().values();
        Ok(tokens.any(|other| other.session_id == token.session_id && other.parent == Some(token.hash)))
    }

    fn access_token(&self, hash: SecretHash) -> Result<Option<AccessToken>> {
        Ok(self.identity_tables().access_tokens.rows().get(&hash).cloned())
    }

    fn code(&self, hash: SecretHash) -> Result<Option<AuthorizationCode>> {
        Ok(self.identity_tables().codes.rows().get(&hash).cloned())
    }

    fn known_browser(&self, hash: SecretHash, user_id: &str) -> Result<Option<KnownBrowser>> {
        let key = (user_id.to_owned(), hash);
        Ok(self.identity_tables().browsers.rows().get(&key).cloned())
    }
}

impl IdentityWriter for MemoryTransaction<'_> {
    fn save_user(&mut self, user: &User) -> Result<()> {
        let username = user.username.to_lowercase();
        let user = User {
            username,
            ..user.clone()
        };
        self.identity_tables_mut().users.insert(user.id.clone(), user);
        Ok(())
    }

    fn save_device(&mut self, device: &Device) -> Result<()> {
        self.identity_tables_mut()
            .devices
            .insert(device.id, device.clone());
        Ok(())
    }

    fn save_session(&mut self, session: &Session) -> Result<()> {
        self.identity_tables_mut()
            .sessions
            .insert(session.id, session.clone());
        Ok(())
    }

    fn revoke_sessions_of(&mut self, device_id: Uuid, revoked: Revoked) -> Result<usize> {
        let of_device = |session: &Session| session.device_id == device_id;
        Ok(self.identity_tables_mut().revoke(revoked, of_device))
    }

    fn revoke_sessions_of_user(&mut self, user_id: &str, revoked: Revoked) -> Result<usize> {
        let of_user = |session: &Session| session.user_id == user_id;
        Ok(self.identity_tables_mut().revoke(revoked, of_user))
    }

    fn save_refresh_token(&mut self, token: &RefreshToken) -> Result<()> {
        self.identity_tables_mut()
            .refresh_tokens
            .insert(token.hash, token.clone());
        Ok(())
    }

    fn save_access_token(&mut self, token: &AccessToken) -> Result<()> {
        self.identity_tables_mut()
            .access_tokens
            .insert(token.hash, token.clone());
        Ok(())
    }

    fn save_code(&mut self, code: &AuthorizationCode) -> Result<()> {
        self.identity_tables_mut().codes.insert(code.hash, code.clone());
        Ok(())
    }

    fn forget_unused_codes_of(&mut self, user_id: &str) -> Result<()> {
        let unused = |code: &AuthorizationCode| code.user_id == user_id && !code.spent;
        self.identity_tables_mut().codes.drop_rows(unused);
        Ok(())
    }

    fn save_known_browser(&mut self, browser: &KnownBrowser) -> Result<()> {
        let key = (browser.user_id.clone(), browser.hash);
        self.identity_tables_mut().browsers.insert(key, browser.clone());
        Ok(())
    }

    fn rename_browser(&mut self, from: SecretHash, to: SecretHash) -> Result<()> {
        let browsers = &mut self.identity_tables_mut().browsers;
        for mut browser in browsers.drop_rows(|browser| browser.hash == from) {
            browser.hash = to;
            browsers.insert((browser.user_id.clone(), to), browser);
        }
        Ok(())
    }

    fn trim_browsers_of(&mut self, user_id: &str, most: usize) -> Result<()> {
        let browsers = &mut self.identity_tables_mut().browsers;
        let mut own = browsers.drop_rows(|browser| browser.user_id == user_id);
        own.sort_by_key(|browser| (Reverse(browser.signed_in_at), browser.hash));
        for browser in own.into_iter().take(most) {
            browsers.insert((browser.user_id.clone(), browser.hash), browser);
        }
        Ok(())
    }

    fn forget_browsers_of(&mut self, user_id: &str) -> Result<()> {
        let of_user = |browser: &KnownBrowser| browser.user_id == user_id;
        self.identity_tables_mut().browsers.drop_rows(of_user);
        Ok(())
    }

    fn forget_expired(&mut self, before: DateTime<Utc>) -> Result<()> {
        let tables = self.identity_tables_mut();
        tables.codes.drop_rows(|code| code.expires_at < before);
        tables.access_tokens.drop_rows(|token| token.expires_at < before);
        tables.refresh_tokens.drop_rows(|token| token.expires_at < before);
        Ok(())
    }
}
