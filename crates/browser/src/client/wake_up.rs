//! When the next round of sync is due, and the one timer that waits for it.

use std::cell::{Cell, RefCell};

use chrono::Duration;
use gloo::timers::callback::Timeout;
use holdfast_core::{Timestamp, engine::Trigger, queue::WriteStatus};

use super::open_data::OpenData;

/// An open page pulls this often.
const PERIOD: Duration = Duration::minutes(15);

/// How long another context's round is waited for before trying again.
pub(super) const ELSEWHERE: Duration = Duration::seconds(10);

/// No timer runs hot, whatever is due.
const SHORTEST_WAIT: Duration = Duration::seconds(1);

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The regular pull.
    Regular,
    /// Something that waits to be sent, or for the server.
    Waiting,
}

/// When a context has something to sync.
#[derive(Debug, Default)]
pub(super) struct WakeUp {
    /// Another context was asked to sync; the end of its round is waited for.
    pub elsewhere: Cell<Option<Trigger>>,
    /// When the engine may be worth asking again, after a round that had to wait.
    pub retry_at: Cell<Option<Timestamp>>,
    pub last_round_at: Cell<Option<Timestamp>>,
    timer: RefCell<Option<Timeout>>,
}

impl WakeUp {
    /// Calls `then` when the next thing is due, in the place of an earlier timer.
    pub(super) fn set(&self, data: &OpenData, then: impl FnOnce(Due) + 'static) {
        let now = data.now();
        let (at, due) = self.next_due(data, now);
        let wait = (at - now).max(SHORTEST_WAIT).num_milliseconds();
        let timer = Timeout::new(u32::try_from(wait).unwrap_or(u32::MAX), move || then(due));
        self.timer.replace(Some(timer));
    }

    pub(super) fn cancel(&self) {
        self.timer.replace(None);
    }

    /// What is due next, and whether it is the regular pull or something that waits.
    fn next_due(&self, data: &OpenData, now: Timestamp) -> (Timestamp, Due) {
        let regular = self.last_round_at.get().unwrap_or(now) + PERIOD;
        let replica = data.replica();
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
        let probe = data.engine.breaker().probe_at();
        let pressing = [self.retry_at.get(), waiting_write, elsewhere, probe]
            .into_iter()
            .flatten()
            .min();
        match pressing {
            Some(at) if at < regular => (at, Due::Waiting),
            _ => (regular, Due::Regular),
        }
    }
}
