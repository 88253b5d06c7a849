//! Limits on how often one may try. Pure: the time is a parameter.
//!
//! Each limit remembers a bounded number of keys and forgets the one used longest ago first, so that neither memory
//! nor the time for one request grows with the number of strangers.

mod backoff;
mod quota;

use std::num::NonZeroUsize;

use sha2::{Digest, Sha256};

pub use backoff::Backoff;
pub use quota::Quota;

/// Keys that a limit remembers. More than passwords can be checked in the half hour that failures are remembered.
const MOST_KEYS: NonZeroUsize = NonZeroUsize::new(100_000).unwrap();

/// What is limited: an account, an address, a pair of both. A digest, so that a long name takes no more memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 16]);

impl Key {
    pub fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        let mut key = [0; 16];
        key.copy_from_slice(&digest.finalize()[..16]);
        Self(key)
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn parts_are_told_apart() {
        assert_eq!(Key::of(&["ann", "1"]), Key::of(&["ann", "1"]));
        assert_ne!(Key::of(&["ann", "1"]), Key::of(&["ann1", ""]));
        assert_ne!(Key::of(&["ann"]), Key::of(&["ann", ""]));
    }
}
