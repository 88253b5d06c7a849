//! The one object that app, worker and embedding pages share.
//!
//! A [`Client`] knows who uses this device and opens a user's data; a [`Session`] is that data, open: reads, live
//! queries and writes, and sync driven by what the platform reports. The rules are the engine's; this is glue.
//!
//! ```text
//! begin_sign_in → (server) → finish_sign_in ─ new here ─→ set_up(passcode) ─┐
//!                                            └ known ───→ unlock(passcode) ─┴→ Session → lock / sign_out
//! ```
//!
//! A session consists of parts with one purpose each, which share the engine and the vault (`OpenData`):
//!
//! | part | purpose |
//! |---|---|
//! | [`Session::read`], [`Session::watch`] | what is on the device, once and live |
//! | [`Session::queue`] | edits, and what becomes of queued writes |
//! | [`Session::sync`] | rounds of sync, and when the next one is due |
//! | [`Session::server`] | calls to the server beside sync, and cached reads |
//! | [`Session::drafts`] | what was typed and is not saved |
//! | [`Session::key_rotation`] | re-encryption after the data key was replaced |
//! | [`Session::recovery`] | what cannot be decrypted any more, and exports |
//! | [`Session::idempotency_keys`] | idempotency keys of intercepted writes |
//!
//! The files depend on each other in the order in which they are listed here, and never back.

mod listeners;

mod context;
mod error;
mod ports;
mod snapshot;

mod newer_keys;
mod open_data;

mod drafts;
mod idempotency_keys;
mod idle;
mod key_rotation;
mod locking;
mod server_calls;
mod watch;

mod rounds;
mod wake_up;

mod sync_schedule;

mod queue;
mod recovery;
mod signals;

mod session;

mod handle;

mod opening;

mod entry;
mod settings;

pub use context::Context;
pub use drafts::Drafts;
pub use entry::SignedIn;
pub use error::ClientError;
pub use handle::{Client, ClientBuilder};
pub use idempotency_keys::IdempotencyKeys;
pub use idle::LockAfter;
pub use key_rotation::{KeyRotation, RotationProgress};
pub use listeners::{ClientEvent, Subscription};
pub use ports::BrowserPorts;
pub use queue::Queue;
pub use recovery::Recovery;
pub use server_calls::{Answer, ServerCalls};
pub use session::Session;
pub use snapshot::Snapshot;
pub use sync_schedule::SyncSchedule;
pub use watch::Watch;
