//! A round of sync: the drainer's state table (protocol section 2).

use super::{Engine, Event, TransactError, exchange::Failure, lease::Taken};
use crate::{
    Timestamp,
    plan::Batch,
    ports::{Ports, Rng},
    protocol::ErrorCode,
    queue::retry,
    store::{Changes, Row, StoreError, SyncRow},
};

/// Why a round is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The app was started.
    Launch,
    /// It came to the foreground after five minutes or more.
    Foreground,
    /// A person asked for it.
    Manual,
    /// A quarter of an hour has passed.
    Timer,
    /// The network is back, or the platform's `sync` event says so.
    Reconnect,
    /// A critical write was queued.
    CriticalWrite,
    /// Any other write was queued.
    Write,
    /// The platform's `periodicsync` event.
    Periodic,
}

impl Trigger {
    fn pulls(self) -> bool {
        !matches!(self, Self::CriticalWrite | Self::Write)
    }

    /// A person, or a change of the world, does not wait for backing-off to end.
    fn overrides_hold(self) -> bool {
        matches!(self, Self::Manual | Self::Reconnect)
    }
}

/// How the context came to drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Election {
    /// It holds the platform's exclusive lock: a lease that is still running is of a context that died or sleeps, and
    /// is taken over.
    Lock,
    /// The platform has no locks: a running lease is respected until it expires.
    LeaseAlone,
}

/// What came of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Round {
    /// Everything that could be sent was, and what was asked for was pulled.
    Done,
    /// Another context is at it; it goes round again.
    Elsewhere,
    /// The server is out of reach, or asks to wait until then; try again at that time.
    Waiting(Option<Timestamp>),
    /// Sign-in is needed.
    Parked,
    /// The lease was lost: another context has taken over.
    LeaseLost,
    /// This device is not set up.
    NotSetUp,
    Failed(StoreError),
}

/// What ends a round early.
#[derive(Debug)]
pub(super) enum Stop {
    Failure(Failure),
    LeaseLost,
    Store(StoreError),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<TransactError<Stop>> for Stop {
    fn from(error: TransactError<Stop>) -> Self {
        match error {
            TransactError::Plan(stop) => stop,
            TransactError::Store(error) => Self::Store(error),
        }
    }
}

impl<P: Ports> Engine<P> {
    /// Sends what can be sent and pulls what the trigger asks for.
    ///
    /// A trigger that comes while this context is at it is served before the round ends.
    pub async fn sync(&self, trigger: Trigger, election: Election) -> Round {
        let Some(_draining) = Draining::begin(&self.draining) else {
            self.again.set(true);
            if trigger.pulls() {
                self.missed.set(Some(trigger));
            }
            return Round::Elsewhere;
        };
        let mut round = self.round(trigger, election).await;
        while let (Round::Done, Some(missed)) = (&round, self.missed.take()) {
            round = self.round(missed, election).await;
        }
        self.missed.set(None);
        *self.activity.borrow_mut() = Default::default();
        self.tell(Event::Activity);
        round
    }

    async fn round(&self, trigger: Trigger, election: Election) -> Round {
        if let Err(error) = self.catch_up().await {
            return Round::Failed(error);
        }
        if let Some(not_now) = self.must_wait(trigger).await {
            return not_now;
        }
        let token = self.ports.rng().uuid();
        let first = match self.take_lease(&token, election).await {
            Ok(Taken::Lease(first)) => first,
            Ok(Taken::Elsewhere) => return Round::Elsewhere,
            Err(error) => return Round::Failed(error),
        };
        let mut outcome = self.push_then_pull(trigger, first, &token).await;
        loop {
            let round = self.conclude(outcome, &token).await;
            let go_on = round == Round::Done;
            match self.release_lease(&token, go_on, election).await {
                Ok(true) => outcome = self.push_all(None, &token).await,
                Ok(false) => return round,
                Err(error) => return Round::Failed(error),
            }
        }
    }

