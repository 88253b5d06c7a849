//! Growing delays after failures, per key (an account, an address).

use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;

use super::{Key, MOST_KEYS};

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
    /// In the order of their latest attempts.
    records: LruCache<Key, Record>,
}

impl Backoff {
    pub fn new(free_attempts: u32) -> Self {
        Self {
            free_attempts,
            records: LruCache::unbounded(),
        }
    }

    /// How long the key must still wait; none if it may try now.
    pub fn delay(&self, now: DateTime<Utc>, key: Key) -> Option<TimeDelta> {
        let record = self.records.peek(&key)?;
        (record.blocked_until > now).then(|| record.blocked_until - now)
    }

    /// Counts an attempt.
    pub fn attempt(&mut self, now: DateTime<Utc>, key: Key) {
        self.forget_some(now);
        let fresh = Record {
            attempts: 0,
            last: now,
            blocked_until: now,
        };
        let record = self.records.get_or_insert_mut(key, || fresh);
        if now - record.last >= MEMORY {
            *record = fresh;
        }
        record.attempts = record.attempts.saturating_add(1);
        record.last = now;
        record.blocked_until = now + Self::penalty(self.free_attempts, record.attempts);
    }

    /// Forgets the key's failures: the attempt succeeded.
    pub fn succeeded(&mut self, key: Key) {
        self.records.pop(&key);
    }

    /// Takes one attempt back: it succeeded, but the key's other failures were not its doing.
    pub fn refund(&mut self, key: Key) {
        if let Some(record) = self.records.peek_mut(&key) {
            record.attempts = record.attempts.saturating_sub(1);
            record.blocked_until = record.last;
        }
    }

    /// Drops at most two records that are too old to count, or the oldest if there is no room for another.
    fn forget_some(&mut self, now: DateTime<Utc>) {
        for _ in 0..2 {
            let full = self.records.len() >= MOST_KEYS.get();
            match self.records.peek_lru() {
                Some((_, oldest)) if full || now - oldest.last >= MEMORY => drop(self.records.pop_lru()),
                _ => break,
            }
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
            backoff.attempt(at(now), Key::of(&["mallory"]));
            let delay = backoff
                .delay(at(now), Key::of(&["mallory"]))
                .map_or(0, |delay| delay.num_seconds());
            assert_eq!(delay, expected, "after {now} s");
            assert_eq!(backoff.delay(at(now + delay), Key::of(&["mallory"])), None);
            now += delay;
        }
        assert_eq!(
            backoff.delay(at(now), Key::of(&["alice"])),
            None,
            "keys do not hold each other up"
        );
    }

    #[test]
    fn success_and_time_forgive() {
        let mut backoff = Backoff::new(1);
        backoff.attempt(at(0), Key::of(&["alice"]));
        backoff.attempt(at(0), Key::of(&["alice"]));
        assert!(backoff.delay(at(0), Key::of(&["alice"])).is_some());
        backoff.succeeded(Key::of(&["alice"]));
        assert_eq!(backoff.delay(at(0), Key::of(&["alice"])), None);

        backoff.attempt(at(0), Key::of(&["bob"]));
        backoff.attempt(at(0), Key::of(&["bob"]));
        backoff.attempt(at(1800), Key::of(&["bob"]));
        assert_eq!(
            backoff
                .delay(at(1800), Key::of(&["bob"]))
                .map(|delay| delay.num_seconds()),
            Some(1)
        );
    }

    #[test]
    fn a_refund_takes_back_one_attempt_only() {
        let mut backoff = Backoff::new(3);
        for _ in 0..3 {
            backoff.attempt(at(0), Key::of(&["office"]));
        }
        backoff.refund(Key::of(&["office"]));
        assert_eq!(backoff.delay(at(0), Key::of(&["office"])), None);
        backoff.attempt(at(0), Key::of(&["office"]));
        assert!(
            backoff.delay(at(0), Key::of(&["office"])).is_some(),
            "the other two still count"
        );
    }

    #[test]
    fn memory_is_bounded_in_keys_and_in_time() {
        let mut backoff = Backoff::new(3);
        for number in 0..MOST_KEYS.get() + 10 {
            backoff.attempt(at(0), Key::of(&[&number.to_string()]));
        }
        assert_eq!(backoff.records.len(), MOST_KEYS.get());
        for number in 0..10 {
            backoff.attempt(at(3600), Key::of(&[&format!("fresh {number}")]));
        }
        assert_eq!(
            backoff.records.len(),
            MOST_KEYS.get() - 10,
            "two go for each that comes"
        );
    }

    #[test]
    fn an_early_return_of_a_key_counts_from_its_latest_attempt() {
        let mut backoff = Backoff::new(1);
        let key = Key::of(&["alice"]);
        backoff.attempt(at(0), key);
        backoff.attempt(at(1000), key);
        backoff.attempt(at(2000), Key::of(&["bob"]));
        assert_eq!(backoff.records.len(), 2, "alice's latest attempt is not old yet");
    }
}
