use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A page of a delta is thousands of small values, made and let go of: less work for it than for the system's own.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    holdfast_server::cli::run()
}
