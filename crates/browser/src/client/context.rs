use std::rc::Rc;

use super::listeners::Listeners;
use crate::{transport::SharedTransport, vault::Vault};

/// Where the client runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Syncs of its own accord: by timers, network and foreground.
    Page,
    /// Syncs on background sync events.
    Worker,
    /// Does nothing by itself: it neither syncs after an edit nor reads ahead. For benchmarks and tests that time
    /// each step.
    Manual,
}

/// What a client gives to the sessions it opens.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    pub vault: Vault,
    pub transport: SharedTransport,
    pub context: Context,
    pub listeners: Rc<Listeners>,
}
