//! Rounds of sync: which context runs one, and when.
//!
//! The platform's lock elects one context for each round. A context that does not get it says that it wants a round; the
//! one that holds it looks for more before it ends, and reports the end. Each context that still has something then tries.
//! The worker waits for that end instead: a page that runs the round may be closing, and then nobody else is left to try.
//!
//! A round that fails says until when trying again is of no use. A page that hears it from the worker, which has no timers,
//! sets its own: it shows what was found out, and sends nothing before that wait is over.

use std::{cell::RefCell, rc::Rc};

use chrono::Duration;
use futures::future::{FutureExt, LocalBoxFuture};
use holdfast_core::{
    Timestamp,
    engine::{Election, Round, Trigger},
    status::Status,
    store::{Revision, StoreError},
};
use wasm_bindgen_futures::spawn_local;

use super::{
    context::Context,
    open_data::OpenData,
    rounds::Rounds,
    wake_up::{Due, ELSEWHERE, WakeUp},
};
use crate::{
    background,
    channel::Message,
    locks::{Lock, lock_within, try_lock},
    power::Power,
};

/// The worker waits so long for the end of a page's round, in milliseconds. Browsers let an event go on for minutes, and
/// free the lock of a page that is gone.
const OUTLAST_MS: u64 = 60_000;

/// After a round that had to wait and does not say how long.
const UNKNOWN_WAIT: Duration = Duration::seconds(30);

/// Without room a round is tried again after this. Chromium writes before it refuses, and frees that only when it tidies
/// up: each attempt takes the room of the edits after it.
const NO_ROOM_WAIT: Duration = Duration::minutes(5);

/// Syncs the open data, and schedules the next round.
pub struct SyncSchedule {
    data: Rc<OpenData>,
    wake_up: WakeUp,
    rounds: Rounds,
    after_round: RefCell<Option<Box<dyn Fn()>>>,
}

impl std::fmt::Debug for SyncSchedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SyncSchedule")
            .field("wake_up", &self.wake_up)
            .field("rounds", &self.rounds)
            .finish_non_exhaustive()
    }
}

impl SyncSchedule {
    pub(super) fn new(data: &Rc<OpenData>) -> Rc<Self> {
        let this = Rc::new(Self {
            data: data.clone(),
            wake_up: WakeUp::default(),
            rounds: Rounds::new(data),
            after_round: RefCell::default(),
        });
        let closing = Rc::downgrade(&this);
        data.at_close(move || {
            if let Some(this) = closing.upgrade() {
                this.wake_up.cancel();
            }
        });
        this
    }

    /// Calls this after each round of this context.
    pub(super) fn after_round(&self, work: impl Fn() + 'static) {
        self.after_round.replace(Some(Box::new(work)));
    }

    /// What the status line says.
    pub fn status(&self) -> Status {
        self.data.engine.status()
    }

    /// Whether the server did not answer when it was last asked; it is probed from time to time.
    pub fn is_out_of_reach(&self) -> bool {
        self.data.engine.breaker().is_open()
    }

    /// Whether the device has no room for what the server has; until a round gets through.
    pub fn is_full(&self) -> bool {
        self.rounds.is_full()
    }

