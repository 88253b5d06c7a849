//! Which context may commit what a sync changes.
//!
//! The lease is a row in the store, taken with a token made anew for every round. Each commit of a round is planned
//! over a state in which the lease is still the round's own, and a plan over an older state is refused by the store: a
//! context that slept through its lease can commit nothing (protocol D1, D11).

use super::{Election, Engine, drain::Stop};
use crate::{
    Timestamp,
    plan::{self, Batch},
    ports::Ports,
    queue::retry,
    replica::Replica,
    store::{Changes, Lease, Row, RowKey, StoreError},
};

/// For how long a round may go on without renewing its lease, in milliseconds.
const LEASE_MS: u64 = 60_000;

/// What came of trying to take the lease.
pub(super) enum Taken {
    /// It is taken, and these writes are marked as being sent, if any were ready.
    Lease(Option<Batch>),
    /// Another context holds it.
    Elsewhere,
}

impl<P: Ports> Engine<P> {
    /// Takes the lease if nobody holds it, or if the platform's lock says that its holder is gone. The first batch is
    /// chosen in the same commit: each one costs a write to the disk.
    pub(super) async fn take_lease(&self, token: &str, election: Election) -> Result<Taken, StoreError> {
        let mut taken = Taken::Elsewhere;
        self.commit_plan(|replica, now| {
            let running = replica.lease().is_some_and(|lease| is_running(lease, now));
            if running && election == Election::LeaseAlone {
                taken = Taken::Elsewhere;
                return Changes::default();
            }
            let (changes, batch) = plan::batch(replica, now).unzip();
            let mut changes = changes.unwrap_or_default();
            changes.put(Row::Lease(lease(token, now)));
            taken = Taken::Lease(batch);
            changes
        })
        .await?;
        Ok(taken)
    }

    /// Gives the lease back; keeps it, and answers `true`, if something has become ready to be sent meanwhile and
    /// `go_on` is wanted: who queued it found the lease taken and relies on this round (D2).
    ///
    /// Under the platform's lock it stays as it is: whoever gets the lock next takes it over, so that giving it back
    /// would be a write to the disk for nobody.
    pub(super) async fn release_lease(
        &self,
        token: &str,
        go_on: bool,
        election: Election,
    ) -> Result<bool, StoreError> {
        let mut more = false;
        self.commit_plan(|replica, now| {
            let own = replica.lease().is_some_and(|lease| lease.token == token);
            more = own && go_on && plan::batch(replica, now).is_some();
            let mut changes = Changes::default();
            if more {
                changes.put(Row::Lease(lease(token, now)));
            } else if own && election == Election::LeaseAlone {
                changes.delete(RowKey::Lease);
            }
            changes
        })
        .await?;
        Ok(more)
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

/// A lease that runs longer than any is given means that the clock was set back: nobody can count on it.
fn is_running(lease: &Lease, now: Timestamp) -> bool {
    let left = lease.expires_at - now;
    left > chrono::Duration::zero() && left <= chrono::Duration::milliseconds(LEASE_MS as i64)
}

fn lease(token: &str, now: Timestamp) -> Lease {
    Lease {
        token: token.to_owned(),
        expires_at: retry::after(now, LEASE_MS),
    }
}
