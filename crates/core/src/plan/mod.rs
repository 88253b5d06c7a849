//! Plans: pure functions from a device's state and an event to the [`crate::store::Changes`] that one commit applies.
//!
//! A plan never looks at a clock and never draws a number: time and identifiers come in. If another context committed
//! first, the same event is planned again over the newer state.

mod aliases;
mod answers;
mod batch;
mod coalescing;
mod edit;
mod identity;
mod incoming;
mod notices;
mod permitted;
mod pull;
mod queue;
mod recovery;
mod retention;
mod salvage;

pub use answers::answers;
pub(crate) use answers::mirror_of;
pub use batch::{Batch, batch, batch_failed, batch_unanswered};
pub use edit::{Edit, EditError, Edited, edit};
pub use incoming::{Incoming, PullError, incoming};
pub use pull::{Measured, missing_records, pull};
pub use queue::{QueueError, correct, discard, put_back, retry};
pub use recovery::{Differences, cursor_refused, digest_differences, epoch_changed};
pub use retention::aged_out;
pub use salvage::salvage;