    /// Follows what other contexts committed.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub fn catch_up(&self) -> LocalBoxFuture<'_, Result<(), StoreError>> {
        self.data.engine.catch_up().boxed_local()
    }

    /// Replaces the journal by its result, once it has `after` commits.
    ///
    /// # Errors
    /// If the storage refuses.
    pub fn fold(&self, after: Revision) -> LocalBoxFuture<'_, Result<(), StoreError>> {
        self.data.engine.fold(after).boxed_local()
    }

    /// Runs a round, if this context is elected; returns when it has ended.
    ///
    /// Boxed here, so that the engine's code is compiled into this crate alone and not once more into its users.
    pub fn run(self: &Rc<Self>, trigger: Trigger) -> LocalBoxFuture<'static, Round> {
        let this = self.clone();
        async move { this.elect_and_run(trigger).await }.boxed_local()
    }

    /// As [`Self::run`], without waiting for its end.
    pub fn request(self: &Rc<Self>, trigger: Trigger) {
        let this = self.clone();
        spawn_local(async move {
            let _ = this.run(trigger).await;
        });
    }

    /// Runs a round and nothing else: without an election, and without the compaction and the timers that follow a round.
    /// For benchmarks, in the only context of a device.
    pub fn run_alone(&self, trigger: Trigger) -> LocalBoxFuture<'_, Round> {
        self.data.engine.sync(trigger, Election::Lock).boxed_local()
    }

    /// As [`Self::request`], because something changed; a manual context does nothing.
    pub(super) fn follow_change(self: &Rc<Self>, trigger: Trigger) {
        if self.data.environment.context != Context::Manual {
            self.request(trigger);
        }
    }

    async fn elect_and_run(self: &Rc<Self>, trigger: Trigger) -> Round {
        let data = &self.data;
        if data.is_closed() {
            return Round::NotSetUp;
        }
        if self.is_syncing() {
            // Noted by the engine for the round that is under way.
            return data.engine.sync(trigger, Election::Lock).await;
        }
        let name = format!("{}-sync", data.database);
        let mut lock = try_lock(&name).await;
        if matches!(lock, Lock::Elsewhere) {
            data.tell_others(&Message::SyncWanted);
            lock = self.outlast(&name, trigger).await;
        }
        let election = match &lock {
            Lock::Held(_) => Election::Lock,
            Lock::Unsupported => Election::LeaseAlone,
            Lock::Elsewhere => return Round::Elsewhere,
        };
        let round = self.rounds.run(trigger, election).await;
        drop(lock);
        self.end_round(&round, trigger);
        round
    }

    /// A page comes back to what it wanted when it hears that the other's round has ended, or after a while. The worker
    /// waits for the end, and runs a round itself if something is left.
    async fn outlast(self: &Rc<Self>, name: &str, trigger: Trigger) -> Lock {
        if self.data.environment.context == Context::Page {
            self.wake_up.elsewhere.set(Some(trigger));
            self.plan_wake_up();
            return Lock::Elsewhere;
        }
        let lock = lock_within(name, OUTLAST_MS).await;
        let data = &self.data;
        let nothing_left = data.engine.catch_up().await.is_ok() && data.replica().unsent() == 0;
        if nothing_left || data.is_closed() {
            return Lock::Elsewhere;
        }
        lock
    }

    fn end_round(self: &Rc<Self>, round: &Round, trigger: Trigger) {
        let (data, now) = (&self.data, self.data.now());
        let again_at = match round {
            Round::Waiting(until) => Some(until.unwrap_or(now + UNKNOWN_WAIT)),
            Round::Failed(StoreError::Full) => Some(now + NO_ROOM_WAIT),
            Round::LeaseLost | Round::Failed(_) => Some(now + UNKNOWN_WAIT),
            Round::Elsewhere => Some(now + ELSEWHERE),
            Round::Done | Round::Parked | Round::NotSetUp => None,
        };
        self.wake_up.last_round_at.set(Some(now));
        self.wake_up.retry_at.set(again_at);
        self.rounds.note_room(round);
        data.tell_others(&Message::SyncEnded {
            reached: *round == Round::Done,
            again_at,
            probe_at: data.engine.breaker().probe_at(),
        });
        // The browser repeats the worker's event itself while something is left. Asked for anew out of the event it would
        // come back at once, and again, for as long as a write waits.
        let of_the_event = data.environment.context == Context::Worker && trigger == Trigger::Reconnect;
        if data.replica().unsent() > 0 && !of_the_event {
            background::request_sync_event();
        }
        if let Some(work) = &*self.after_round.borrow() {
            work();
        }
        self.plan_wake_up();
    }

    /// Sets the timer for the next thing that is due. Only pages have one: the worker sleeps by the browser's will.
    pub(super) fn plan_wake_up(self: &Rc<Self>) {
        if self.data.environment.context != Context::Page || self.data.is_closed() {
            return;
        }
        let weak = Rc::downgrade(self);
        self.wake_up.set(&self.data, move |due| {
            if let Some(this) = weak.upgrade() {
                spawn_local(async move { this.wake(due).await });
            }
        });
    }

    async fn wake(self: &Rc<Self>, due: Due) {
        self.wake_up.retry_at.set(None);
        let trigger = self.wake_up.elsewhere.take().unwrap_or(Trigger::Timer);
        if due == Due::Regular && !Power::now().await.allows_background() {
            self.wake_up.last_round_at.set(Some(self.data.now()));
            self.plan_wake_up();
            return;
        }
        self.run(trigger).await;
    }
}

/// What other contexts tell of their rounds.
impl SyncSchedule {
    pub(super) fn is_syncing(&self) -> bool {
        self.rounds.is_running()
    }

    /// Another context's round got through: what waited for it continues. What it found out about the server holds here
    /// too.
    pub(super) fn another_has_synced(self: &Rc<Self>) {
        let back = self.is_out_of_reach();
        if back {
            self.data.engine.came_online();
        }
        let trigger = self.wake_up.elsewhere.take();
        if let Some(trigger) = trigger.or(back.then_some(Trigger::Reconnect)) {
            self.follow_change(trigger);
        }
    }

    /// What another context could not send waits for this page's timer. A trigger that waited for that round follows the
    /// rules of one that finds the server so: it probes or waits, and resends nothing at once.
    pub(super) fn another_has_failed(
        self: &Rc<Self>,
        again_at: Option<Timestamp>,
        probe_at: Option<Timestamp>,
    ) {
        // The worker wakes for background sync events; a round of this page's own finds out by itself.
        if self.data.environment.context != Context::Page || self.is_syncing() {
            return;
        }
        if let Some(probe_at) = probe_at {
            self.data.engine.heard_out_of_reach(probe_at);
        }
        let own = self.wake_up.retry_at.get();
        self.wake_up.retry_at.set(own.into_iter().chain(again_at).min());
        match self.wake_up.elsewhere.take() {
            Some(trigger) => self.request(trigger),
            None => self.plan_wake_up(),
        }
    }
}
