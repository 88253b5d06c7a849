//! The one quiet line that tells the truth about sync. The words are the app's; which of them apply is decided here.

use crate::{Timestamp, protocol::WireError, queue::WriteStatus, replica::Replica, watchdog};

/// What the status line says, most pressing first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// "Sign in to send 3 changes".
    SignInNeeded { unsent: usize },
    /// "Connected, but nothing is being accepted since 14:02 · 5 changes on this device".
    NotDraining {
        since: Timestamp,
        unsent: usize,
        /// What the server said last, if it said anything.
        error: Option<WireError>,
    },
    /// "Loading 1,200 of 5,484": the first sync.
    FirstSync { done: u64, total: Option<u64> },
    /// "Syncing 3 of 10".
    Syncing { done: usize, total: usize },
    /// "Offline · 5 changes on this device".
    Offline { unsent: usize },
    /// "Sync failed · retry in 30 s".
    Failed {
        error: Option<WireError>,
        retry_at: Option<Timestamp>,
        dead_letters: usize,
    },
    /// "3 changes on this device": online, but not sent yet.
    Waiting { unsent: usize },
    /// "Synced 2 min ago".
    Synced { at: Timestamp },
    /// Nothing has ever been synced.
    Never,
}

/// What only the running context knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    pub breaker_open: bool,
    /// A round is under way in this or another context: operations answered, and in all.
    pub pushing: Option<(usize, usize)>,
    /// Records of the first sync so far, and in all if the server said.
    pub loading: Option<(u64, Option<u64>)>,
}

pub fn status(replica: &Replica, activity: &Activity, now: Timestamp) -> Status {
    let sync = replica.sync();
    let unsent = replica.unsent();
    if sync.parked {
        return Status::SignInNeeded { unsent };
    }
    if activity.breaker_open {
        return Status::Offline { unsent };
    }
    // What a round under way has had accepted so far outweighs what was in vain before it.
    let moves = activity.pushing.is_some_and(|(done, _)| done > 0);
    if let Some(since) = watchdog::stalled_since(replica, now).filter(|_| !moves) {
        return Status::NotDraining {
            since,
            unsent,
            error: sync.last_error.clone().or_else(|| last_said(replica)),
        };
    }
    if let Some((done, total)) = activity.loading {
        return Status::FirstSync { done, total };
    }
    if let Some((done, total)) = activity.pushing.filter(|(_, total)| *total > 0) {
        return Status::Syncing { done, total };
    }
    let dead_letters = replica.failed().count();
    let retry_at = sync.hold_until.filter(|until| *until > now);
    if dead_letters > 0 || (sync.last_error.is_some() && retry_at.is_some()) {
        return Status::Failed {
            error: sync.last_error.clone(),
            retry_at,
            dead_letters,
        };
    }
    match sync.last_synced_at {
        _ if unsent > 0 => Status::Waiting { unsent },
        Some(at) => Status::Synced {
            at: sync.by_device(at),
        },
        None => Status::Never,
    }
}

/// What the server last said of a write that still waits.
fn last_said(replica: &Replica) -> Option<WireError> {
    let waiting = replica
        .open_writes()
        .filter(|write| write.status != WriteStatus::Failed);
    waiting
        .max_by_key(|write| write.last_attempt_at)
        .and_then(|write| write.last_error.clone())
}
