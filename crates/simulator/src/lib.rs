//! Many devices, a server and a bad network in one deterministic process, by seed.
//!
//! Devices run the real engine over the store in memory; the server is its real push and pull logic over its storage in
//! memory. Between them lies [`network`], which loses, delays, doubles and spoils what passes. Time is virtual and moves
//! only when nothing can run ([`executor`]); every choice is drawn from generators seeded by one number ([`rng`]), so
//! that the same seed is the same run to the last byte.
//!
//! [`world`] is one run: people act ([`actions`]), things befall them ([`events`], [`faults`]), and at the end the faults
//! stop and all devices sync until their queues are empty. [`witness`] sees each commit and each batch, [`diary`] keeps
//! what people were told is safe, and [`invariants`] say, at every step and at the end, whether anything was lost,
//! doubled, silently overwritten or shown to the wrong person. A run that breaks one is shortened ([`run::shrink`]) and
//! told as a [`story`].
//!
//! In one world of three a [`hostile`] device with a session of its own sends raw requests between the events, and the office
//! works on what its account has.
//!
//! [`bystanders`] are no devices: readers follow the change log by time and by cursor in every world; in some, a client of the
//! REST endpoints works on the same records, or clocks are far off.
//!
//! A new kind of device, fault or promise has one place each: `device`, `events`, `invariants`.

pub mod actions;
mod bystanders;
pub mod context;
pub mod device;
pub mod diary;
mod events;
pub mod executor;
pub mod faults;
pub mod hostile;
pub mod invariants;
pub mod link;
pub mod network;
mod office;
pub mod rng;
pub mod run;
pub mod server;
mod settling;
pub mod store;
pub mod story;
pub mod values;
pub mod witness;
pub mod world;
