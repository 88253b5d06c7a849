//! Passwords: Argon2id with the parameters of the OWASP cheat sheet (19 MiB, two passes, one lane).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rand::CryptoRng;

use super::IdentityError;
use super::model::User;

/// Hashes a password, with a salt from `rng`, into PHC form.
pub fn hash(rng: &mut dyn CryptoRng, password: &str) -> Result<String, IdentityError> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    Ok(Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)?
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

    /// Whether the password is that of an existing, enabled account.
    pub fn verify(&self, user: Option<&User>, password: &str) -> Result<bool, IdentityError> {
        let stored = user.map_or(&self.decoy, |user| &user.password_hash);
        let matches = Argon2::default()
            .verify_password(password.as_bytes(), &PasswordHash::new(stored)?)
            .is_ok();
        Ok(matches && user.is_some_and(|user| !user.disabled))
    }
}
