//! The engine's ports on the web platform, and the client object that app and worker share.
//!
//! Everything here runs in a window and in a worker alike. What lies where:
//!
//! - [`database`]: one IndexedDB database with its two connections, rexie's for schema, reads and relaxed writes, and
//!   one of our own for strictly durable transactions.
//! - [`seal`]: the data key and the index key as non-extractable WebCrypto keys; sealing, opening, naming rows.
//! - [`crash`]: where a write can die, for the tests that kill it there.
//! - [`reseal`]: values at rest sealed anew, after the data key was replaced.
//! - [`store`]: the engine's store port over both.
//! - [`vault`]: the device passcode, and the wrapped keys of everybody who uses this device.
//! - [`cached_reads`]: answers of the API, kept sealed for offline use.
//! - [`transport`], [`clock`], [`rng`], [`collation`]: the other ports. A client takes any transport.
//! - [`locks`], [`channel`], [`connectivity`], [`activity`], [`power`], [`storage_health`]: what contexts tell each other
//!   and the platform tells them.
//! - [`background`], [`handover`]: the page's dealings with the service worker.
//! - [`client`]: the one object that uses all of it.

pub mod activity;
pub mod background;
pub mod cached_reads;
pub mod channel;
pub mod client;
pub mod clock;
pub mod collation;
pub mod connectivity;
pub mod crash;
pub mod database;
pub mod handover;
pub mod locks;
pub mod pkce;
pub mod power;
pub mod reseal;
pub mod rng;
mod scope;
pub mod seal;
pub mod storage_health;
pub mod store;
pub mod transport;
pub mod vault;
