//! The sync server.
//!
//! Layers, each of which knows only those below it:
//!
//! - [`cli`]: the subcommands and their flags; turns settings into a running process.
//! - [`http`]: routes, headers, error bodies. Translates; decides nothing.
//! - [`identity`]: who may sign in, which tokens are good. Rules over the storage port; clock and randomness are parameters.
//! - [`sync`]: push, pull, conflicts, REST: what becomes of operations, and what a device is to be told.
//! - [`records`]: versions, ids, unique values and references of records, over the storage port.
//! - [`import`]: foreign tables into records.
//! - [`packs`]: the domain packs in force. [`randomness`]: the system's, as the rules take it.
//! - [`private_file`]: files for the server's own account alone.
//! - [`security_log`]: what an operator wants to find after an incident.
//! - [`storage`]: the synchronous storage port and its implementations; the one place that picks one from `--database`.
//!
//! The layers below `http` know neither tokio nor the wall clock, so the simulator drives them directly.

pub mod cli;
pub mod http;
pub mod identity;
pub mod import;
pub mod packs;
pub mod private_file;
pub mod randomness;
pub mod records;
pub mod security_log;
pub mod storage;
pub mod sync;
