//! Rounds of sync: who goes round, and when the next one is due.
//!
//! The platform's lock elects one context for each round. A context that does not get it says that it wants a round;
//! the one at it looks for more before it ends, and says when it has ended. Whoever still has something then tries.
//! The worker waits for that end instead: a page that is at it may be closing, and then nobody else is left to try.
//!
//! A round that fails says until when it is no use trying. A page that hears it of the worker, which has no timers,
//! takes over by its own: it shows what was found out, and sends nothing before its wait is over.

use std::{cell::Cell, rc::Rc};

use chrono::Duration;
use futures::future::{FutureExt, LocalBoxFuture};
use gloo::timers::callback::Timeout;
use holdfast_core::{
    Timestamp,
    engine::{Election, Round, Trigger},
    queue::WriteStatus,
    store::{Revision, StoreError},
};
use wasm_bindgen_futures::spawn_local;

use super::{ClientEvent, Context, session::Session};
use crate::{
    background,
    channel::Message,
    locks::{Lock, lock_within, try_lock},
    power::Power,
};

/// A page that is open pulls this often.
const PERIOD: Duration = Duration::minutes(15);

/// For how long another context's round is waited for before trying again.
const ELSEWHERE: Duration = Duration::seconds(10);

/// The worker waits so long for the end of a page's round, in milliseconds. Browsers let an event go on for minutes, and
/// free the lock of a page that is gone.
const OUTLAST_MS: u64 = 60_000;

/// A round that had to wait for nobody knows what is tried again after this.
const UNKNOWN_WAIT: Duration = Duration::seconds(30);

/// Without room a round is tried again after this, and a fold, which nobody waits for, after the other. Chromium writes
/// before it refuses, and frees that only when it tidies up: each attempt takes the room of the edits after it.
const NO_ROOM_WAIT: Duration = Duration::minutes(5);
const NO_ROOM_TO_FOLD: Duration = Duration::hours(1);

/// No timer runs hot, whatever is due.
const SHORTEST_WAIT: Duration = Duration::seconds(1);

/// After so many commits they are folded: reading them all would delay a start by milliseconds.
const FOLD_AFTER: Revision = 100;

/// Set for as long as it lives.
struct While<'a>(&'a Cell<bool>);

impl<'a> While<'a> {
    fn set(flag: &'a Cell<bool>) -> Self {
        flag.set(true);
        Self(flag)
    }
}

