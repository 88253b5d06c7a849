//! The part of the storage port that identity uses.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Result;
use crate::storage::identity::{
    AccessToken, AuthorizationCode, Device, KnownBrowser, RefreshToken, Revoked, SecretHash, Session, User,
};

/// One transaction's view of what identity keeps. What is saved through it is seen by its later reads, and is committed
/// or rolled back with the transaction. On a snapshot nothing that is saved lasts. `save_…` inserts, or replaces what has
/// the same key.
pub trait IdentityStore {
    fn user(&self, id: &str) -> Result<Option<User>>;
    /// `username` is compared in lower case.
    fn user_by_name(&self, username: &str) -> Result<Option<User>>;
    fn save_user(&self, user: &User) -> Result<()>;
    fn has_users(&self) -> Result<bool>;
    /// All accounts, disabled ones too, in the order of their names.
    fn users(&self) -> Result<Vec<User>>;

    fn device(&self, id: Uuid) -> Result<Option<Device>>;
    /// The person's devices that hold a session which is not revoked, the most recently seen first; at most so many of
    /// those behind `after`.
    fn signed_in_devices(&self, user_id: &str, after: Option<&Device>, limit: usize) -> Result<Vec<Device>>;
    fn save_device(&self, device: &Device) -> Result<()>;

    fn session(&self, id: Uuid) -> Result<Option<Session>>;
    fn save_session(&self, session: &Session) -> Result<()>;
    /// Revokes the device's sessions that are not revoked yet; says how many.
    fn revoke_sessions_of(&self, device_id: Uuid, revoked: Revoked) -> Result<usize>;
    /// Revokes the account's sessions that are not revoked yet; says how many.
    fn revoke_sessions_of_user(&self, user_id: &str, revoked: Revoked) -> Result<usize>;

    fn refresh_token(&self, hash: SecretHash) -> Result<Option<RefreshToken>>;
    fn save_refresh_token(&self, token: &RefreshToken) -> Result<()>;
    /// Whether a token of the same session names this one as its parent.
    fn has_successor(&self, token: &RefreshToken) -> Result<bool>;

    fn access_token(&self, hash: SecretHash) -> Result<Option<AccessToken>>;
    fn save_access_token(&self, token: &AccessToken) -> Result<()>;

    fn code(&self, hash: SecretHash) -> Result<Option<AuthorizationCode>>;
    fn save_code(&self, code: &AuthorizationCode) -> Result<()>;
    /// Drops the account's codes that nobody has presented yet.
    fn forget_unused_codes_of(&self, user_id: &str) -> Result<()>;

    fn known_browser(&self, hash: SecretHash, user_id: &str) -> Result<Option<KnownBrowser>>;
    fn save_known_browser(&self, browser: &KnownBrowser) -> Result<()>;
    /// Gives a browser another hash, for every account that it is known for.
    fn rename_browser(&self, from: SecretHash, to: SecretHash) -> Result<()>;
    /// Keeps the account's `most` latest browsers and drops the others.
    fn trim_browsers_of(&self, user_id: &str, most: usize) -> Result<()>;
    fn forget_browsers_of(&self, user_id: &str) -> Result<()>;

    /// Drops tokens and codes that expired before the given instant.
    fn forget_expired(&self, before: DateTime<Utc>) -> Result<()>;
}
