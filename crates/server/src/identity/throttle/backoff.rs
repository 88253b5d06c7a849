//! Growing delays after failures, per key (an account, an address).

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::TIDY_ABOVE;

/// The longest delay.
const CEILING: TimeDelta = TimeDelta::minutes(5);

/// After this long without an attempt the failures are forgotten.
const MEMORY: TimeDelta = TimeDelta::minutes(30);

#[derive(Debug, Clone, Copy)]
struct Record {
    attempts: u32,
    last: DateTime<Utc>,
    blocked_until: DateTime<Utc>,
}

/// Lets a number of attempts through freely; each one after those must wait twice as long as the one before, from
/// one second up to five minutes. An attempt counts as failed from its beginning until it is known to have
/// succeeded, so attempts made side by side gain nothing.
#[derive(Debug)]
pub struct Backoff {
    free_attempts: u32,
    records: HashMap<String, Record>,
}

impl Backoff {
    pub fn new(free_attempts: u32) -> Self {
        Self {
            free_attempts,
            records: HashMap::new(),
        }
    }

    /// How long the key must still wait; none if it may try now.
    pub fn delay(&self, now: DateTime<Utc>, key: &str) -> Option<TimeDelta> {
        let record = self.records.get(key)?;
        (record.blocked_until > now).then(|| record.blocked_until - now)
    }

    /// Counts an attempt.
    pub fn attempt(&mut self, now: DateTime<Utc>, key: &str) {
        if self.records.len() >= TIDY_ABOVE {
            self.records.retain(|_, record| now - record.last < MEMORY);
        }
        let fresh = Record {
            attempts: 0,
            last: now,
            blocked_until: now,
        };
        let record = self.records.entry(key.to_owned()).or_insert(fresh);
        if now - record.last >= MEMORY {
            *record = fresh;
        }
        record.attempts = record.attempts.saturating_add(1);
        record.last = now;
        record.blocked_until = now + Self::penalty(self.free_attempts, record.attempts);
    }

    /// Forgets the key's failures: the attempt succeeded.
    pub fn succeeded(&mut self, key: &str) {
        self.records.remove(key);
    }

    /// Takes one attempt back: it succeeded, but the key's other failures were not its doing.
    pub fn refund(&mut self, key: &str) {
        if let Some(record) = self.records.get_mut(key) {
            record.attempts = record.attempts.saturating_sub(1);
            record.blocked_until = record.last;
        }
    }

    fn penalty(free_attempts: u32, attempts: u32) -> TimeDelta {
        match attempts.checked_sub(free_attempts) {
            None => TimeDelta::zero(),
            Some(excess) => TimeDelta::seconds(1 << excess.min(16)).min(CEILING),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn delays_double_after_the_free_attempts_up_to_the_ceiling() {
        let mut backoff = Backoff::new(3);
        let mut now = 0;
        for expected in [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            backoff.attempt(at(now), "mallory");
            let delay = backoff
                .delay(at(now), "mallory")
                .map_or(0, |delay| delay.num_seconds());
            assert_eq!(delay, expected, "after {now} s");
            assert_eq!(backoff.delay(at(now + delay), "mallory"), None);
            now += delay;
        }
        assert_eq!(
            backoff.delay(at(now), "alice"),
            None,
            "keys do not hold each other up"
        );
    }

    #[test]
    fn success_and_time_forgive() {
        let mut backoff = Backoff::new(1);
        backoff.attempt(at(0), "alice");
        backoff.attempt(at(0), "alice");
        assert!(backoff.delay(at(0), "alice").is_some());
        backoff.succeeded("alice");
        assert_eq!(backoff.delay(at(0), "alice"), None);

        backoff.attempt(at(0), "bob");
        backoff.attempt(at(0), "bob");
        backoff.attempt(at(1800), "bob");
        assert_eq!(
            backoff.delay(at(1800), "bob").map(|delay| delay.num_seconds()),
            Some(1)
        );
    }

    #[test]
    fn a_refund_takes_back_one_attempt_only() {
        let mut backoff = Backoff::new(3);
        for _ in 0..3 {
            backoff.attempt(at(0), "office");
        }
        backoff.refund("office");
        assert_eq!(backoff.delay(at(0), "office"), None);
        backoff.attempt(at(0), "office");
        assert!(
            backoff.delay(at(0), "office").is_some(),
            "the other two still count"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut backoff = Backoff::new(3);
        for number in 0..TIDY_ABOVE {
            backoff.attempt(at(0), &number.to_string());
        }
        backoff.attempt(at(3600), "one more");
        assert_eq!(backoff.records.len(), 1);
    }
}
