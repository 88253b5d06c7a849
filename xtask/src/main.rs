//! One command for each thing a developer does here: `cargo xtask <command>`.
//!
//! `commands` holds one file per subcommand. What they share lies beside it: `unicode_table` makes the engine's table, `tools` puts the tool chain
//! into `target/tools`, `layers` holds imports to their order, `sbom` lists what is shipped, `views` formats the app's views, `system` finds the browser, `playwright` drives it, `web` turns the app and the worker into `dist/`, `step`
//! runs and times other programs, `workspace` knows the folders.

mod commands;
mod error;
mod layers;
mod playwright;
mod sbom;
mod step;
mod system;
mod tools;
mod unicode_table;
mod views;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{
    attack, bench, build, check, contract, format, fuzz, kill, mutate, run, simulate, test, torture,
};

/// Set up, build, run and test Holdfast.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install what is missing, build everything and serve the demo
    Run(run::Options),
    /// Build the app and the service worker into dist/
    Build(build::Options),
    /// Format the code, views included
    Format,
    /// Check formatting, who imports whom, packages, lints and types
    Check,
    /// Run every check and test, as the continuous integration does
    Test(test::Options),
    /// Run the simulator: many devices, a server and a bad network, by seed
    Simulate(simulate::Options),
    /// Break the engine's rules one at a time, and look which promise of the simulator notices
    Mutate(mutate::Options),
    /// Kill server, browsers and workers at random while people work, and look what is left
    Torture(torture::Options),
    /// Kill the real server with SIGKILL, again and again, while writers push and readers page
    Kill(kill::Options),
    /// Send forged, malformed and replayed requests to the real server, with honest devices beside
    Attack(attack::Options),
    /// Try any bytes at every border that foreign data crosses, by libFuzzer
    Fuzz(fuzz::Options),
    /// Hold the server's answers to the description of the API that it serves
    Contract(contract::Options),
    /// Measure: in a real browser a person's waits, the store, sync; and the server beside a hostile neighbour
    Bench(bench::Options),
    /// Write the table of Unicode decompositions that the engine folds text by
    Unicode,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run(options) => run::execute(&options),
        Command::Build(options) => build::execute(&options),
        Command::Format => format::execute(),
        Command::Check => check::execute(),
        Command::Test(options) => test::execute(&options),
        Command::Simulate(options) => simulate::execute(&options),
        Command::Mutate(options) => mutate::execute(&options),
        Command::Torture(options) => torture::execute(&options),
        Command::Kill(options) => kill::execute(&options),
        Command::Attack(options) => attack::execute(&options),
        Command::Fuzz(options) => fuzz::execute(&options),
        Command::Contract(options) => contract::execute(&options),
        Command::Bench(options) => bench::execute(&options),
        Command::Unicode => commands::unicode::execute(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nerror: {failure}");
            ExitCode::FAILURE
        }
    }
}
