//! The security log: what an operator wants to find after an incident, as structured events of the target
//! `holdfast::security`.
//!
//! No event holds a password, a token, a code or a cookie, nor what somebody typed as a user name: people type their
//! password there by mistake. Accounts, devices and sessions are named by their ids. Text that a client chose is
//! written quoted and cut.

use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tracing::{info, warn};
use uuid::Uuid;

use crate::storage::identity::{Revocation, Session, User};

/// The target of every event, to filter by: `--log holdfast::security=info`.
pub const TARGET: &str = "holdfast::security";

/// Characters of a text that a client chose.
const LONGEST_TEXT: usize = 100;

/// Events per second that strangers can cause without being slowed down themselves.
const EVENTS_OF_STRANGERS: NonZeroU32 = NonZeroU32::new(20).unwrap();

#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    SignedIn {
        user_id: &'a str,
        network: &'a str,
        known_browser: bool,
    },
    /// `user_id` is none where there is no such account.
    SignInFailed {
        user_id: Option<&'a str>,
        network: &'a str,
        reason: &'static str,
    },
    /// A superseded refresh token, or a spent code, was presented: somebody holds a copy.
    SecretReused {
        session: &'a Session,
    },
    SessionEnded {
        user_id: &'a str,
        device_id: Uuid,
        reason: Revocation,
    },
    AccountCreated {
        user: &'a User,
    },
    PasswordSet {
        user_id: &'a str,
        sessions_ended: usize,
    },
    StatusChanged {
        user_id: &'a str,
        disabled: bool,
        sessions_ended: usize,
    },
    Exported {
        entities: &'a [String],
    },
    AuditRestored {
        user_id: &'a str,
        entry: &'a str,
    },
    /// A device proved that the database was restored from a backup.
    EpochBegun {
        user_id: &'a str,
        device_id: &'a str,
        epoch: &'a str,
    },
    /// A limit or quota refused a request.
    LimitHit {
        limit: &'static str,
        user_id: Option<&'a str>,
        network: &'a str,
    },
    /// A request named a host that this server does not answer to.
    HostRefused {
        host: &'a str,
        network: &'a str,
    },
}

/// Writes the event.
pub fn record(event: Event<'_>) {
    match event {
        Event::SignedIn {
            user_id,
            network,
            known_browser,
        } => info!(target: TARGET, event = "sign_in", user_id, network, known_browser),
        Event::SignInFailed {
            user_id,
            network,
            reason,
        } => warn!(target: TARGET, event = "sign_in_failed", user_id, network, reason),
        Event::SecretReused { session } => {
            let (device_id, session_id) = (session.device_id, session.id);
            let user_id = session.user_id.as_str();
            warn!(target: TARGET, event = "secret_reused", user_id, %device_id, %session_id);
        }
        Event::SessionEnded {
            user_id,
            device_id,
            reason,
        } => info!(target: TARGET, event = "session_ended", user_id, %device_id, ?reason),
        Event::AccountCreated { user } => {
            let (user_id, roles, sites) = (user.id.as_str(), &user.roles, &user.sites);
            info!(target: TARGET, event = "account_created", user_id, ?roles, ?sites);
        }
        Event::PasswordSet {
            user_id,
            sessions_ended,
        } => info!(target: TARGET, event = "password_set", user_id, sessions_ended),
        Event::StatusChanged {
            user_id,
            disabled,
            sessions_ended,
        } => info!(target: TARGET, event = "status_changed", user_id, disabled, sessions_ended),
        Event::Exported { entities } => info!(target: TARGET, event = "exported", ?entities),
        Event::AuditRestored { user_id, entry } => {
            info!(target: TARGET, event = "audit_restored", user_id, entry = ?cut(entry));
        }
        Event::EpochBegun {
            user_id,
            device_id,
            epoch,
        } => warn!(target: TARGET, event = "epoch_begun", user_id, device_id, epoch),
        Event::LimitHit {
            limit,
            user_id,
            network,
        } => warn!(target: TARGET, event = "limit_hit", limit, user_id, network),
        Event::HostRefused { host, network } => {
            warn!(target: TARGET, event = "host_refused", host = ?cut(host), network);
        }
    }
}

/// Writes an event that anybody can cause as often as they like, unless there were too many of them lately; how many
/// were left out is told with the next one that is written.
pub fn record_sparingly(event: Event<'_>) {
    static RATE: LazyLock<DefaultDirectRateLimiter> =
        LazyLock::new(|| RateLimiter::direct(Quota::per_second(EVENTS_OF_STRANGERS)));
    static LEFT_OUT: AtomicU64 = AtomicU64::new(0);
    if RATE.check().is_err() {
        LEFT_OUT.fetch_add(1, Ordering::Relaxed);
        return;
    }
    let left_out = LEFT_OUT.swap(0, Ordering::Relaxed);
    if left_out > 0 {
        warn!(target: TARGET, event = "events_left_out", count = left_out);
    }
    record(event);
}

fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST_TEXT).map(|(end, _)| end);
    end.map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"é".repeat(101)), "é".repeat(100));
    }
}
