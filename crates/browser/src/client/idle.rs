//! How long nobody has touched the app.
//!
//! The last touch is a time in `localStorage`, which reaches all tabs in a moment, also one that was frozen while others
//! were in use.

use std::cell::Cell;

use chrono::Duration;
use holdfast_core::Timestamp;
use web_sys::Storage;

/// How exactly tabs know of each other's touches.
const TELL_EVERY: Duration = Duration::seconds(2);

/// After how long without a touch the app locks by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockAfter {
    Never,
    Minutes(u32),
}

impl LockAfter {
    /// What a person may choose from.
    pub const CHOICES: [Self; 5] = [
        Self::Minutes(1),
        Self::Minutes(5),
        Self::Minutes(15),
        Self::Minutes(60),
        Self::Never,
    ];

    /// The number of minutes; 0 for never.
    pub fn minutes(self) -> u32 {
        match self {
            Self::Never => 0,
            Self::Minutes(minutes) => minutes,
        }
    }

    /// The choice of so many minutes, 0 for never; anything else is the default.
    pub fn of_minutes(minutes: &str) -> Self {
        let chosen = |choice: &Self| minutes.parse() == Ok(choice.minutes());
        Self::CHOICES.into_iter().find(chosen).unwrap_or_default()
    }

    /// Whether the time is over. A touch in the future is of a clock that was set back since: it counts as now.
    fn is_over(self, touched: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Never => false,
            Self::Minutes(minutes) => now - touched >= Duration::minutes(minutes.into()),
        }
    }
}

impl Default for LockAfter {
    fn default() -> Self {
        Self::Minutes(15)
    }
}

/// What a page knows of touches.
#[derive(Debug)]
pub(super) struct Idle {
    pub(super) after: Cell<LockAfter>,
    touched: Cell<Timestamp>,
    told: Cell<Timestamp>,
    /// Where the tabs of one person find the last touch of any of them.
    slot: String,
}

impl Idle {
    /// Opening the data counts as a touch.
    pub(super) fn new(database: &str, after: LockAfter, now: Timestamp) -> Self {
        let this = Self {
            after: Cell::new(after),
            touched: Cell::new(now),
            told: Cell::new(now),
            slot: format!("{database}-touched"),
        };
        this.tell(now);
        this
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let elsewhere = self.heard().filter(|at| *at <= now + TELL_EVERY);
        // A clock that was set back is no time without a touch.
        let own = self.touched.get().min(now);
        self.touched.set(own);
        self.after
            .get()
            .is_over(elsewhere.map_or(own, |at| at.max(own)), now)
    }

    pub(super) fn touch(&self, now: Timestamp) {
        self.touched.set(now);
        if (now - self.told.get()).abs() >= TELL_EVERY {
            self.told.set(now);
            self.tell(now);
        }
    }

    fn tell(&self, now: Timestamp) {
        if let Some(storage) = storage() {
            // Without it each tab counts for itself.
            let _ = storage.set_item(&self.slot, &now.timestamp_millis().to_string());
        }
    }

    fn heard(&self) -> Option<Timestamp> {
        let told = storage()?.get_item(&self.slot).ok().flatten()?;
        Timestamp::from_timestamp_millis(told.parse().ok()?)
    }

    pub(super) fn forget(&self) {
        if let Some(storage) = storage() {
            // What stays is a time, and nothing else.
            let _ = storage.remove_item(&self.slot);
        }
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_counted_from_the_last_touch() {
        let at = |second| Timestamp::from_timestamp(second, 0).unwrap();
        let table = [
            // after, last touch, now, over
            (LockAfter::Minutes(1), 0, 59, false),
            (LockAfter::Minutes(1), 0, 60, true),
            (LockAfter::Minutes(15), 100, 999, false),
            (LockAfter::Minutes(15), 100, 1_000, true),
            (LockAfter::Minutes(1), 1_000, 0, false), // the clock was set back
            (LockAfter::Never, 0, 1_000_000, false),
        ];
        for (after, touched, now, over) in table {
            assert_eq!(
                after.is_over(at(touched), at(now)),
                over,
                "{after:?} {touched} {now}"
            );
        }
    }

    #[test]
    fn a_setting_that_is_missing_or_unknown_is_the_default() {
        for choice in LockAfter::CHOICES {
            assert_eq!(LockAfter::of_minutes(&choice.minutes().to_string()), choice);
        }
        for unknown in ["", "7", "never", "-1", "99999999999"] {
            assert_eq!(
                LockAfter::of_minutes(unknown),
                LockAfter::Minutes(15),
                "{unknown}"
            );
        }
    }
}
