//! The platform's clock and timers.

use std::{fmt, rc::Rc};

use chrono::Utc;
use futures::channel::oneshot;
use gloo::timers::callback::Timeout;
use holdfast_core::{Timestamp, ports::Clock};

use crate::scope::scope;

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

/// Milliseconds since this context began. Unlike the device's clock, nobody can set it.
#[derive(Clone)]
pub struct SteadyClock(Rc<dyn Fn() -> f64>);

impl SteadyClock {
    /// A clock of a test's own.
    pub fn new(now_ms: impl Fn() -> f64 + 'static) -> Self {
        Self(Rc::new(now_ms))
    }

    pub fn now_ms(&self) -> f64 {
        (self.0)()
    }
}

impl Default for SteadyClock {
    fn default() -> Self {
        Self::new(|| scope().performance().now())
    }
}

impl fmt::Debug for SteadyClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SteadyClock").finish_non_exhaustive()
    }
}
