//! `cargo xtask unicode`: writes the table of decompositions that the engine folds text by.

use std::fs;

use crate::{
    error::{FileContext, Outcome},
    unicode_table, workspace,
};

/// To be run when Unicode has a new version. A test of the engine compares every character.
pub fn execute() -> Outcome {
    let path = workspace::root().join("crates/core/src/text/unicode.bin");
    let table = unicode_table::table();
    fs::write(&path, &table).at("write", &path)?;
    let (major, minor, update) = unicode_table::VERSION;
    println!(
        "Unicode {major}.{minor}.{update}: {} bytes in {}",
        table.len(),
        path.display()
    );
    Ok(())
}
