//! The platform's clock and timers.

use chrono::Utc;
use futures::channel::oneshot;
use gloo::timers::callback::Timeout;
use holdfast_core::{Timestamp, ports::Clock};

#[derive(Debug, Clone, Copy, Default)]
pub struct PlatformClock;

impl Clock for PlatformClock {
    fn now(&self) -> Timestamp {
        Utc::now()
    }

    async fn sleep(&self, milliseconds: u64) {
        let (tell, told) = oneshot::channel();
        // Held across the await: dropping it cancels the timer.
        let _timer = Timeout::new(u32::try_from(milliseconds).unwrap_or(u32::MAX), move || {
            // Nobody waits any more if the sleeper was dropped.
            let _ = tell.send(());
        });
        let _ = told.await;
    }
}
