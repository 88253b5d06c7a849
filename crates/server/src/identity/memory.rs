//! The identity store in memory: for the simulator. A clone is a backup.

use std::cell::RefCell;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::IdentityError;
use super::model::{
    AccessToken, AuthorizationCode, Device, KnownBrowser, RefreshToken, Revoked, Session, User,
};
use super::secret::SecretHash;
use super::store::IdentityStore;

type Result<T> = std::result::Result<T, IdentityError>;

#[derive(Debug, Clone, Default)]
struct Tables {
    users: HashMap<String, User>,
    devices: HashMap<Uuid, Device>,
    sessions: HashMap<Uuid, Session>,
    refresh_tokens: HashMap<SecretHash, RefreshToken>,
    access_tokens: HashMap<SecretHash, AccessToken>,
    codes: HashMap<SecretHash, AuthorizationCode>,
    browsers: Vec<KnownBrowser>,
}

/// What identity keeps, without transactions: its rules save only what they have decided on.
#[derive(Debug, Clone, Default)]
pub struct MemoryIdentity(RefCell<Tables>);

impl IdentityStore for MemoryIdentity {
    fn user(&self, id: &str) -> Result<Option<User>> {
        Ok(self.0.borrow().users.get(id).cloned())
    }

    fn user_by_name(&self, username: &str) -> Result<Option<User>> {
        let username = username.to_lowercase();
        let tables = self.0.borrow();
        Ok(tables
            .users
            .values()
            .find(|user| user.username == username)
            .cloned())
    }

    fn save_user(&self, user: &User) -> Result<()> {
        let username = user.username.to_lowercase();
        let user = User {
            username,
            ..user.clone()
        };
        self.0.borrow_mut().users.insert(user.id.clone(), user);
        Ok(())
    }

    fn has_users(&self) -> Result<bool> {
        Ok(self.0.borrow().users.values().any(|user| !user.disabled))
    }

    fn users(&self) -> Result<Vec<User>> {
        let mut users: Vec<User> = self.0.borrow().users.values().cloned().collect();
        users.sort_by(|one, other| one.username.cmp(&other.username));
        Ok(users)
    }

    fn device(&self, id: Uuid) -> Result<Option<Device>> {
        Ok(self.0.borrow().devices.get(&id).cloned())
    }

    fn signed_in_devices(&self, user_id: &str, after: Option<&Device>, limit: usize) -> Result<Vec<Device>> {
        let tables = self.0.borrow();
        let signed_in = |device: &&Device| {
            let mut sessions = tables.sessions.values();
            device.user_id == user_id && sessions.any(|s| s.device_id == device.id && s.revoked.is_none())
        };
        let mut devices: Vec<Device> = tables.devices.values().filter(signed_in).cloned().collect();
        let order = |one: &Device, other: &Device| {
            let newest_first = other.last_seen_at.cmp(&one.last_seen_at);
            newest_first.then_with(|| one.id.to_string().cmp(&other.id.to_string()))
        };
        devices.sort_by(order);
        devices.retain(|device| after.is_none_or(|after| order(after, device).is_lt()));
        devices.truncate(limit);
        Ok(devices)
    }

    fn save_device(&self, device: &Device) -> Result<()> {
        self.0.borrow_mut().devices.insert(device.id, device.clone());
        Ok(())
    }

    fn session(&self, id: Uuid) -> Result<Option<Session>> {
        Ok(self.0.borrow().sessions.get(&id).cloned())
    }

    fn save_session(&self, session: &Session) -> Result<()> {
        self.0.borrow_mut().sessions.insert(session.id, session.clone());
        Ok(())
    }

    fn revoke_sessions_of(&self, device_id: Uuid, revoked: Revoked) -> Result<usize> {
        let mut tables = self.0.borrow_mut();
        let sessions = tables.sessions.values_mut();
        let alive = sessions.filter(|session| session.device_id == device_id && session.revoked.is_none());
        Ok(alive.map(|session| session.revoked = Some(revoked)).count())
    }

