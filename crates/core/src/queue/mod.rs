//! The write queue: what this device recorded and the server has not yet settled.
//!
//! A write is committed with the values its author saw as its base. It waits in the *lane* of its record ([`lanes`]),
//! is sent with others in a batch, and leaves the queue only when the server has answered for it. Failures are laid on
//! a write only when the server laid them there ([`retry`]). Whatever fails for good stays as a dead letter: shown,
//! editable, retryable, never dropped.

pub mod coalesce;
pub mod lanes;
pub mod retry;
mod wire;
mod write;

pub use write::{QueuedWrite, WriteStatus};
