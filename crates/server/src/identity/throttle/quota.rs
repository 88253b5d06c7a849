//! A steady rate with room for bursts, per key: the generic cell rate algorithm.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::TIDY_ABOVE;

/// Admits `burst` requests at once, and one more per `interval` after that.
#[derive(Debug)]
pub struct Quota {
    interval: TimeDelta,
    /// How far the theoretical arrival time may run ahead of the clock.
    tolerance: TimeDelta,
    arrivals: HashMap<String, DateTime<Utc>>,
}

impl Quota {
    pub fn new(interval: TimeDelta, burst: i32) -> Self {
        Self {
            interval,
            tolerance: interval * burst,
            arrivals: HashMap::new(),
        }
    }

    /// Counts a request; the time to wait if it is one too many (it is then not counted).
    pub fn admit(&mut self, now: DateTime<Utc>, key: &str) -> Result<(), TimeDelta> {
        if self.arrivals.len() >= TIDY_ABOVE {
            self.arrivals.retain(|_, arrival| *arrival > now);
        }
        let arrival = self.arrivals.get(key).copied().unwrap_or(now).max(now) + self.interval;
        if arrival > now + self.tolerance {
            return Err(arrival - now - self.tolerance);
        }
        self.arrivals.insert(key.to_owned(), arrival);
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
        let answers: Vec<bool> = (0..4).map(|_| quota.admit(at(0), "a").is_ok()).collect();
        assert_eq!(answers, [true, true, true, false]);
        assert_eq!(quota.admit(at(0), "a"), Err(TimeDelta::milliseconds(100)));
        assert_eq!(quota.admit(at(100), "a"), Ok(()));
        assert_eq!(quota.admit(at(100), "a"), Err(TimeDelta::milliseconds(100)));
        assert_eq!(
            quota.admit(at(100), "b"),
            Ok(()),
            "keys do not hold each other up"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut quota = Quota::new(TimeDelta::milliseconds(100), 3);
        for number in 0..TIDY_ABOVE {
            assert!(quota.admit(at(0), &number.to_string()).is_ok());
        }
        assert!(quota.admit(at(1000), "one more").is_ok());
        assert_eq!(quota.arrivals.len(), 1);
    }
}
