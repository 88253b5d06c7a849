//! Browsers that signed in to an account before: what OWASP calls device cookies.
//!
//! A successful sign-in gives the browser a random token. With it, the browser's later attempts at the same account
//! are counted apart from those of strangers, so that a stranger who guesses cannot lock the owner out. The token
//! lets nobody in and is worth a few guesses only. It is replaced at each sign-in, so a token that somebody planted
//! in a browser is never the one that becomes known.

use chrono::{DateTime, TimeDelta, Utc};
use rand::CryptoRng;

use super::IdentityError;
use super::secret::Secret;
use crate::storage::identity::{KnownBrowser, SecretHash};
use crate::storage::port::{IdentityReader, IdentityWriter};

/// How long a browser stays known after a sign-in.
pub const MEMORY: TimeDelta = TimeDelta::days(180);

/// Known browsers of one account; the one that signed in longest ago is forgotten first.
pub const MOST: usize = 20;

/// The presented token's hash, if this browser signed in to the account before.
pub fn recognise(
    store: &dyn IdentityReader,
    now: DateTime<Utc>,
    user_id: &str,
    presented: Option<&str>,
) -> Result<Option<SecretHash>, IdentityError> {
    let Some(presented) = presented else {
        return Ok(None);
    };
    let known = store.known_browser(SecretHash::of(presented), user_id)?;
    Ok(known
        .filter(|browser| now - browser.signed_in_at < MEMORY)
        .map(|browser| browser.hash))
}

/// Remembers that the browser signed in to the account. Returns the token that replaces the presented one, for every
/// account that it was known for.
pub fn remember(
    store: &mut dyn IdentityWriter,
    rng: &mut dyn CryptoRng,
    now: DateTime<Utc>,
    user_id: &str,
    presented: Option<&str>,
) -> Result<Secret, IdentityError> {
    let token = Secret::random(rng);
    if let Some(presented) = presented {
        store.rename_browser(SecretHash::of(presented), token.hash())?;
    }
    store.save_known_browser(&KnownBrowser {
        hash: token.hash(),
        user_id: user_id.to_owned(),
        signed_in_at: now,
    })?;
    store.trim_browsers_of(user_id, MOST)?;
    Ok(token)
}
