//! A steady rate with room for bursts, per key: the generic cell rate algorithm.

use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;

use super::{Key, MOST_KEYS};

/// Admits `burst` requests at once, and one more per `interval` after that.
#[derive(Debug)]
pub struct Quota {
    interval: TimeDelta,
    /// How far the theoretical arrival time may run ahead of the clock.
    tolerance: TimeDelta,
    arrivals: LruCache<Key, DateTime<Utc>>,
}

impl Quota {
    pub fn new(interval: TimeDelta, burst: i32) -> Self {
        Self {
            interval,
            tolerance: interval * burst,
            arrivals: LruCache::unbounded(),
        }
    }

    /// Counts a request; the time to wait if it is one too many (it is then not counted).
    pub fn admit(&mut self, now: DateTime<Utc>, key: Key) -> Result<(), TimeDelta> {
        let arrival = self.arrivals.get(&key).copied().unwrap_or(now).max(now) + self.interval;
        if arrival > now + self.tolerance {
            return Err(arrival - now - self.tolerance);
        }
        self.arrivals.put(key, arrival);
        // Two at a time: what no longer restrains anybody goes faster than it comes.
        for _ in 0..2 {
            let full = self.arrivals.len() > MOST_KEYS.get();
            match self.arrivals.peek_lru() {
                Some((_, arrival)) if full || *arrival <= now => drop(self.arrivals.pop_lru()),
                _ => break,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
    }

    #[test]
    fn a_burst_then_a_steady_rate() {
        let mut quota = Quota::new(TimeDelta::milliseconds(100), 3);
        let (one, other) = (Key::of(&["a"]), Key::of(&["b"]));
        let answers: Vec<bool> = (0..4).map(|_| quota.admit(at(0), one).is_ok()).collect();
        assert_eq!(answers, [true, true, true, false]);
        assert_eq!(quota.admit(at(0), one), Err(TimeDelta::milliseconds(100)));
        assert_eq!(quota.admit(at(100), one), Ok(()));
        assert_eq!(quota.admit(at(100), one), Err(TimeDelta::milliseconds(100)));
        assert_eq!(
            quota.admit(at(100), other),
            Ok(()),
            "keys do not hold each other up"
        );
    }

    #[test]
    fn memory_is_bounded_in_keys_and_in_time() {
        let mut quota = Quota::new(TimeDelta::milliseconds(100), 3);
        for number in 0..MOST_KEYS.get() + 10 {
            assert!(quota.admit(at(0), Key::of(&[&number.to_string()])).is_ok());
        }
        assert_eq!(quota.arrivals.len(), MOST_KEYS.get());
        for number in 0..10 {
            let fresh = format!("fresh {number}");
            assert!(quota.admit(at(1000), Key::of(&[&fresh])).is_ok());
        }
        assert_eq!(
            quota.arrivals.len(),
            MOST_KEYS.get() - 10,
            "two go for each that comes"
        );
    }
}
