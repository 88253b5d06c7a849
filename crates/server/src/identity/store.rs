//! The storage port of identity.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::IdentityError;
use super::model::{AccessToken, AuthorizationCode, Device, RefreshToken, Revoked, Session, User};
use super::secret::SecretHash;

type Result<T> = std::result::Result<T, IdentityError>;

/// One transaction's view of what identity keeps. What is saved through it is seen by its later reads, and lasts or
/// vanishes as a whole with the transaction. `save_…` inserts, or replaces what has the same key.
pub trait IdentityStore {
    fn user(&self, id: &str) -> Result<Option<User>>;
    /// `username` is compared in lower case.
    fn user_by_name(&self, username: &str) -> Result<Option<User>>;
    fn save_user(&self, user: &User) -> Result<()>;
    /// Enables or disables every demo account.
    fn allow_demo_users(&self, allowed: bool) -> Result<()>;
    fn has_users(&self) -> Result<bool>;
    /// All accounts, disabled ones too, in the order of their names.
    fn users(&self) -> Result<Vec<User>>;

    fn device(&self, id: Uuid) -> Result<Option<Device>>;
    /// The person's devices that hold a session which is not revoked, the most recently seen first.
    fn signed_in_devices(&self, user_id: &str) -> Result<Vec<Device>>;
    fn save_device(&self, device: &Device) -> Result<()>;

    fn session(&self, id: Uuid) -> Result<Option<Session>>;
    fn save_session(&self, session: &Session) -> Result<()>;
    /// Revokes the device's sessions that are not revoked yet; says how many.
    fn revoke_sessions_of(&self, device_id: Uuid, revoked: Revoked) -> Result<usize>;

    fn refresh_token(&self, hash: SecretHash) -> Result<Option<RefreshToken>>;
    fn save_refresh_token(&self, token: &RefreshToken) -> Result<()>;

    fn access_token(&self, hash: SecretHash) -> Result<Option<AccessToken>>;
    fn save_access_token(&self, token: &AccessToken) -> Result<()>;

    fn code(&self, hash: SecretHash) -> Result<Option<AuthorizationCode>>;
    fn save_code(&self, code: &AuthorizationCode) -> Result<()>;

    /// Drops tokens and codes that expired before the given instant.
    fn forget_expired(&self, before: DateTime<Utc>) -> Result<()>;
}
