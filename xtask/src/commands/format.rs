//! `cargo xtask format`: rustfmt for the code, and the formatter of views for what rustfmt leaves alone.

use crate::{error::Outcome, step, views, workspace};

/// Formats everything.
pub fn execute() -> Outcome {
    rust()?;
    for path in views::format()? {
        println!("{}", path.display());
    }
    rust()
}

fn rust() -> Outcome {
    step::run(&mut workspace::cargo(&["fmt", "--all"]))
}
