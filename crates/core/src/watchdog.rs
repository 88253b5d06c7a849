//! Connected but not draining: the server answers a probe, and yet nothing that waits here is accepted.
//!
//! The drainer notes when a *vain run* began: the first attempt that reached the server since anything was accepted
//! ([`SyncRow::in_vain_since`]). An accepted write ends it, and so does losing the server, for then the status line
//! says "offline". The run counts only while attempts go on: a device that lay switched off has not tried. A time
//! that lies ahead of the clock was noted before the clock was set back; the next attempt notes it anew.

use chrono::Duration;

use crate::{
    Timestamp,
    queue::{lanes, retry},
    replica::Replica,
    store::SyncRow,
};

/// For how long nothing may be accepted before it is said.
pub const PATIENCE: Duration = Duration::minutes(5);

/// Attempts that lie further apart belong to different runs: no wait is longer.
const LONGEST_GAP: Duration = Duration::milliseconds(retry::LONGEST_WAIT_MS as i64);

/// Since when the server has been in reach and has accepted nothing, if that is long enough to be said.
///
/// Whether the server is in reach is the breaker's to know: this is asked only while it is closed. Dead letters, and
/// what waits behind them, wait for a person and not for the server.
pub fn stalled_since(replica: &Replica, now: Timestamp) -> Option<Timestamp> {
    let began = replica.sync().in_vain_since?;
    if now - began < PATIENCE || !has_tried_lately(replica, now) {
        return None;
    }
    // Waits after counted failures count as over: what has to wait has been tried.
    let later = retry::after(now, retry::LONGEST_WAIT_MS);
    let sendable = lanes::sending_order(replica.writes(), later);
    let oldest = sendable.iter().map(|write| write.created_at).min()?;
    // A creation ahead of the clock tells nothing.
    let since = if oldest <= now { began.max(oldest) } else { began };
    (now - since >= PATIENCE).then_some(since)
}

/// The drainer's state after an attempt that reached the server and had nothing accepted.
pub(crate) fn tried_in_vain(sync: &mut SyncRow, now: Timestamp) {
    sync.in_vain_since = sync.in_vain_since.filter(|began| *began <= now).or(Some(now));
}

/// Whether the run of attempts has been broken off before the one that is made now.
pub(crate) fn is_broken_off(replica: &Replica, now: Timestamp) -> bool {
    replica.sync().in_vain_since.is_some() && !has_tried_lately(replica, now)
}

fn has_tried_lately(replica: &Replica, now: Timestamp) -> bool {
    let lately = |at: Timestamp| at <= now && now - at <= LONGEST_GAP;
    replica
        .open_writes()
        .any(|write| write.last_attempt_at.is_some_and(lately))
}
