//! The real router on a real socket, driven from outside.
#![allow(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod accounts;
mod bodies;
mod connections;
mod headers;
mod hosts;
mod limits;
#[rustfmt::skip]
mod names;
mod quotas;
mod readers;
mod security_log;
mod sessions;
mod sign_in;
mod static_files;
mod support;
mod sync;
