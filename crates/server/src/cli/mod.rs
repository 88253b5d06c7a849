//! The command line. One file per subcommand; each flag is also an environment variable.

mod audit;
mod export;
mod import;
mod prepare;
mod serve;
mod target;
mod user;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::storage::port::Organisation;

#[derive(Debug, Parser)]
#[command(
    name = "holdfast-server",
    version,
    about = "The Holdfast sync server",
    propagate_version = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// What to log, such as "info" or "holdfast_server=debug"
    #[arg(long, env = "HOLDFAST_LOG", default_value = "info", global = true)]
    log: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the app and its API
    Serve(serve::ServeArguments),
    /// Read a CSV file into records
    Import(import::ImportArguments),
    /// Write everything as JSON lines
    Export(export::ExportArguments),
    /// List conflicts, automatic decisions, restorations and refusals
    Audit(audit::AuditArguments),
    /// Create and change accounts
    User(user::UserArguments),
}

/// Parses the command line and does what it says. Exit codes: 0 done, 1 failed, 2 misused.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&cli.log))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    // The organisation of every command. Where there are several, the command line names one.
    let organisation = Organisation::ONLY;
    let outcome: Result<(), Box<dyn std::error::Error>> = match cli.command {
        Command::Serve(arguments) => serve::run(&arguments, organisation).map_err(Into::into),
        Command::Import(arguments) => import::run(&arguments, organisation).map_err(Into::into),
        Command::Export(arguments) => export::run(&arguments, organisation).map_err(Into::into),
        Command::Audit(arguments) => audit::run(&arguments, organisation).map_err(Into::into),
        Command::User(arguments) => user::run(&arguments, organisation).map_err(Into::into),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("holdfast-server: {error}");
            ExitCode::FAILURE
        }
    }
}
