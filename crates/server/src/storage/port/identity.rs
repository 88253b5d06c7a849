//! The part of the storage port that identity uses: what reads, and what writes.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Result;
use crate::storage::identity::{
    AccessToken, AuthorizationCode, Device, KnownBrowser, RefreshToken, Revoked, SecretHash, Session, User,
};

/// One transaction's view of what identity keeps.
pub trait IdentityReader {
    fn user(&self, id: &str) -> Result<Option<User>>;
    /// `username` is compared in lower case.
    fn user_by_name(&self, username: &str) -> Result<Option<User>>;
    /// Whether any account is enabled.
    fn has_users(&self) -> Result<bool>;
    /// All accounts, disabled ones too, in the order of their names.
    fn users(&self) -> Result<Vec<User>>;

    fn device(&self, id: Uuid) -> Result<Option<Device>>;
    /// The user's devices that hold a session which is not revoked, the most recently seen first; at most `limit` of
    /// those that follow `after`.
    fn signed_in_devices(&self, user_id: &str, after: Option<&Device>, limit: usize) -> Result<Vec<Device>>;

    fn session(&self, id: Uuid) -> Result<Option<Session>>;

    fn refresh_token(&self, hash: SecretHash) -> Result<Option<RefreshToken>>;
    /// Whether a token of the same session names this one as its parent.
    fn has_successor(&self, token: &RefreshToken) -> Result<bool>;

    fn access_token(&self, hash: SecretHash) -> Result<Option<AccessToken>>;

    fn code(&self, hash: SecretHash) -> Result<Option<AuthorizationCode>>;

    fn known_browser(&self, hash: SecretHash, user_id: &str) -> Result<Option<KnownBrowser>>;
}

/// What a write transaction adds. What is saved is seen by the transaction's later reads, and is committed or rolled back
/// with it. `save_…` inserts, or replaces what has the same key.
pub trait IdentityWriter: IdentityReader {
    fn save_user(&mut self, user: &User) -> Result<()>;

    fn save_device(&mut self, device: &Device) -> Result<()>;

    fn save_session(&mut self, session: &Session) -> Result<()>;
    /// Revokes the device's sessions that are not revoked yet; returns how many.
    fn revoke_sessions_of(&mut self, device_id: Uuid, revoked: Revoked) -> Result<usize>;
    /// Revokes the account's sessions that are not revoked yet; returns how many.
    fn revoke_sessions_of_user(&mut self, user_id: &str, revoked: Revoked) -> Result<usize>;

    fn save_refresh_token(&mut self, token: &RefreshToken) -> Result<()>;

    fn save_access_token(&mut self, token: &AccessToken) -> Result<()>;

    fn save_code(&mut self, code: &AuthorizationCode) -> Result<()>;
    /// Drops the account's codes that nobody has presented yet.
    fn forget_unused_codes_of(&mut self, user_id: &str) -> Result<()>;

    fn save_known_browser(&mut self, browser: &KnownBrowser) -> Result<()>;
    /// Gives a browser another hash, for every account that it is known for.
    fn rename_browser(&mut self, from: SecretHash, to: SecretHash) -> Result<()>;
    /// Keeps the account's `most` latest browsers and drops the others.
    fn trim_browsers_of(&mut self, user_id: &str, most: usize) -> Result<()>;
    fn forget_browsers_of(&mut self, user_id: &str) -> Result<()>;

    /// Drops tokens and codes that expired before the given instant.
    fn forget_expired(&mut self, before: DateTime<Utc>) -> Result<()>;
}
