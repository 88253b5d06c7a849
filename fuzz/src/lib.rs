//! What must hold for any bytes: one function for each border that foreign data crosses.
//!
//! libFuzzer drives them (`cargo xtask fuzz`, the programs in `targets/`), and so do the ordinary tests, with random
//! bytes and with everything that was ever found (`corpus/`). A property that does not hold panics.
//!
//! Bytes are taken as they are, or as directions for breaking a valid sample in a few places ([`mutation`]): the first
//! reaches the parsers, the second what lies behind them.

#![allow(
    clippy::expect_used,
    reason = "a property that does not hold is told by a panic"
)]
#![allow(
    clippy::missing_panics_doc,
    reason = "panics are what these functions are for"
)]

mod import;
mod merge;
mod mutation;
mod packs;
mod protocol;
mod push;
mod readers;
mod text;
mod values;

pub use import::import;
pub use merge::merge;
pub use packs::packs;
pub use protocol::protocol;
pub use push::push;
pub use text::text;
pub use values::values;
