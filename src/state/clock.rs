//! The time that is recorded: the device's wall clock, corrected by what the server's answers told of it.

use chrono::Duration;
use holdfast_browser::clock::{PlatformClock, SteadyClock};
use holdfast_core::{Timestamp, ports::Clock};
use leptos::prelude::*;

use super::Session;

/// A difference that nobody notices, and networks cause.
const TOLERATED: Duration = Duration::minutes(5);

/// Clocks that are set by themselves are moved by less.
const SET_BACK: Duration = Duration::minutes(1);

/// Where both clocks stood when the wall clock was last known to be right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Baseline {
    offset: Duration,
    wall: Timestamp,
    steady_ms: f64,
}

impl Baseline {
    pub(super) fn new(offset: Duration) -> Self {
        Self {
            offset,
            wall: PlatformClock.now(),
            steady_ms: SteadyClock::default().now_ms(),
        }
    }

    /// How far the wall clock stayed behind the steady one since then. A steady clock may stand still while the device
    /// sleeps, so nothing is known of a wall clock that is ahead.
    fn behind(&self) -> Duration {
        let steady = SteadyClock::default().now_ms() - self.steady_ms;
        Duration::milliseconds(steady as i64) - (PlatformClock.now() - self.wall)
    }
}

impl Session {
    /// Now by the server's clock, as far as it is known: for every time that the app records, or compares with one that was
    /// recorded.
    pub fn server_now(self) -> Timestamp {
        let now = self.instant();
        now.checked_add_signed(self.clock_offset()).unwrap_or(now)
    }

    /// What the device's clock lacks to show the server's time.
    fn clock_offset(self) -> Duration {
        let known = self
            .data()
            .map(|data| data.read(|device| device.sync().clock_offset()));
        known.unwrap_or_default()
    }

    /// The same, if it is large enough to be told.
    pub fn clock_is_off_by(self) -> Option<Duration> {
        self.active.track();
        Some(self.clock_offset()).filter(|offset| offset.abs() > TOLERATED)
    }

    /// Whether somebody set the wall clock back since the server's answers last told of it: what was measured by it is not
    /// to be believed.
    pub fn clock_was_set_back(self) -> bool {
        let offset = self.clock_offset();
        if self.baseline.with_value(|known| known.offset) != offset {
            self.baseline.set_value(Baseline::new(offset));
        }
        self.baseline.with_value(Baseline::behind) > SET_BACK
    }
}
