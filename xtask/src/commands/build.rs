//! `cargo xtask build`: the web build alone.

use clap::Args;

use crate::{
    error::Outcome,
    tools,
    web::{self, Flavour},
};

/// How to build the app and the worker.
#[derive(Debug, Args)]
pub struct Options {
    /// Compile fast instead of small: no wasm-opt, no compression
    #[arg(long)]
    dev: bool,
}

/// Builds into `dist/`, whether or not anything changed.
pub fn execute(options: &Options) -> Outcome {
    tools::ensure()?;
    web::build(if options.dev {
        Flavour::Development
    } else {
        Flavour::Release
    })
}
