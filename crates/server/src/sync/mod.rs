//! The sync rules: what becomes of operations, and what a device is to be told.
//!
//! Everything here is a function of the stored state, the request, the caller, the time and the source of randomness;
//! `docs/protocol.md` holds the tables that it follows. Each entry point runs inside one transaction of its caller:
//!
//! ```text
//! push     one batch, a savepoint per operation     -> apply: create, update, delete, conflicts::settle
//! pull     a page of changes, or of a walk          -> walk, page -> scope: what a device may see and wants; dialogue: what it holds
//! records  whole records by id                      digest   what the device should hold
//! rest     plain REST over apply                    restore  a losing value comes back, out of the audit
//! ```
//!
//! A refusal is a value, not an error: what it changed (a new epoch, an audit entry) has to be committed.

mod access_refusal;
mod after_access;
mod apply;
pub mod audit;
mod authored;
mod caller;
mod closed_meanwhile;
pub mod conflicts;
mod create;
mod cursors;
mod delete;
pub mod delta;
pub mod dialogue;
pub mod digest;
mod limits;
mod notices;
mod open_conflicts;
mod outcome;
mod page;
pub mod prepared;
pub mod pull;
pub mod push;
pub mod readers;
mod reference_checks;
pub mod refusal;
mod replay;
pub mod rest;
pub mod restore;
mod result;
pub mod row;
pub mod scope;
mod settlement;
pub mod subject;
mod update;
mod walk;
mod walk_position;

pub use caller::{Caller, Context, scopes_of};
pub use refusal::{Answer, Refusal};

#[cfg(test)]
mod tests;
