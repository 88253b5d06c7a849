//! How much a user, and each of their devices, may ask of the API.
//!
//! Reads and writes have budgets of their own: a device that sends a long queue goes on reading. A push counts as many
//! writes as it has operations. The defaults leave an honest device alone: it may send 50,000 operations back to back,
//! and read its first 10,000 records in the smallest pages, before anything is refused.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::identity::Identity;
use crate::identity::throttle::Key;

/// Requests after which users and devices are forgotten whose budget is full again. There are no more of them than
/// accounts and their devices.
const TIDY_AFTER: u32 = 4_096;

/// A number at once, and so many more each second.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub burst: NonZeroU32,
    pub per_second: NonZeroU32,
}

impl Budget {
    pub const fn new(burst: NonZeroU32, per_second: NonZeroU32) -> Self {
        Self { burst, per_second }
    }

    fn limiter(self) -> DefaultKeyedRateLimiter<Key> {
        RateLimiter::keyed(Quota::per_second(self.per_second).allow_burst(self.burst))
    }
}

/// What the API takes from one user.
#[derive(Debug, Clone, Copy)]
pub struct ApiLimits {
    pub device_reads: Budget,
    pub user_reads: Budget,
    /// Operations, and requests that change something.
    pub device_writes: Budget,
    pub user_writes: Budget,
    /// Requests of one user that are worked on at once; further ones wait.
    pub at_once: usize,
    /// Requests of one user that use the database at once. Fewer than it has readers, so that one is left for others.
    pub in_database: usize,
    /// Requests of one user that wait; one more is refused.
    pub waiting: usize,
    /// Requests of all users that wait for the database's writer, and as many for its readers; one more is refused.
    pub queue: usize,
    /// After this long a read is interrupted.
    pub read_time: Duration,
}

const fn budget(burst: u32, per_second: u32) -> Budget {
    match (NonZeroU32::new(burst), NonZeroU32::new(per_second)) {
        (Some(burst), Some(per_second)) => Budget::new(burst, per_second),
        _ => Budget::new(NonZeroU32::MIN, NonZeroU32::MIN),
    }
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            device_reads: budget(5_000, 200),
            user_reads: budget(30_000, 1_000),
            device_writes: budget(50_000, 1_000),
            user_writes: budget(150_000, 3_000),
            at_once: 16,
            in_database: 2,
            waiting: 128,
            queue: 512,
            read_time: Duration::from_secs(20),
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
}

/// The budgets of those who asked lately.
#[derive(Debug)]
pub(super) struct Quotas {
    device_reads: DefaultKeyedRateLimiter<Key>,
    user_reads: DefaultKeyedRateLimiter<Key>,
    device_writes: DefaultKeyedRateLimiter<Key>,
    user_writes: DefaultKeyedRateLimiter<Key>,
    since_tidy: AtomicU32,
}

impl Quotas {
    pub fn new(limits: &ApiLimits) -> Self {
        Self {
            device_reads: limits.device_reads.limiter(),
            user_reads: limits.user_reads.limiter(),
            device_writes: limits.device_writes.limiter(),
            user_writes: limits.user_writes.limiter(),
            since_tidy: AtomicU32::new(0),
        }
    }

    /// Counts so much; the time to wait if it is too much.
    pub fn spend(&self, who: &Identity, kind: Kind, amount: u32) -> Result<(), TimeDelta> {
        let Some(amount) = NonZeroU32::new(amount) else {
            return Ok(());
        };
        self.tidy();
        let (by_device, by_user) = match kind {
            Kind::Read => (&self.device_reads, &self.user_reads),
            Kind::Write => (&self.device_writes, &self.user_writes),
        };
        take(by_device, Key::of(&[&who.device_id.to_string()]), amount)?;
        take(by_user, Key::of(&[&who.user_id]), amount)
    }

    fn tidy(&self) {
        let count = self.since_tidy.fetch_add(1, Ordering::Relaxed);
        if count > 0 && count.is_multiple_of(TIDY_AFTER) {
            for limiter in [
                &self.device_reads,
                &self.user_reads,
                &self.device_writes,
                &self.user_writes,
            ] {
                limiter.retain_recent();
            }
        }
    }
}

fn take(limiter: &DefaultKeyedRateLimiter<Key>, key: Key, amount: NonZeroU32) -> Result<(), TimeDelta> {
    match limiter.check_key_n(&key, amount) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(too_early)) => {
            let wait = too_early.wait_time_from(DefaultClock::default().now());
            Err(TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX))
        }
        // More than the budget ever holds: only settings of a test are so small.
        Err(_) => Err(TimeDelta::seconds(1)),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn who(user: &str, device: u128) -> Identity {
        Identity {
            user_id: user.to_owned(),
            username: user.to_owned(),
            display_name: String::new(),
            roles: Vec::new(),
            sites: Vec::new(),
            device_id: Uuid::from_u128(device),
            session_id: Uuid::nil(),
        }
    }

    #[test]
    fn devices_and_users_have_budgets_of_their_own_for_reads_and_writes() {
        let quotas = Quotas::new(&ApiLimits {
            device_reads: budget(2, 1),
            user_reads: budget(100, 1),
            device_writes: budget(10, 1),
            user_writes: budget(15, 1),
            ..ApiLimits::default()
        });
        let (phone, desk, other) = (who("ann", 1), who("ann", 2), who("ben", 3));
        let spend = |who: &Identity, kind, amount| quotas.spend(who, kind, amount).is_ok();
        assert!(spend(&phone, Kind::Write, 10), "as many at once as there are");
        assert!(!spend(&phone, Kind::Write, 1));
        assert!(spend(&phone, Kind::Read, 1), "reads go on");
        assert!(spend(&desk, Kind::Write, 5), "another device goes on");
        assert!(!spend(&desk, Kind::Write, 5), "until the user's budget is spent");
        assert!(spend(&other, Kind::Write, 10), "nobody else is touched");
        assert!(!spend(&other, Kind::Write, 11), "more than there ever is");
        assert!(spend(&other, Kind::Write, 0));
        let wait = quotas.spend(&phone, Kind::Write, 1).unwrap_err();
        assert!(
            wait > TimeDelta::zero() && wait <= TimeDelta::seconds(1),
            "{wait}"
        );
    }

    #[test]
    fn an_honest_device_is_not_limited() {
        let quotas = Quotas::new(&ApiLimits::default());
        let phone = who("ann", 1);
        // A first sync of 10,000 records in the smallest pages, and a month's queue in batches of 250.
        assert!((0..1_000).all(|_| quotas.spend(&phone, Kind::Read, 1).is_ok()));
        assert!((0..200).all(|_| quotas.spend(&phone, Kind::Write, 250).is_ok()));
        // 64 devices of one user, each with a first sync and a thousand single writes.
        let devices: Vec<Identity> = (10..74).map(|device| who("ben", device)).collect();
        for device in &devices {
            assert!((0..100).all(|_| quotas.spend(device, Kind::Read, 1).is_ok()));
            assert!((0..1_000).all(|_| quotas.spend(device, Kind::Write, 1).is_ok()));
        }
    }
}
