//! The binary, as an operator starts it.
#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod accounts;
mod other_packs;
mod starts;
mod support;
mod tables;