impl Drop for While<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Session {
    /// A round of sync, if this context is elected; returns when it has ended.
    ///
    /// Boxed here, so that the engine's code is compiled into this crate alone and not once more into its users.
    pub fn sync(self: &Rc<Self>, trigger: Trigger) -> LocalBoxFuture<'static, Round> {
        let session = self.clone();
        async move { session.elect_and_sync(trigger).await }.boxed_local()
    }

    async fn elect_and_sync(self: &Rc<Self>, trigger: Trigger) -> Round {
        if self.is_closed() {
            return Round::NotSetUp;
        }
        if self.syncing.get() {
            // Noted by the engine for the round that is under way.
            return self.engine.sync(trigger, Election::Lock).await;
        }
        let name = format!("{}-sync", self.database);
        let mut lock = try_lock(&name).await;
        if matches!(lock, Lock::Elsewhere) {
            self.tell_others(&Message::SyncWanted);
            lock = self.outlast(&name, trigger).await;
        }
        let election = match &lock {
            Lock::Held(_) => Election::Lock,
            Lock::Unsupported => Election::LeaseAlone,
            Lock::Elsewhere => return Round::Elsewhere,
        };
        let round = {
            let _syncing = While::set(&self.syncing);
            let round = self.rounds(trigger, election).await;
            self.fold_if_there_is_room().await;
            round
        };
        drop(lock);
        self.after_round(&round, trigger);
        round
    }

    /// A page comes back to what it wanted when it hears that the other's round has ended, or after a while. The worker
    /// waits for the end, and goes round itself if something is left.
    async fn outlast(self: &Rc<Self>, name: &str, trigger: Trigger) -> Lock {
        if self.context == Context::Page {
            self.elsewhere.set(Some(trigger));
            self.plan_wake_up();
            return Lock::Elsewhere;
        }
        let lock = lock_within(name, OUTLAST_MS).await;
        let nothing_left = self.engine.catch_up().await.is_ok() && self.engine.replica().unsent() == 0;
        if nothing_left || self.is_closed() {
            return Lock::Elsewhere;
        }
        lock
    }

    /// A fold that does not come about is due again after the next round, or after a while if there was no room for it.
    async fn fold_if_there_is_room(&self) {
        let now = self.now();
        let refused = self.fold_refused_at.get();
        if refused.is_some_and(|at| at <= now && now - at < NO_ROOM_TO_FOLD) {
            return;
        }
        let folded = self.engine.fold(FOLD_AFTER).await;
        self.fold_refused_at
            .set((folded == Err(StoreError::Full)).then_some(now));
    }

    /// The round asked for, and the launch's full check if that one never came about.
    async fn rounds(&self, trigger: Trigger, election: Election) -> Round {
        let round = self.engine.sync(trigger, election).await;
        if round != Round::Done {
            self.launch_owed
                .set(self.launch_owed.get() || trigger == Trigger::Launch);
            return round;
        }
        if self.launch_owed.take() && trigger != Trigger::Launch {
            return self.engine.sync(Trigger::Launch, election).await;
        }
        round
    }

    /// As [`Self::sync`], without waiting for its end.
    pub fn request_sync(self: &Rc<Self>, trigger: Trigger) {
        let session = self.clone();
        spawn_local(async move {
            let _ = session.sync(trigger).await;
        });
    }

    fn after_round(self: &Rc<Self>, round: &Round, trigger: Trigger) {
        let now = self.now();
        let again_at = match round {
            Round::Waiting(until) => Some(until.unwrap_or(now + UNKNOWN_WAIT)),
            Round::Failed(StoreError::Full) => Some(now + NO_ROOM_WAIT),
            Round::LeaseLost | Round::Failed(_) => Some(now + UNKNOWN_WAIT),
            Round::Elsewhere => Some(now + ELSEWHERE),
            Round::Done | Round::Parked | Round::NotSetUp => None,
        };
        self.last_round_at.set(Some(now));
        self.retry_at.set(again_at);
        self.note_room(round);
        self.tell_others(&Message::SyncEnded {
            reached: *round == Round::Done,
            again_at,
            probe_at: self.engine.breaker().probe_at(),
        });
        // The browser repeats the worker's event itself while something is left. Asked for anew out of the event it would
        // come back at once, and again, for as long as a write waits.
        let of_the_event = self.context == Context::Worker && trigger == Trigger::Reconnect;
        if self.engine.replica().unsent() > 0 && !of_the_event {
            background::request_sync_event();
        }
        // Where another page was at it and is gone, or the device was full.
        self.go_on_resealing();
        self.plan_wake_up();
    }

    /// A round that fails otherwise, or waits, says nothing of the room.
    fn note_room(&self, round: &Round) {
        let full = match round {
            Round::Failed(StoreError::Full) => true,
            Round::Done => false,
            _ => return,
        };
        if self.full.replace(full) != full {
            self.listeners.tell(ClientEvent::Activity);
        }
    }

    /// Sets the one timer for the next thing that is due. The worker sleeps by the browser's will and has none.
    pub(super) fn plan_wake_up(self: &Rc<Self>) {
        if self.context == Context::Worker || self.is_closed() {
            return;
        }
        let now = self.now();
        let (at, trigger) = self.next_due(now);
        let wait = (at - now).max(SHORTEST_WAIT).num_milliseconds();
        let weak = Rc::downgrade(self);
        let timer = Timeout::new(u32::try_from(wait).unwrap_or(u32::MAX), move || {
            if let Some(session) = weak.upgrade() {
                spawn_local(async move { session.woken(trigger).await });
            }
        });
        self.wake_up.replace(Some(timer));
    }

    /// What is due next, and whether it is the regular pull or something that waits.
    fn next_due(&self, now: Timestamp) -> (Timestamp, Due) {
        let regular = self.last_round_at.get().unwrap_or(now) + PERIOD;
        let replica = self.engine.replica();
        // Until somebody signs in, nothing that waits would get any further.
        if replica.sync().parked || replica.device().is_none() {
            return (regular, Due::Regular);
        }
        let waiting_write = replica
            .open_writes()
            .filter(|write| write.status == WriteStatus::Pending)
            .filter_map(|write| write.not_before)
            .filter(|at| *at > now)
            .min();
        let elsewhere = self.elsewhere.get().map(|_| now + ELSEWHERE);
        let probe = self.engine.breaker().probe_at();
        let pressing = [self.retry_at.get(), waiting_write, elsewhere, probe]
            .into_iter()
            .flatten()
            .min();
        match pressing {
            Some(at) if at < regular => (at, Due::Waiting),
            _ => (regular, Due::Regular),
        }
    }

    async fn woken(self: &Rc<Self>, due: Due) {
        self.retry_at.set(None);
        let trigger = self.elsewhere.take().unwrap_or(Trigger::Timer);
        if due == Due::Regular && !Power::now().await.allows_background() {
            self.last_round_at.set(Some(self.now()));
            self.plan_wake_up();
            return;
        }
        self.sync(trigger).await;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Regular,
    Waiting,
}
