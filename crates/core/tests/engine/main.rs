//! The device's side of `docs/protocol.md`, row by row: writes (W), the drainer (D), records (R), and lanes. The server
//! is a script; the store is the one in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod after_access;
mod aliases;
mod causes;
mod clocks;
mod coalescing;
mod deletion;
mod dependencies;
mod drainer;
mod identity;
mod lanes;
mod lists;
#[rustfmt::skip]
mod limits;
mod properties;
mod queue;
mod records;
mod recovery;
mod retention;
#[rustfmt::skip]
mod stamps;
mod support;
mod watchdog;
mod week;
mod writes;
