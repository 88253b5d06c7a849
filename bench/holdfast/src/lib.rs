//! A device for the benchmarks: the production client over the production store, with a server of bytes in memory or a
//! real one.
//!
//! - [`device`]: what the pages call. Everything that knows the client's interface is there, so that a change of it is
//!   followed in one file.
//! - [`server`]: a server that answers from memory, for what is measured without a network.

mod device;
mod server;

use wasm_bindgen::prelude::wasm_bindgen;

/// Says on the console what a panic was, and where.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}
