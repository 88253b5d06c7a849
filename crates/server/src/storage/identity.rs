//! The things identity keeps, as its store gives and takes them.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: String,
    /// Lower case, unique.
    pub username: String,
    pub display_name: String,
    /// Argon2id in PHC form.
    pub password_hash: String,
    pub roles: Vec<String>,
    /// The sites whose rows this person may see.
    pub sites: Vec<String>,
    /// One of the accounts whose password is public knowledge; usable only while the server runs as a demo.
    pub demo: bool,
    pub disabled: bool,
    pub created_at: DateTime<Utc>,
}

/// A browser profile on which a person signed in. Outlives its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub id: Uuid,
    pub user_id: String,
    /// What its owner would recognise it by, such as "Chrome on Android".
    pub label: String,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
}

/// One sign-in on one device: a family of refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub user_id: String,
    pub device_id: Uuid,
    /// The refresh token presented last (the first one issued, until then). It and its children are good.
    pub current_token: SecretHash,
    pub created_at: DateTime<Utc>,
    pub revoked: Option<Revoked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revoked {
    pub at: DateTime<Utc>,
    pub reason: Revocation,
}

/// Why a session ended before its tokens did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// Its owner signed out.
    SignedOut,
    /// Its owner removed the device from the list.
    DeviceRemoved,
    /// The same person signed in again on the same device.
    Replaced,
    /// A superseded refresh token was presented: somebody holds a copy.
    TokenReused,
    /// The authorization code that opened it was presented again: somebody holds a copy.
    CodeReplayed,
    /// The account's password was set.
    PasswordChanged,
    /// The account was disabled.
    AccountDisabled,
    /// The account was enabled: whatever was open before stays closed.
    AccountEnabled,
    /// It reached its absolute lifetime.
    LifetimeEnded,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    pub hash: SecretHash,
    pub session_id: Uuid,
    /// The token it was issued for; none for a session's first.
    pub parent: Option<SecretHash>,
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    pub hash: SecretHash,
    pub session_id: Uuid,
    pub expires_at: DateTime<Utc>,
}

/// Proof of a password check, to be exchanged once for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    pub hash: SecretHash,
    pub user_id: String,
    pub redirect_uri: String,
    /// BASE64URL(SHA-256(verifier)), RFC 7636 §4.2.
    pub code_challenge: String,
    pub expires_at: DateTime<Utc>,
    /// Presented already, with or without success.
    pub spent: bool,
    /// The session its first use opened.
    pub session_id: Option<Uuid>,
}

/// A browser that signed in to an account, by the hash of the token it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownBrowser {
    pub hash: SecretHash,
    pub user_id: String,
    pub signed_in_at: DateTime<Utc>,
}

/// SHA-256 of a secret. The secret has 256 bits of entropy, so no salt or stretching is needed, and looking it up by
/// equality tells a guesser nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretHash(pub [u8; 32]);

impl SecretHash {
    pub fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented.as_bytes()).into())
    }
}
