//! An honest device that measures how long it waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::session::{Session, pause};

/// How long each request took.
#[derive(Debug, Default)]
pub struct Waits(Vec<Duration>);

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
            sorted.get(place).map_or(0, Duration::as_millis)
        };
        let (median, p99) = (at(50), at(99));
        write!(
            f,
            "{} requests of an honest device: {median} ms in the median, {p99} ms for 99 %",
            sorted.len()
        )
    }
}

pub struct Prober {
    session: Session,
}

impl Prober {
    pub fn new(session: Session) -> Self {
        Self { session }
    }

    /// Pulls one page after the other until it is stopped.
    pub async fn run(self, stop: Arc<AtomicBool>) -> Waits {
        let (mut waits, mut since) = (Waits::default(), String::new());
        while !stop.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let page = self
                .session
                .get_surely(&format!("/api/v1/sync/delta?limit=100{since}"))
                .await;
            waits.0.push(begun.elapsed());
            since = page["cursor"]
                .as_str()
                .map_or(String::new(), |cursor| format!("&since={cursor}"));
            pause().await;
        }
        waits
    }
}
