//! A round of sync: the drainer's state table (protocol section 2).

use super::{Engine, Event, TransactError, exchange::Failure};
use crate::{
    Timestamp,
    plan::{self, Batch},
    ports::{Ports, Rng},
    protocol::PushResponse,
    queue::retry,
    replica::Replica,
    store::{Changes, Lease, Row, RowKey, StoreError, SyncRow},
};

/// For how long a round may go on without renewing its lease, in milliseconds.
const LEASE_MS: u64 = 60_000;

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
    /// A trigger that comes while this context is at it makes it look for more to send before it ends.
    pub async fn sync(&self, trigger: Trigger, election: Election) -> Round {
        if self.draining.replace(true) {
            self.again.set(true);
            return Round::Elsewhere;
        }
        let round = self.round(trigger, election).await;
        self.draining.set(false);
        *self.activity.borrow_mut() = Default::default();
        self.tell(Event::Activity);
        round
    }

    async fn round(&self, trigger: Trigger, election: Election) -> Round {
        if let Err(error) = self.catch_up().await {
            return Round::Failed(error);
        }
        let (set_up, parked, hold) = {
            let replica = self.replica();
            (
                replica.device().is_some(),
                replica.sync().parked,
                replica.sync().hold_until,
            )
        };
        if !set_up {
            return Round::NotSetUp;
        }
        if parked && trigger != Trigger::Manual {
            return Round::Parked;
        }
        let now = self.now();
        if let Some(until) = hold.filter(|until| *until > now && !trigger.overrides_hold()) {
            return Round::Waiting(Some(until));
        }
        let probe_due = self
            .breaker()
            .probe_at()
            .is_none_or(|at| at <= now || trigger.overrides_hold());
        if self.breaker().is_open() && !(probe_due && self.probe().await) {
            return Round::Waiting(self.breaker().probe_at());
        }
        let token = self.ports.rng().uuid();
        match self.take_lease(&token, election).await {
            Ok(true) => {}
            Ok(false) => return Round::Elsewhere,
            Err(error) => return Round::Failed(error),
        }
        let outcome = self.push_then_pull(trigger, &token).await;
        let round = self.conclude(outcome, &token).await;
        if let Err(error) = self.release_lease(&token).await {
            return Round::Failed(error);
        }
        round
    }

    async fn push_then_pull(&self, trigger: Trigger, token: &str) -> Result<(), Stop> {
        self.push_all(token).await?;
        let never_pulled = self.replica().cursor().is_none_or(|cursor| cursor.partial);
        if trigger.pulls() || never_pulled {
            self.pull_all(trigger, token).await?;
            self.verify_if_due(trigger, token).await?;
            // The pull may have brought what a waiting write was missing, or set it free.
            self.push_all(token).await?;
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
        let random = self.ports.rng().next_u64();
        let noted = self.with_lease(token, |replica, now| {
            let sync = held(replica.sync(), &failure, now, random);
            let mut changes = Changes::default();
            changes.put(Row::Sync(sync));
            Ok((changes, ()))
        });
        match noted.await {
            Ok(()) => Round::Waiting(self.replica().sync().hold_until.or(self.breaker().probe_at())),
            Err(Stop::Store(error)) => Round::Failed(error),
            Err(_) => Round::LeaseLost,
        }
    }

    async fn push_all(&self, token: &str) -> Result<(), Stop> {
        let mut done = 0;
        loop {
            self.again.set(false);
            let next = |replica: &Replica, now| {
                let (changes, batch) = plan::batch(replica, now).unzip();
                Ok((changes.unwrap_or_default(), batch))
            };
            if let Some(batch) = self.with_lease(token, next).await? {
                self.show_pushing(done, done + self.replica().unsent());
                self.push(&batch, token).await?;
                done += batch.queue_ids.len();
                self.show_pushing(done, done + self.replica().unsent());
                continue;
            }
            // What other contexts queued meanwhile is not in memory yet.
            let known = self.replica().revision();
            self.catch_up().await?;
            if self.replica().revision() == known && !self.again.get() {
                return Ok(());
            }
        }
    }

    fn show_pushing(&self, done: usize, total: usize) {
        self.activity.borrow_mut().pushing = Some((done, total));
        self.tell(Event::Activity);
    }

    async fn push(&self, batch: &Batch, token: &str) -> Result<(), Stop> {
        let sent_at = self.now();
        let answer: Result<PushResponse, Failure> = self.post("/api/v1/sync/push", &batch.request).await;
        let random = self.ports.rng().next_u64();
        match answer {
            Ok(response) => {
                let midpoint = sent_at + (self.now() - sent_at) / 2;
                let offset = (response.server_time - midpoint).num_milliseconds();
                self.with_lease(token, |replica, now| {
                    Ok((
                        plan::answers(replica, &batch.queue_ids, &response, now, offset, random),
                        (),
                    ))
                })
                .await
            }
            // The server was there and failed on this batch: find the operation that it fails on.
            Err(Failure::Server(error)) | Err(Failure::Refused(error)) => {
                self.with_lease(token, |replica, now| {
                    Ok((
                        plan::batch_failed(replica, &batch.queue_ids, error.clone(), now, random),
                        (),
                    ))
                })
                .await?;
                match self.replica().sync().hold_until.is_some() {
                    true => Err(Stop::Failure(Failure::Server(error))),
                    false => Ok(()),
                }
            }
            Err(failure) => {
                self.with_lease(token, |replica, _| {
                    Ok((
                        plan::batch_unanswered(replica, &batch.queue_ids, replica.sync().clone()),
                        (),
                    ))
                })
                .await?;
                Err(failure.into())
            }
        }
    }

    async fn take_lease(&self, token: &str, election: Election) -> Result<bool, StoreError> {
        let taken = self
            .transact(|replica, now| {
                let running = replica.lease().is_some_and(|lease| lease.expires_at > now);
                let held = running && election == Election::LeaseAlone;
                let mut changes = Changes::default();
                if !held {
                    changes.put(Row::Lease(lease(token, now)));
                }
                Ok::<_, Stop>((changes, !held))
            })
            .await;
        taken.map_err(|error| match error {
            TransactError::Store(error) => error,
            TransactError::Plan(_) => StoreError::Failed("the lease could not be planned".into()),
        })
    }

    async fn release_lease(&self, token: &str) -> Result<(), StoreError> {
        self.commit_plan(|replica, _| {
            let mut changes = Changes::default();
            if replica.lease().is_some_and(|lease| lease.token == token) {
                changes.delete(RowKey::Lease);
            }
            changes
        })
        .await
    }

    /// Commits what a sync changes, if the lease is still this round's own; renews it on the way.
    pub(super) async fn with_lease<T>(
        &self,
        token: &str,
        plan: impl Fn(&Replica, Timestamp) -> Result<(Changes, T), Stop>,
    ) -> Result<T, Stop> {
        let answer = self
            .transact(|replica, now| {
                let held = replica
                    .lease()
                    .filter(|lease| lease.token == token)
                    .ok_or(Stop::LeaseLost)?;
                let (mut changes, answer) = plan(replica, now)?;
                let half_gone = held.expires_at - now < chrono::Duration::milliseconds(LEASE_MS as i64 / 2);
                if half_gone {
                    changes.put(Row::Lease(lease(token, now)));
                }
                Ok((changes, answer))
            })
            .await?;
        Ok(answer)
    }
}

fn lease(token: &str, now: Timestamp) -> Lease {
    Lease {
        token: token.to_owned(),
        expires_at: retry::after(now, LEASE_MS),
    }
}

/// The drainer's state after a failure that no write is to blame for.
fn held(sync: &SyncRow, failure: &Failure, now: Timestamp, random: u64) -> SyncRow {
    let mut sync = sync.clone();
    sync.last_error = Some(failure.error());
    match failure {
        Failure::Busy(seconds) => sync.hold_until = Some(retry::after(now, seconds.saturating_mul(1_000))),
        // Out of reach: the breaker times the probes, and nothing else is requested meanwhile.
        Failure::Unreachable(_) => {
            sync.network_failures += 1;
            sync.hold_until = None;
        }
        _ => {
            sync.network_failures += 1;
            let wait = retry::wait_ms(sync.network_failures, random);
            sync.hold_until = sync
                .hold_until
                .filter(|until| *until > now)
                .or(Some(retry::after(now, wait)));
        }
    }
    sync
}
