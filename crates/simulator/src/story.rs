//! What happened, in order, as a person would tell it: kept only when somebody will read it.

use std::{cell::RefCell, fmt::Display, rc::Rc};

use crate::executor::Time;

/// A shared notebook. Silent by default: a run is told only when it is run again because it failed.
#[derive(Debug, Clone)]
pub struct Story {
    time: Time,
    lines: Option<Rc<RefCell<Vec<String>>>>,
}

impl Story {
    pub fn new(time: Time, told: bool) -> Self {
        Self {
            time,
            lines: told.then(Rc::default),
        }
    }

    /// Notes a line; `what` is not even put together if nobody listens.
    pub fn tell<D: Display>(&self, who: &str, what: impl FnOnce() -> D) {
        if let Some(lines) = &self.lines {
            let (seconds, millis) = (self.time.now() / 1_000, self.time.now() % 1_000);
            lines
                .borrow_mut()
                .push(format!("{seconds:>7}.{millis:03}  {who:<8} {}", what()));
        }
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines
            .as_ref()
            .map(|lines| lines.borrow().clone())
            .unwrap_or_default()
    }
}
