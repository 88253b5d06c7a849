//! The lock that comes by itself: after a time without a touch in any tab of the app.
//!
//! Each page looks at the clock every second, whenever it is looked at again, and before a touch counts. So a page that
//! slept, was hidden or frozen meanwhile locks before it shows or takes anything. The last touch is a time in
//! `localStorage`, which reaches all tabs in a moment, also one that was frozen while others were in use; how long is a
//! private setting of the person's, which nobody changes or removes to gain time: without one the default holds.

use std::{cell::Cell, rc::Rc};

use chrono::Duration;
use gloo::timers::callback::Interval;
use holdfast_core::Timestamp;
use wasm_bindgen_futures::spawn_local;
use web_sys::Storage;

use super::{Client, ClientError, session::Session};
use crate::{
    activity::{Activity, Sign},
    channel::Message,
    vault::{Private, Unlocked, Vault},
};

/// The name of the setting.
const SETTING: &str = "lock-after";

/// How often the clock is looked at, in milliseconds.
const LOOK_EVERY_MS: u32 = 1_000;

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
    after: Cell<LockAfter>,
    touched: Cell<Timestamp>,
    told: Cell<Timestamp>,
    /// Where the tabs of one person find the last touch of any of them.
    slot: String,
}

/// Looks at the clock and hears touches until it is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    _clock: Interval,
    _activity: Activity,
}

impl Idle {
    /// Whoever opens the app is there.
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

    fn is_over(&self, now: Timestamp) -> bool {
        let elsewhere = self.heard().filter(|at| *at <= now + TELL_EVERY);
        // A clock that was set back is no time without a touch.
        let own = self.touched.get().min(now);
        self.touched.set(own);
        self.after
            .get()
            .is_over(elsewhere.map_or(own, |at| at.max(own)), now)
    }

    fn touch(&self, now: Timestamp) {
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

/// What the person chose; the default if nothing can be read.
pub(super) async fn chosen(vault: &Vault, unlocked: &Unlocked) -> LockAfter {
    let stored = vault.private(unlocked, Private::Setting, SETTING).await;
    LockAfter::of_minutes(&stored.ok().flatten().unwrap_or_default())
}

impl Session {
    /// Begins to watch, in a page.
    pub(super) fn watch(self: &Rc<Self>) -> Watch {
        let (clock, signs) = (Rc::downgrade(self), Rc::downgrade(self));
        Watch {
            _clock: Interval::new(LOOK_EVERY_MS, move || {
                if let Some(session) = clock.upgrade() {
                    session.look_at_the_clock();
                }
            }),
            _activity: Activity::listen(move |sign| {
                let Some(session) = signs.upgrade() else { return };
                if !session.look_at_the_clock() && sign == Sign::Touched {
                    session.idle.touch(session.now());
                }
            }),
        }
    }

    /// Locks if the time is over; answers whether it is.
    fn look_at_the_clock(self: &Rc<Self>) -> bool {
        let over = self.idle.is_over(self.now());
        if over && !self.is_closed() {
            let session = self.clone();
            let locking = session.lock_everywhere();
            // The keys are gone from here and from other tabs already; kept ones expire if deleting them fails.
            spawn_local(async move {
                let _ = locking.await;
            });
        }
        over
    }

    /// After how long without a touch this person's app locks by itself.
    pub fn lock_after(&self) -> LockAfter {
        self.idle.after.get()
    }

    pub(super) async fn reread_lock_after(&self) {
        if let Ok(unlocked) = self.unlocked() {
            self.idle.after.set(chosen(&self.vault, &unlocked).await);
        }
    }
}

impl Client {
    /// Chooses after how long without a touch the open person's app locks by itself, in every tab.
    pub async fn set_lock_after(&self, after: LockAfter) -> Result<(), ClientError> {
        let session = self.session().ok_or(ClientError::NotOpen)?;
        let minutes = after.minutes().to_string();
        let (kind, chosen) = (Private::Setting, Some(minutes.as_str()));
        session
            .with_newest_keys(async |unlocked| self.vault.put_private(unlocked, kind, SETTING, chosen).await)
            .await?;
        session.idle.after.set(after);
        session.tell_others(&Message::SettingsChanged);
        Ok(())
    }
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
