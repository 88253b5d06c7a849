//! What the server keeps, behind synchronous ports.
//!
//! A storage call blocks its thread and returns; callers in async code go through `spawn_blocking`. The same ports
//! then also drive the deterministic simulator, which has no async runtime (see docs/adr/0002).

#[cfg(test)]
mod conformance;
pub mod database;
pub mod deadline;
pub mod draft;
mod error;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod identity;
pub mod log_time;
pub mod memory;
pub mod model;
pub mod port;
pub mod sqlite;
pub mod text;