    fn revoke_sessions_of_user(&self, user_id: &str, revoked: Revoked) -> Result<usize> {
        let mut tables = self.0.borrow_mut();
        let sessions = tables.sessions.values_mut();
        let alive = sessions.filter(|session| session.user_id == user_id && session.revoked.is_none());
        Ok(alive.map(|session| session.revoked = Some(revoked)).count())
    }

    fn refresh_token(&self, hash: SecretHash) -> Result<Option<RefreshToken>> {
        Ok(self.0.borrow().refresh_tokens.get(&hash).cloned())
    }

    fn save_refresh_token(&self, token: &RefreshToken) -> Result<()> {
        let mut tables = self.0.borrow_mut();
        tables.refresh_tokens.insert(token.hash, token.clone());
        Ok(())
    }

    fn has_successor(&self, token: &RefreshToken) -> Result<bool> {
        let tables = self.0.borrow();
        let mut tokens = tables.refresh_tokens.values();
        Ok(tokens.any(|other| other.session_id == token.session_id && other.parent == Some(token.hash)))
    }

    fn access_token(&self, hash: SecretHash) -> Result<Option<AccessToken>> {
        Ok(self.0.borrow().access_tokens.get(&hash).cloned())
    }

    fn save_access_token(&self, token: &AccessToken) -> Result<()> {
        let mut tables = self.0.borrow_mut();
        tables.access_tokens.insert(token.hash, token.clone());
        Ok(())
    }

    fn code(&self, hash: SecretHash) -> Result<Option<AuthorizationCode>> {
        Ok(self.0.borrow().codes.get(&hash).cloned())
    }

    fn save_code(&self, code: &AuthorizationCode) -> Result<()> {
        self.0.borrow_mut().codes.insert(code.hash, code.clone());
        Ok(())
    }

    fn forget_unused_codes_of(&self, user_id: &str) -> Result<()> {
        let mut tables = self.0.borrow_mut();
        tables
            .codes
            .retain(|_, code| code.user_id != user_id || code.spent);
        Ok(())
    }

    fn known_browser(&self, hash: SecretHash, user_id: &str) -> Result<Option<KnownBrowser>> {
        let tables = self.0.borrow();
        let mut browsers = tables.browsers.iter();
        Ok(browsers
            .find(|browser| browser.hash == hash && browser.user_id == user_id)
            .cloned())
    }

    fn save_known_browser(&self, browser: &KnownBrowser) -> Result<()> {
        let browsers = &mut self.0.borrow_mut().browsers;
        browsers.retain(|other| (other.hash, &other.user_id) != (browser.hash, &browser.user_id));
        browsers.push(browser.clone());
        Ok(())
    }

    fn rename_browser(&self, from: SecretHash, to: SecretHash) -> Result<()> {
        let browsers = &mut self.0.borrow_mut().browsers;
        let named = browsers.iter_mut().filter(|browser| browser.hash == from);
        named.for_each(|browser| browser.hash = to);
        Ok(())
    }

    fn trim_browsers_of(&self, user_id: &str, most: usize) -> Result<()> {
        let browsers = &mut self.0.borrow_mut().browsers;
        browsers.sort_by_key(|browser| (std::cmp::Reverse(browser.signed_in_at), browser.hash.0));
        let mut kept = 0;
        browsers.retain(|browser| {
            let of_user = browser.user_id == user_id;
            kept += usize::from(of_user);
            !of_user || kept <= most
        });
        Ok(())
    }

    fn forget_browsers_of(&self, user_id: &str) -> Result<()> {
        let browsers = &mut self.0.borrow_mut().browsers;
        browsers.retain(|browser| browser.user_id != user_id);
        Ok(())
    }

    fn forget_expired(&self, before: DateTime<Utc>) -> Result<()> {
        let mut tables = self.0.borrow_mut();
        tables.codes.retain(|_, code| code.expires_at >= before);
        tables.access_tokens.retain(|_, token| token.expires_at >= before);
        tables
            .refresh_tokens
            .retain(|_, token| token.expires_at >= before);
        Ok(())
    }
}
