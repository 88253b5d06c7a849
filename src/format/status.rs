//! The status line's words.

use holdfast_core::{Timestamp, status::Status};

use super::{
    bytes::grouped,
    time::{self, Zone},
};
use crate::strings::status as words;

/// What the line looks like: `data-state` of its element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Synced,
    Syncing,
    Offline,
    Failed,
    Attention,
}

impl Tone {
    pub fn name(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Syncing => "syncing",
            Self::Offline => "offline",
            Self::Failed => "failed",
            Self::Attention => "attention",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Syncing => "sync",
            Self::Offline => "cloud-off",
            Self::Failed | Self::Attention => "alert",
        }
    }
}

/// The line for a status.
pub fn line(status: &Status, now: Timestamp, zone: Zone) -> (Tone, String) {
    match status {
        Status::SignInNeeded { unsent: 0 } => (Tone::Attention, words::SIGN_IN.to_owned()),
        Status::SignInNeeded { unsent } => (Tone::Attention, words::sign_in_to_send(*unsent)),
        Status::FirstSync { done, total } => {
            let of = total.map(grouped);
            (Tone::Syncing, words::loading(&grouped(*done), of.as_deref()))
        }
        Status::Syncing { done, total } => (Tone::Syncing, words::syncing(*done, *total)),
        Status::Offline { unsent: 0 } => (Tone::Offline, words::OFFLINE.to_owned()),
        Status::Offline { unsent } => (Tone::Offline, words::offline_with(*unsent)),
        Status::NotDraining { since, unsent, .. } => (
            Tone::Failed,
            words::not_draining(&time::clock_or_day(*since, now, zone), *unsent),
        ),
        Status::Failed { dead_letters, .. } if *dead_letters > 0 => {
            (Tone::Failed, words::not_accepted(*dead_letters))
        }
        Status::Failed {
            retry_at: Some(at), ..
        } => (Tone::Failed, words::failed_retry(&time::until(*at, now))),
        Status::Failed { .. } => (Tone::Failed, words::FAILED.to_owned()),
        Status::Waiting { unsent } => (Tone::Offline, words::waiting(*unsent)),
        Status::Synced { at } => (Tone::Synced, words::synced(&time::ago(*at, now))),
        Status::Never => (Tone::Attention, words::NEVER.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_the_truth_in_few_words() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let soon = now + chrono::Duration::seconds(30);
        let before = now - chrono::Duration::minutes(2);
        let failed = |retry_at, dead_letters| Status::Failed {
            error: None,
            retry_at,
            dead_letters,
        };
        let not_draining = |since| Status::NotDraining {
            since,
            unsent: 5,
            error: None,
        };
        let table = [
            (
                Status::Offline { unsent: 5 },
                "Offline · 5 changes on this device",
            ),
            (Status::Offline { unsent: 1 }, "Offline · 1 change on this device"),
            (Status::Offline { unsent: 0 }, "Offline"),
            (Status::Syncing { done: 3, total: 10 }, "Syncing 3 of 10"),
            (Status::Synced { at: before }, "Synced 2 min ago"),
            (failed(Some(soon), 0), "Sync failed · retry in 30 s"),
            (failed(None, 2), "2 changes were not accepted"),
            (Status::SignInNeeded { unsent: 3 }, "Sign in to send 3 changes"),
            (
                Status::FirstSync {
                    done: 1_200,
                    total: Some(5_484),
                },
                "Loading 1,200 of 5,484",
            ),
            (Status::Waiting { unsent: 3 }, "3 changes on this device"),
            (
                not_draining(before),
                "Connected, but nothing is being accepted since 11:58 · 5 changes on this device",
            ),
            (
                not_draining(before - chrono::Duration::days(1)),
                "Connected, but nothing is being accepted since Yesterday 11:58 · 5 changes on this device",
            ),
        ];
        for (status, said) in table {
            assert_eq!(line(&status, now, Zone::UTC).1, said);
        }
    }
}