    /// What keeps a round from beginning, if anything does: not set up, parked, told to wait, out of reach.
    async fn must_wait(&self, trigger: Trigger) -> Option<Round> {
        let sync = {
            let replica = self.replica();
            if replica.device().is_none() {
                return Some(Round::NotSetUp);
            }
            replica.sync().clone()
        };
        if sync.parked && !(trigger == Trigger::Manual && self.wake().await) {
            return Some(Round::Parked);
        }
        let now = self.now();
        // What the server asked for holds, whoever is in a hurry.
        let asked = sync
            .last_error
            .as_ref()
            .is_some_and(|error| error.code == ErrorCode::RateLimited);
        let patient = asked || !trigger.overrides_hold();
        if let Some(until) = sync
            .hold_until
            .filter(|until| patient && retry::is_ahead(*until, now))
        {
            return Some(Round::Waiting(Some(until)));
        }
        let breaker = self.breaker();
        let probe_due =
            trigger.overrides_hold() || !breaker.probe_at().is_some_and(|at| retry::is_ahead(at, now));
        if breaker.is_open() && !(probe_due && self.probe().await) {
            return Some(Round::Waiting(self.breaker().probe_at()));
        }
        None
    }

    /// Somebody may have signed in elsewhere: the queue wakes if the cookie is good again.
    async fn wake(&self) -> bool {
        self.access_token(true).await.is_ok() && self.park(false).await.is_ok()
    }

    async fn push_then_pull(&self, trigger: Trigger, first: Option<Batch>, token: &str) -> Result<(), Stop> {
        self.push_all(first, token).await?;
        let never_pulled = self.replica().cursor().is_none_or(|cursor| cursor.partial);
        if trigger.pulls() || never_pulled {
            self.pull_all(trigger, token).await?;
            self.verify_if_due(trigger, token).await?;
            // The pull may have brought what a waiting write was missing, or set it free.
            self.push_all(None, token).await?;
        }
        Ok(())
    }

    async fn conclude(&self, outcome: Result<(), Stop>, token: &str) -> Round {
        let stop = match outcome {
            Ok(()) => return Round::Done,
            Err(stop) => stop,
        };
        let failure = match stop {
            Stop::LeaseLost => return Round::LeaseLost,
            Stop::Store(error) => return Round::Failed(error),
            Stop::Failure(failure) => failure,
        };
        if failure == Failure::SignedOut {
            self.forget_token();
            return self
                .park(true)
                .await
                .map_or_else(Round::Failed, |()| Round::Parked);
        }
        match self.note_failure(&failure, token).await {
            Ok(()) => Round::Waiting(self.replica().sync().hold_until.or(self.breaker().probe_at())),
            Err(Stop::Store(error)) => Round::Failed(error),
            Err(_) => Round::LeaseLost,
        }
    }

    /// Notes what went wrong and until when nothing is asked of the server.
    async fn note_failure(&self, failure: &Failure, token: &str) -> Result<(), Stop> {
        let random = self.ports.rng().next_u64();
        self.with_lease(token, |replica, now| {
            let mut changes = Changes::default();
            changes.put(Row::Sync(held(replica.sync(), failure, now, random)));
            Ok((changes, ()))
        })
        .await
    }
}

/// Marks this context as draining for as long as it lives, also if the round is dropped half-way.
struct Draining<'a>(&'a std::cell::Cell<bool>);

impl<'a> Draining<'a> {
    fn begin(flag: &'a std::cell::Cell<bool>) -> Option<Self> {
        // Made only if it is to live: its end clears the flag.
        (!flag.replace(true)).then(|| Self(flag))
    }
}

impl Drop for Draining<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// The drainer's state after a failure that no write is to blame for.
fn held(sync: &SyncRow, failure: &Failure, now: Timestamp, random: u64) -> SyncRow {
    let mut sync = sync.clone();
    sync.last_error = Some(failure.error());
    match failure {
        Failure::Busy(seconds) => {
            let wait = seconds.saturating_mul(1_000).min(retry::LONGEST_WAIT_MS);
            sync.hold_until = Some(retry::after(now, wait));
        }
        // Out of reach: the breaker times the probes, and nothing else is requested meanwhile.
        Failure::Unreachable(_) => {
            sync.network_failures += 1;
            sync.hold_until = None;
            sync.in_vain_since = None;
        }
        _ => {
            sync.network_failures += 1;
            let wait = retry::wait_ms(sync.network_failures, random);
            sync.hold_until = sync
                .hold_until
                .filter(|until| retry::is_ahead(*until, now))
                .or(Some(retry::after(now, wait)));
        }
    }
    sync
}
