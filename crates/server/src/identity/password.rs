//! Passwords: Argon2id with the parameters of the OWASP cheat sheet (19 MiB, two passes, one lane), of the text in NFC.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rand::CryptoRng;
use unicode_normalization::UnicodeNormalization;

use super::IdentityError;
use super::normal::forms;
use crate::storage::identity::User;

/// In characters.
pub const SHORTEST: usize = 8;

/// In bytes. A longer one is refused before any work is done for it.
pub const LONGEST: usize = 1024;

/// Whether an account may be given this password.
pub fn is_acceptable(password: &str) -> bool {
    is_checkable(password) && password.nfc().count() >= SHORTEST
}

/// Whether this can be an account's password at all; demo accounts have a short one.
fn is_checkable(password: &str) -> bool {
    password.len() <= LONGEST
}

/// Hashes a password, with a salt from `rng`, into PHC form.
pub fn hash(rng: &mut dyn CryptoRng, password: &str) -> Result<String, IdentityError> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let normal: String = password.nfc().collect();
    Ok(Argon2::default()
        .hash_password_with_salt(normal.as_bytes(), &salt)?
        .to_string())
}

/// Checks passwords in the same time whether or not the account exists.
#[derive(Debug)]
pub struct Passwords {
    /// A hash that no password is checked against in earnest: the work done for a user who does not exist.
    decoy: String,
}

impl Passwords {
    pub fn new(rng: &mut dyn CryptoRng) -> Result<Self, IdentityError> {
        Ok(Self {
            decoy: hash(rng, "")?,
        })
    }

    /// Whether the password is that of an existing, enabled account. A password that is not in NFC costs one check for
    /// each of its forms: an earlier version hashed it as it was typed.
    pub fn verify(&self, user: Option<&User>, password: &str) -> Result<bool, IdentityError> {
        if !is_checkable(password) {
            return Ok(false);
        }
        let stored = user.map_or(&self.decoy, |user| &user.password_hash);
        let stored = PasswordHash::new(stored)?;
        let matches = forms(password).iter().any(|form| {
            Argon2::default()
                .verify_password(form.as_bytes(), &stored)
                .is_ok()
        });
        Ok(matches && user.is_some_and(|user| !user.disabled))
    }
}
