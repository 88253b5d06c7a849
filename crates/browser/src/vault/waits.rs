//! Waits after wrong passcodes, counted by a clock that nobody can set.
//!
//! The device's clock decides nothing here: somebody who holds a locked device can set it. A context counts a wait by its
//! steady clock, from the moment it opened or the wait began, whichever was later. What is left is stored as a length, so
//! another context, or the next start of the browser, serves the rest while it is open. Time while the app is closed does
//! not count.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use holdfast_core::Timestamp;

use super::delay;
use crate::clock::SteadyClock;

/// A context looks at the vault this soon after it opens; the time before that look counts as waited.
const STARTUP_MS: f64 = 3_000.0;

/// Which wait: a further failure begins another one.
type WaitId = (u32, Option<Timestamp>);

/// What the vault stores about a user's failed attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failures {
    /// Wrong passcodes since the last right one.
    pub count: u32,
    /// By the device's clock. Tells one wait from another, and nothing else.
    pub last_at: Option<Timestamp>,
    /// Milliseconds of the wait that are still to be served; `None`: all.
    pub left_ms: Option<u32>,
}

/// A wait that this context is serving.
#[derive(Debug)]
struct Served {
    wait: WaitId,
    /// By the steady clock.
    since: f64,
    /// Milliseconds that were left then.
    left_ms: u32,
}

/// The waits of one context. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits {
    clock: SteadyClock,
    by_user: Rc<RefCell<HashMap<String, Served>>>,
}

impl Waits {
    pub(super) fn by(clock: SteadyClock) -> Self {
        Self {
            clock,
            by_user: Rc::default(),
        }
    }

    /// Milliseconds until the next attempt, 0 for none. Begins to count where this context has not seen the wait before.
    pub(super) fn left_ms(&self, user_id: &str, failures: Failures) -> u32 {
        let full = delay::after(failures.count);
        let stored = failures.left_ms.unwrap_or(full).min(full);
        let wait = (failures.count, failures.last_at);
        let now = self.clock.now_ms();
        let mut by_user = self.by_user.borrow_mut();
        let since = match by_user.get(user_id) {
            Some(served) if served.wait == wait => None,
            Some(_) => Some(now),
            // The first look of this context: the wait began before it opened.
            None => Some(now - now.clamp(0.0, STARTUP_MS)),
        };
        if let Some(since) = since {
            let left_ms = stored;
            by_user.insert(user_id.to_owned(), Served { wait, since, left_ms });
        }
        let left_here = by_user.get(user_id).map_or(stored, |served| {
            let passed = (now - served.since).max(0.0);
            // Saturates: a wait that is over has nothing left.
            (f64::from(served.left_ms) - passed).ceil() as u32
        });
        // Another context may have served more of it.
        left_here.min(stored)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_timestamp(second, 0)
    }

    fn failures(count: u32, last_at: Option<Timestamp>) -> Failures {
        Failures {
            count,
            last_at,
            left_ms: None,
        }
    }

    /// A context that opened `open_for` milliseconds ago.
    fn context(open_for: f64) -> (Waits, Rc<Cell<f64>>) {
        let now = Rc::new(Cell::new(open_for));
        let reading = now.clone();
        (Waits::by(SteadyClock::new(move || reading.get())), now)
    }

    #[test]
    fn a_wait_is_counted_by_the_steady_clock_alone() {
        let (waits, now) = context(0.0);
        let none = failures(0, None);
        assert_eq!(waits.left_ms("ann", none), 0);
        now.set(50_000.0);
        let fourth = failures(4, at(1_000));
        for (elapsed, left) in [
            (0.0, 15_000),
            (1.5, 14_999),
            (9_000.0, 6_000),
            (15_000.0, 0),
            (99_000.0, 0),
        ] {
            now.set(50_000.0 + elapsed);
            assert_eq!(waits.left_ms("ann", fourth), left, "after {elapsed} ms");
        }
        let fifth = failures(5, at(1_000));
        assert_eq!(
            waits.left_ms("ann", fifth),
            30_000,
            "another failure, another wait"
        );
        assert_eq!(waits.left_ms("ben", none), 0, "each user waits alone");
    }

    #[test]
    fn a_new_context_serves_the_stored_rest_from_when_it_opened() {
        let (waits, now) = context(800.0);
        let rest = Failures {
            left_ms: Some(9_000),
            ..failures(4, at(1_000))
        };
        assert_eq!(waits.left_ms("ann", rest), 8_200);
        now.set(5_000.0);
        assert_eq!(waits.left_ms("ann", rest), 4_000);
        let (later, _) = context(3_600_000.0);
        assert_eq!(
            later.left_ms("ann", rest),
            6_000,
            "at most a start is taken for waited"
        );
        let (whole, _) = context(0.0);
        assert_eq!(whole.left_ms("ann", failures(80, at(1_000))), 900_000);
    }

    #[test]
    fn what_another_context_served_counts_and_a_stored_rest_never_lengthens_a_wait() {
        let (waits, now) = context(0.0);
        let with_left = |left_ms| Failures {
            left_ms,
            ..failures(4, at(1_000))
        };
        assert_eq!(waits.left_ms("ann", with_left(None)), 15_000);
        now.set(1_000.0);
        assert_eq!(waits.left_ms("ann", with_left(Some(3_000))), 3_000);
        assert_eq!(waits.left_ms("ann", with_left(Some(u32::MAX))), 14_000);
        assert_eq!(waits.left_ms("ann", with_left(Some(0))), 0);
    }
}
