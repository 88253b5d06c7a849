//! How often a password may be tried, and by whom.
//!
//! | who tries | counted by | free attempts |
//! |---|---|---|
//! | a browser that signed in to the account before | that browser | 5 |
//! | a stranger | account and network | 5 |
//! | a stranger | account | 20 |
//! | a stranger | network | 30: many people may share an office's address |
//!
//! After the free attempts each one must wait twice as long as the one before, up to five minutes. So a stranger can
//! use up neither the attempts of the account's own browsers nor, from one network, those of other networks.

use chrono::{DateTime, TimeDelta, Utc};

use crate::identity::throttle::{Backoff, Key};
use crate::storage::identity::SecretHash;

/// Who tries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    account: Key,
    network: Key,
    pair: Key,
    known: Option<Key>,
}

impl Attempt {
    /// `known` is the token's hash of a browser that signed in to this account before.
    pub fn new(account: &str, network: &str, known: Option<SecretHash>) -> Self {
        let known = known.map(|hash| {
            let hash: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
            Key::of(&[account, &hash])
        });
        Self {
            account: Key::of(&[account]),
            network: Key::of(&[network]),
            pair: Key::of(&[account, network]),
            known,
        }
    }
}

/// Attempts counted in memory; a restart forgives.
#[derive(Debug)]
pub(super) struct SignInLimits {
    browsers: Backoff,
    pairs: Backoff,
    accounts: Backoff,
    networks: Backoff,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            browsers: Backoff::new(5),
            pairs: Backoff::new(5),
            accounts: Backoff::new(20),
            networks: Backoff::new(30),
        }
    }
}

impl SignInLimits {
    /// Counts the attempt as failed until it is known to have succeeded, or says how long to wait before the next one.
    pub fn begin(&mut self, now: DateTime<Utc>, attempt: Attempt) -> Result<(), TimeDelta> {
        let mut budgets = self.budgets(attempt);
        let wait = budgets
            .iter()
            .filter_map(|(backoff, key)| backoff.delay(now, *key))
            .max();
        if let Some(wait) = wait {
            return Err(wait);
        }
        for (backoff, key) in &mut budgets {
            backoff.attempt(now, *key);
        }
        Ok(())
    }

    /// The attempt succeeded: its own failures are forgotten, those of others are not.
    pub fn succeeded(&mut self, attempt: Attempt) {
        match attempt.known {
            Some(known) => self.browsers.succeeded(known),
            None => {
                self.pairs.succeeded(attempt.pair);
                self.accounts.refund(attempt.account);
                self.networks.refund(attempt.network);
            }
        }
    }

    fn budgets(&mut self, attempt: Attempt) -> Vec<(&mut Backoff, Key)> {
        match attempt.known {
            Some(known) => vec![(&mut self.browsers, known)],
            None => vec![
                (&mut self.pairs, attempt.pair),
                (&mut self.accounts, attempt.account),
                (&mut self.networks, attempt.network),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    /// How many of a hundred attempts at the same moment are let through.
    fn admitted(limits: &mut SignInLimits, attempt: Attempt) -> usize {
        (0..100).filter(|_| limits.begin(now(), attempt).is_ok()).count()
    }

    #[test]
    fn strangers_use_up_neither_another_network_s_attempts_nor_those_of_known_browsers() {
        let mut limits = SignInLimits::default();
        assert_eq!(
            admitted(&mut limits, Attempt::new("ann", "198.51.100.1", None)),
            5
        );
        assert_eq!(
            admitted(&mut limits, Attempt::new("ann", "198.51.100.2", None)),
            5
        );
        for number in 3..100 {
            admitted(
                &mut limits,
                Attempt::new("ann", &format!("198.51.100.{number}"), None),
            );
        }
        let stranger = Attempt::new("ann", "192.0.2.1", None);
        assert_eq!(
            admitted(&mut limits, stranger),
            0,
            "all strangers together have one budget, too"
        );
        let known = |token: &str| Attempt::new("ann", "198.51.100.1", Some(SecretHash::of(token)));
        assert_eq!(admitted(&mut limits, known("phone")), 5);
        assert_eq!(
            admitted(&mut limits, known("desk")),
            5,
            "browsers do not hold each other up"
        );
    }

    #[test]
    fn one_network_that_guesses_many_accounts_is_slowed_down() {
        let mut limits = SignInLimits::default();
        let tried = (0..100)
            .filter(|number| {
                let attempt = Attempt::new(&format!("user{number}"), "198.51.100.1", None);
                limits.begin(now(), attempt).is_ok()
            })
            .count();
        assert_eq!(tried, 30);
    }

    #[test]
    fn success_forgives_its_own_failures_only() {
        let mut limits = SignInLimits::default();
        for _ in 0..3 {
            limits
                .begin(now(), Attempt::new("ann", "192.0.2.1", None))
                .unwrap();
        }
        limits.succeeded(Attempt::new("ann", "192.0.2.1", None));
        assert_eq!(admitted(&mut limits, Attempt::new("ann", "192.0.2.1", None)), 5);
        assert_eq!(admitted(&mut limits, Attempt::new("ann", "192.0.2.2", None)), 5);
    }
}
