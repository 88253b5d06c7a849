//! The Holdfast engine.
//!
//! Everything that decides lives here and nothing that touches a platform: no storage, no network, no clock and no
//! randomness but through the traits in [`ports`]. The app, the service worker, the server and the simulator share
//! this crate, so a rule has one implementation and one answer wherever it runs.
//!
//! The way through it, from a tap to another person's screen:
//!
//! 1. [`plan::edit`] turns an edit into [`store::Changes`]: one queued write, with the values its author saw as base.
//! 2. [`store::Store::commit`] applies the changes in one atomic transaction, or says that they were planned over a
//!    state that is no longer current.
//! 3. [`engine::Engine::sync`] asks [`plan::batch`] what to send, sends it, and has [`plan::answers`] plan what the
//!    answers change; then [`plan::pull`] plans what a page of the server's change log changes.
//! 4. The server merges with [`merge`], field by field, by value, as the record's [`pack`] declares.
//!
//! A device's state is its mirrors (what the server confirmed) and its queue (what it has not); what a person sees is
//! always the one over the other, derived by [`replica::Replica::view`].

pub mod decimal;
pub mod engine;
pub mod json;
pub mod limits;
pub mod merge;
pub mod ordered;
pub mod pack;
pub mod page;
pub mod plan;
pub mod ports;
pub mod protocol;
pub mod queue;
pub mod record;
pub mod replica;
pub mod stamps;
pub mod status;
pub mod store;
pub mod system;
pub mod text;
pub mod timestamp;
pub mod watchdog;

/// The instant type used throughout: UTC, RFC 3339 on the wire.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// A record's or a payload's fields by name.
pub type Fields = serde_json::Map<String, serde_json::Value>;
